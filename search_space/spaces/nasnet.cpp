// The NASNet space (Zoph et al. 2018): a normal and a reduction cell of five blocks; each block
// takes two earlier states, an operation for each, and a combination. Unused states are
// concatenated.
#include "search_space/cell_space.h"

namespace nas::search_space {
namespace {

std::unique_ptr<Space> make() {
  return std::make_unique<CellSpace>(CellSpaceSpec{
      .name = "nasnet",
      .family = "nasnet",
      .nodes = 5,
      .inputs = 2,
      .distinct = false,
      .operations = {"identity", "conv_1x3_3x1", "conv_1x7_7x1", "dilated_conv_3x3", "avg_pool_3x3",
                     "max_pool_3x3", "max_pool_5x5", "max_pool_7x7", "conv_1x1", "conv_3x3",
                     "sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7"},
      .combinations = {"add", "concat"},
      .output = CellOutput::kLooseEnds});
}

const common::Register<SpacePlugin> kRegister{
    {.name = "nasnet",
     .summary =
         "Normal and reduction cell, 5 blocks, 13 operations, add or concat (Zoph et al. 2018)",
     .make = make}};

}  // namespace
}  // namespace nas::search_space
