// An operation of a cell: a function that appends primitives. One file each in search_space/ops/.
#pragma once

#include <functional>

#include "common/registry.h"
#include "search_space/graph_builder.h"

namespace nas::search_space {

struct OpSite {
  int64_t filters = 0;  // channels that the output must have
  int64_t stride = 1;   // 1 or 2: output size = ceil(size / stride)
};

struct Op {
  static constexpr const char* kKind = "operation";
  std::string name;
  std::string summary;
  // Appends the operation to `graph`, within the scope that is open, and returns its output node:
  // shape [site.filters, ceil(H / stride), ceil(W / stride)]. May return `input` itself.
  std::function<int(GraphBuilder& graph, int input, const OpSite& site)> append;
  // False for what drop-path must never drop (identity).
  bool droppable = true;
  // True for `none`: contributes nothing to a sum.
  bool is_none = false;
};

// Appends the registered operation `name` within a scope of that name.
int append_op(GraphBuilder& graph, const std::string& name, int input, const OpSite& site);

// What a registered operation does where neither size nor width change.
bool has_weights(const std::string& name);
bool is_pool(const std::string& name);  // without weights

}  // namespace nas::search_space
