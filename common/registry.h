// Plug-ins by name. A plug-in is one file that registers itself with its last lines:
//
//   const Register<Op> kRegister{{.name = "identity", .summary = "…", .append = append}};
//
// A kind of plug-in T is a struct with `name`, `summary` and `static constexpr const char* kKind`
// ("operation"), which names it in messages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/text.h"

namespace nas::common {

template <class T>
class Registry {
 public:
  struct Entry {
    T plugin;
    std::string file;  // the source file that registered it
  };

  static std::map<std::string, Entry>& entries() {
    static std::map<std::string, Entry> entries;
    return entries;
  }

  static bool contains(const std::string& name) { return entries().count(name) > 0; }

  // Sorted.
  static std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries()) names.push_back(name);
    return names;
  }

  // Throws UsageError that lists the known names, with the nearest one.
  static const T& find(const std::string& name) {
    const auto found = entries().find(name);
    if (found == entries().end()) {
      throw UsageError({.where = T::kKind,
                        .what = "unknown " + std::string(T::kKind),
                        .got = "'" + name + "'",
                        .expected = "one of: " + join(names(), ", "),
                        .hint = nearest(name, names())});
    }
    return found->second.plugin;
  }
};

template <class T>
struct Register {
  Register(T plugin, const char* file = __builtin_FILE()) {
    const std::string name = plugin.name;
    if (!Registry<T>::entries().insert({name, {std::move(plugin), file}}).second) {
      throw InternalError({.where = T::kKind, .what = "registered twice", .got = name});
    }
  }
};

}  // namespace nas::common
