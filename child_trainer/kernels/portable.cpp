// Compiled for this instruction set; see CMakeLists.txt.
#include "child_trainer/kernels/implementation.h"

namespace nas::child_trainer::kernels {

extern const Kernels kPortable;
// Not made when the program starts, which may be on a processor that cannot.
constinit const Kernels kPortable = NAS_ISA::table("portable");

}  // namespace nas::child_trainer::kernels
