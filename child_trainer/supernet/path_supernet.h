// A supernet that is trained path by path: each step trains the network of one architecture, the
// others' weights stay as they are. Who draws the paths says which method it is: a controller
// (ENAS, Pham et al. 2018) or chance (single path one-shot, Guo et al. 2020).
#pragma once

#include <functional>

#include "child_trainer/supernet/supernet.h"

namespace nas::child_trainer {

// The path of a step, both from 0, within its epoch. attempt: from 0; the next where the one before
// cannot be built, e.g. since the image is too small for it. A function of these alone.
using PathSource =
    std::function<search_space::Architecture(int64_t epoch, int64_t step, int64_t attempt)>;

class PathSupernet : public Supernet {
 public:
  PathSupernet(data::Dataset dataset, at::Device device, SupernetJob job, PathSource path)
      : Supernet(std::move(dataset), device, std::move(job)), path_(std::move(path)) {}

 protected:
  StepLoss train(const Batch& batch, const Step& step) override;
  search_space::NetworkGraph graph_of(
      const search_space::Architecture& architecture) const override;

 private:
  search_space::NetworkGraph graph_of_path(const Step& step) const;

  PathSource path_;
};

}  // namespace nas::child_trainer
