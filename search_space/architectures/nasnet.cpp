// Published cells in tf-slim's convention: state 0 is the current input, 1 the previous one.
#include "common/registry.h"
#include "search_space/architecture.h"

namespace nas::search_space {
namespace {

CellNode block(const char* left, int left_state, const char* right, int right_state) {
  return {.edges = {{left_state, left}, {right_state, right}}};
}

constexpr const char* kSep3 = "sep_conv_3x3";
constexpr const char* kSep5 = "sep_conv_5x5";
constexpr const char* kSep7 = "sep_conv_7x7";
constexpr const char* kAvg3 = "avg_pool_3x3";
constexpr const char* kMax3 = "max_pool_3x3";
constexpr const char* kIdentity = "identity";
constexpr const char* kBottleneck = "bottleneck_1x7_7x1";

Architecture nasnet_a() {
  const Cell normal{
      .inputs = 2,
      .nodes = {block(kSep5, 0, kSep3, 1), block(kSep5, 1, kSep3, 1), block(kAvg3, 0, kIdentity, 1),
                block(kAvg3, 1, kAvg3, 1), block(kSep3, 0, kIdentity, 0)},
      .concat = {1, 2, 3, 4, 5, 6}};
  const Cell reduction{
      .inputs = 2,
      .nodes = {block(kSep5, 0, kSep7, 1), block(kMax3, 0, kSep7, 1), block(kAvg3, 0, kSep5, 1),
                block(kIdentity, 3, kAvg3, 2), block(kSep3, 2, kMax3, 0)},
      .concat = {3, 4, 5, 6}};
  return {.family = "nasnet", .cells = {{"normal", normal}, {"reduction", reduction}}};
}

Architecture amoebanet_a() {
  const Cell normal{.inputs = 2,
                    .nodes = {block(kAvg3, 0, kMax3, 0), block(kSep3, 1, kIdentity, 1),
                              block(kIdentity, 0, kAvg3, 1), block(kSep3, 0, kSep5, 2),
                              block(kAvg3, 5, kSep3, 0)},
                    .concat = {1, 3, 4, 6}};
  const Cell reduction{
      .inputs = 2,
      .nodes = {block(kSep3, 1, kAvg3, 0), block(kMax3, 0, kSep7, 2), block(kMax3, 1, kMax3, 0),
                block(kSep3, 4, kBottleneck, 0), block(kAvg3, 1, kSep7, 0)},
      .concat = {2, 3, 4, 5, 6}};
  return {.family = "nasnet", .cells = {{"normal", normal}, {"reduction", reduction}}};
}

const common::Register<NamedArchitecture> kNasnetA{
    {.name = "nasnet-a", .summary = "NASNet-A (Zoph et al. 2018)", .make = nasnet_a}};
const common::Register<NamedArchitecture> kAmoebanetA{
    {.name = "amoebanet-a", .summary = "AmoebaNet-A (Real et al. 2019)", .make = amoebanet_a}};

}  // namespace
}  // namespace nas::search_space
