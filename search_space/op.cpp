#include "search_space/op.h"

namespace nas::search_space {

int append_op(GraphBuilder& graph, const std::string& name, int input, const OpSite& site) {
  const auto scope = graph.scope(name);
  return common::Registry<Op>::find(name).append(graph, input, site);
}

}  // namespace nas::search_space
