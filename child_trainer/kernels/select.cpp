#include <cstdlib>
#include <cstring>
#include <string>

#include "child_trainer/kernels/kernels.h"
#include "common/error.h"

namespace nas::child_trainer::kernels {

extern const Kernels kPortable;
#if defined(__x86_64__)
extern const Kernels kAvx512;
extern const Kernels kAvx2;
#endif

namespace {

struct Usable {
  const Kernels* tables[4] = {};

  Usable() {
    int count = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
      tables[count++] = &kAvx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables[count++] = &kAvx2;
#endif
    tables[count] = &kPortable;
  }
};

}  // namespace

const Kernels* const* usable() {
  static const Usable kUsable;
  return kUsable.tables;
}

const Kernels& best() {
  const char* asked = std::getenv("NAS_KERNELS");
  if (asked == nullptr) return **usable();
  std::string names;
  for (const Kernels* const* table = usable(); *table != nullptr; ++table) {
    if (std::strcmp((*table)->name, asked) == 0) return **table;
    names += (names.empty() ? "" : ", ") + std::string((*table)->name);
  }
  throw common::ConfigError({.where = "NAS_KERNELS",
                             .what = "this processor does not run such kernels",
                             .got = asked,
                             .expected = "one of: " + names});
}

}  // namespace nas::child_trainer::kernels
