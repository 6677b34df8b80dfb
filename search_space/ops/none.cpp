#include "search_space/op.h"

namespace nas::search_space {
namespace {

// Zeros depend on nothing but the number of images: so `x` is not kept for what adds nothing.
int append(GraphBuilder& graph, int x, const OpSite& site) {
  const Shape& shape = graph.shape(x);
  return graph.zeros(graph.image(), {site.filters, (shape.height + site.stride - 1) / site.stride,
                                     (shape.width + site.stride - 1) / site.stride});
}

const common::Register<Op> kRegister{{.name = "none",
                                      .summary = "No connection: zeros (DARTS, NAS-Bench-201)",
                                      .append = append,
                                      .droppable = false,
                                      .is_none = true}};

}  // namespace
}  // namespace nas::search_space
