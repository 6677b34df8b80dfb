// Options: each is declared once, beside its user, and that declaration gives the command line,
// --help, the configuration file, `--set key=value`, docs/options.md and the checks.
//
//   OptionList ppo_options() {
//     return {{.name = "clip", .value = 0.2, .help = "Clipping range of the ratio", .min = 0.0,
//     .max = 1.0}};
//   }
//   Options options;
//   options.declare(ppo_options(), "ppo");      // the option `ppo.clip`
//   options.set("ppo.clip", "0.3", "flag");     // checked: type, range, choices
//   double clip = options.number("ppo.clip");
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/json.h"

namespace nas::common {

// How an option behaves when something begun with it (a run, a transfer) is continued.
enum class Lasting { kForGood, kUntilChanged, kThisCall };

struct Option {
  std::string name;  // kebab-case
  Json value;        // the default; its JSON type is the option's type: bool, integer, float,
                     // string, or array of strings
  std::string help;
  std::string unit = {};
  std::optional<double> min = {};
  std::optional<double> max = {};
  int64_t multiple_of = 1;                // of an integer
  std::vector<std::string> choices = {};  // of a text, or of each of a list; empty: any
  Lasting lasting = Lasting::kForGood;
  std::map<std::string, Json> presets = {};  // the value that a preset gives it, by preset
  std::string origin = "default";  // default | preset NAME | FILE | flag | --set | machine

  std::string type_text() const;     // "integer", "number", "text", "list", "flag"
  std::string range_text() const;    // "1..100", ">= 0", "a | b", or empty
  std::string value_text() const;    // as one would type it
  std::string presets_text() const;  // "laptop 16, workstation 500", or empty
};

using OptionList = std::vector<Option>;

class Options {
 public:
  Options() = default;
  explicit Options(OptionList list) { declare(std::move(list)); }

  // Adds options; their names become `section.name` where a section is given.
  void declare(OptionList list, const std::string& section = "");

  // Throws ConfigError: unknown option (with the nearest known name), wrong type, out of range,
  // none of the choices (with the nearest). `place`: of a file, FILE:LINE, for messages.
  void set(const std::string& name, const std::string& text, const std::string& origin,
           const std::string& place = "");
  void set_value(const std::string& name, const Json& value, const std::string& origin,
                 const std::string& place = "");

  // Declares a preset: what it sets the named options to. Throws ConfigError as set().
  using Values = std::vector<std::pair<std::string, Json>>;
  void declare_preset(const std::string& preset, const Values& values);
  // Where an option still has its default, and the preset sets it.
  void apply_preset(const std::string& preset);

  // These options (of something that is continued), with what does not last for good taken from
  // what the user gave now. Throws ConfigError, naming `where`, when another differs.
  Options continued_with(const Options& given, const std::string& where) const;

  int64_t integer(const std::string& name) const;
  double number(const std::string& name) const;
  bool flag(const std::string& name) const;
  std::string text(const std::string& name) const;
  std::vector<std::string> list(const std::string& name) const;

  bool contains(const std::string& name) const { return by_name_.count(name) > 0; }
  bool is_default(const std::string& name) const { return at(name).origin == "default"; }
  // By the user: on the command line or in a file.
  bool is_given(const std::string& name) const;
  const Option& at(const std::string& name) const;  // throws InternalError when not declared
  // In the order of their declaration.
  const std::vector<Option>& all() const { return options_; }
  // The options of one section, under their short names.
  Options section(const std::string& name) const;

  // TOML. Keys of the file are option names; sections (`[ppo]`) give `ppo.clip`.
  // Unknown keys are errors. Each line of to_toml() ends with the option's origin as a comment.
  void read_toml(const std::string& text, const std::string& origin);
  std::string to_toml() const;
  // Reads what to_toml() wrote, origins included.
  void restore_toml(const std::string& text, const std::string& file);

 private:
  Option& declared(const std::string& name, const std::string& origin);

  std::vector<Option> options_;
  std::map<std::string, size_t> by_name_;
};

}  // namespace nas::common
