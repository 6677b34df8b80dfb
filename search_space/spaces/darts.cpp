// The space of DARTS (Liu et al. 2019): a normal and a reduction cell of four nodes, each the sum
// of two operations on two earlier states; all nodes are concatenated. Of the paper's 10^9 cells,
// which are those without `none`, its supernet drops that operation when it ends; here it is an
// operation as any other.
#include "search_space/cell_space.h"

namespace nas::search_space {
namespace {

std::unique_ptr<Space> make() {
  return std::make_unique<CellSpace>(
      CellSpaceSpec{.name = "darts",
                    .family = "darts",
                    .nodes = 4,
                    .inputs = 2,
                    .operations = {"none", "max_pool_3x3", "avg_pool_3x3", "skip_connect",
                                   "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"},
                    .output = CellOutput::kNodes});
}

const common::Register<SpacePlugin> kRegister{
    {.name = "darts",
     .summary = "Normal and reduction cell, 4 nodes of two inputs, 7 operations and none "
                "(Liu et al. 2019)",
     .make = make}};

}  // namespace
}  // namespace nas::search_space
