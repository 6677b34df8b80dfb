// Compiled for this instruction set; see CMakeLists.txt.
#if defined(__AVX2__)
#include "child_trainer/kernels/implementation.h"

namespace nas::child_trainer::kernels {

extern const Kernels kAvx2;
// Not made when the program starts, which may be on a processor that cannot.
constinit const Kernels kAvx2 = NAS_ISA::table("avx2");

}  // namespace nas::child_trainer::kernels
#endif
