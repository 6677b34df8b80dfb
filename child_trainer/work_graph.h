// Work that a GPU is given piece by piece once, while it is recorded, and then in one call: the
// same kernels on the same memory, where only the numbers are others.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace nas::child_trainer {

class WorkGraph {
 public:
  using Work = std::function<void()>;

  virtual ~WorkGraph() = default;

  // Does work(), piece by piece. Like replay() it is in order with what the present stream does
  // before and afterwards. Libraries choose algorithms and take memory when they first do a thing,
  // which cannot be recorded: so some times before capture().
  virtual void run(const Work& work) = 0;

  // Records what work() gives the GPU; nothing is computed. What it reads and writes is to stay in
  // its place for as long as this lives, and it may neither wait for the GPU nor copy from or to
  // the CPU. Throws what work() throws, and c10::Error where something cannot be recorded: nothing
  // is, then, and run() goes on as before.
  virtual void capture(const Work& work) = 0;

  // Does what was recorded; after capture().
  virtual void replay() = 0;
};

// Of a GPU, by CUDA graphs. Throws InternalError in a build without CUDA. In cuda_graph.cpp or
// no_cuda_graph.cpp.
std::unique_ptr<WorkGraph> make_work_graph(c10::Device device);

}  // namespace nas::child_trainer
