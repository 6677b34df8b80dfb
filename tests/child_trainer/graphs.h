// Graphs for tests of the trainer.
#pragma once

#include "search_space/graph_builder.h"

namespace nas::child_trainer {

// Every primitive that can be run, at an odd size, with an auxiliary head; 3 classes.
inline search_space::NetworkGraph every_primitive() {
  search_space::GraphBuilder graph({3, 9, 9});
  int x = graph.conv2d("stem", graph.image(),
                       {.channels = 4, .kernel_h = 3, .kernel_w = 3, .bias = true});
  x = graph.batch_norm("stem_bn", x);
  const int gate = graph.sigmoid(graph.conv2d("gate", graph.global_avg_pool(x), {.channels = 4}));
  x = graph.mul(x, gate);
  x = graph.add({x, graph.zeros(x, graph.shape(x)), graph.relu(x)});
  const int reduced = graph.factorized_reduction("reduction", x, 4, true);
  const int max = graph.drop_path(graph.max_pool(x, {.kernel = 3, .stride = 2}), 0.5);
  const int mean = graph.avg_pool(x, {.kernel = 3, .stride = 2});
  x = graph.concat({graph.add({reduced, max, mean}), graph.zeros(x, {2, 5, 5})});
  graph.set_auxiliary(true);
  const int auxiliary = graph.linear("auxiliary.classifier", graph.global_avg_pool(x), 3);
  graph.set_auxiliary(false);
  x = graph.relu_conv_bn("dilated", x,
                         {.channels = 6, .kernel_h = 3, .kernel_w = 3, .dilation = 2, .groups = 2});
  x = graph.dropout(graph.global_avg_pool(x), 0.3);
  return graph.finish(graph.linear("classifier", x, 3), auxiliary, 3);
}

// So many blocks, one after the other, of what our kernels run and of what LibTorch runs for them:
// convolutions with a bias or in groups, batch norms by themselves, gates, dropout; with an
// auxiliary head on the middle one; 3 classes.
inline search_space::NetworkGraph deep_graph(int blocks) {
  search_space::GraphBuilder graph({3, 9, 9});
  int x = graph.relu_conv_bn("stem", graph.image(), {.channels = 6, .kernel_h = 3, .kernel_w = 3});
  int middle = x;
  for (int i = 0; i < blocks; ++i) {
    const auto scope = graph.scope("block" + std::to_string(i));
    const int mean = graph.avg_pool(x, {.kernel = 3});
    const int most = graph.drop_path(graph.max_pool(x, {.kernel = 3}), 0.5);
    int biased =
        graph.conv2d("biased", x, {.channels = 6, .kernel_h = 3, .kernel_w = 3, .bias = true});
    biased = graph.batch_norm("biased_bn", biased);
    const int gate =
        graph.sigmoid(graph.conv2d("gate", graph.global_avg_pool(biased), {.channels = 6}));
    int deep = graph.relu_conv_bn("dense", x, {.channels = 6, .kernel_h = 3, .kernel_w = 3});
    deep = graph.relu_conv_bn("groups", deep,
                              {.channels = 6, .kernel_h = 3, .kernel_w = 3, .groups = 2});
    x = graph.dropout(graph.add({mean, most, graph.mul(biased, gate), deep}), 0.2);
    if (i == blocks / 2) middle = x;
  }
  graph.set_auxiliary(true);
  const int wide = graph.relu_conv_bn("auxiliary.conv", middle, {.channels = 8});
  const int auxiliary = graph.linear("auxiliary.classifier", graph.global_avg_pool(wide), 3);
  graph.set_auxiliary(false);
  const int logits = graph.linear("classifier", graph.global_avg_pool(graph.relu(x)), 3);
  return graph.finish(logits, auxiliary, 3);
}

// A convolution, a batch norm, a classifier: 4 classes.
inline search_space::NetworkGraph small_graph(int64_t size = 8) {
  search_space::GraphBuilder graph({3, size, size});
  int x = graph.conv2d("conv", graph.image(), {.channels = 6, .kernel_h = 3, .kernel_w = 3});
  x = graph.relu(graph.batch_norm("bn", x));
  return graph.finish(graph.linear("classifier", graph.global_avg_pool(x), 4), std::nullopt, 4);
}

}  // namespace nas::child_trainer
