// Compiled for this instruction set; see CMakeLists.txt.
#if defined(__AVX512F__)
#include "child_trainer/kernels/implementation.h"

namespace nas::child_trainer::kernels {

extern const Kernels kAvx512;
// Not made when the program starts, which may be on a processor that cannot.
constinit const Kernels kAvx512 = NAS_ISA::table("avx512");

}  // namespace nas::child_trainer::kernels
#endif
