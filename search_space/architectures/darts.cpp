// Published cells in the DARTS convention: state 0 is the output two cells before, 1 the last
// one's.
#include "common/registry.h"
#include "search_space/architecture.h"

namespace nas::search_space {
namespace {

constexpr const char* kSep3 = "sep_conv_3x3";
constexpr const char* kSep5 = "sep_conv_5x5";
constexpr const char* kDil3 = "dil_conv_3x3";
constexpr const char* kDil5 = "dil_conv_5x5";
constexpr const char* kSkip = "skip_connect";
constexpr const char* kMax3 = "max_pool_3x3";
constexpr const char* kAvg3 = "avg_pool_3x3";

// Eight edges, two a node, as the papers list them.
Cell cell(const std::vector<Edge>& edges) {
  Cell cell{.inputs = 2, .nodes = {}, .concat = {2, 3, 4, 5}};
  for (size_t i = 0; i < edges.size(); i += 2)
    cell.nodes.push_back({.edges = {edges[i], edges[i + 1]}});
  return cell;
}

Architecture architecture(const std::vector<Edge>& normal, const std::vector<Edge>& reduction) {
  return {.family = "darts", .cells = {{"normal", cell(normal)}, {"reduction", cell(reduction)}}};
}

Architecture darts_v1() {
  return architecture({{1, kSep3},
                       {0, kSep3},
                       {0, kSkip},
                       {1, kSep3},
                       {0, kSkip},
                       {1, kSep3},
                       {0, kSep3},
                       {2, kSkip}},
                      {{0, kMax3},
                       {1, kMax3},
                       {2, kSkip},
                       {0, kMax3},
                       {0, kMax3},
                       {2, kSkip},
                       {2, kSkip},
                       {0, kAvg3}});
}

Architecture darts_v2() {
  return architecture({{0, kSep3},
                       {1, kSep3},
                       {0, kSep3},
                       {1, kSep3},
                       {1, kSep3},
                       {0, kSkip},
                       {0, kSkip},
                       {2, kDil3}},
                      {{0, kMax3},
                       {1, kMax3},
                       {2, kSkip},
                       {1, kMax3},
                       {0, kMax3},
                       {2, kSkip},
                       {2, kSkip},
                       {1, kMax3}});
}

Architecture pc_darts() {
  return architecture({{1, kSep3},
                       {0, kSkip},
                       {0, kSep3},
                       {1, kDil3},
                       {0, kSep5},
                       {1, kSep3},
                       {0, kAvg3},
                       {1, kDil3}},
                      {{1, kSep5},
                       {0, kMax3},
                       {1, kSep5},
                       {2, kSep5},
                       {0, kSep3},
                       {3, kSep3},
                       {1, kSep3},
                       {2, kSep3}});
}

Architecture p_darts() {
  return architecture({{0, kSkip},
                       {1, kDil3},
                       {0, kSkip},
                       {1, kSep3},
                       {1, kSep3},
                       {3, kSep3},
                       {0, kSep3},
                       {4, kDil5}},
                      {{0, kAvg3},
                       {1, kSep5},
                       {0, kSep3},
                       {2, kDil5},
                       {0, kMax3},
                       {1, kDil3},
                       {1, kDil3},
                       {3, kDil5}});
}

const common::Register<NamedArchitecture> kV1{
    {.name = "darts-v1", .summary = "DARTS, first order (Liu et al. 2019)", .make = darts_v1}};
const common::Register<NamedArchitecture> kV2{
    {.name = "darts-v2", .summary = "DARTS, second order (Liu et al. 2019)", .make = darts_v2}};
const common::Register<NamedArchitecture> kPc{
    {.name = "pc-darts", .summary = "PC-DARTS on CIFAR-10 (Xu et al. 2020)", .make = pc_darts}};
const common::Register<NamedArchitecture> kP{
    {.name = "p-darts", .summary = "P-DARTS on CIFAR-10 (Chen et al. 2019)", .make = p_darts}};

}  // namespace
}  // namespace nas::search_space
