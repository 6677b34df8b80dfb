#include "child_trainer/parallel_images.h"

#include <ATen/Parallel.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <vector>

namespace nas::child_trainer {

int64_t image_threads() { return at::get_num_threads(); }

void parallel_images(int64_t count, const std::function<void(int64_t, int64_t, int64_t)>& body) {
  const int64_t threads = image_threads();
  if (threads == 1) return body(0, 0, count);
  std::vector<std::exception_ptr> failures(static_cast<size_t>(threads));
#pragma omp parallel for schedule(static, 1) num_threads(static_cast <int>(threads))
  for (int64_t t = 0; t < threads; ++t) {
    try {
      body(t, t * count / threads, (t + 1) * count / threads);
    } catch (...) {  // which would not leave its thread
      failures[static_cast<size_t>(t)] = std::current_exception();
    }
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

namespace {

struct Scratch {
  std::unique_ptr<float, decltype(&std::free)> data{nullptr, &std::free};
  int64_t floats = 0;
};

}  // namespace

float* thread_scratch(int64_t floats) {
  static thread_local Scratch scratch;
  if (scratch.floats < floats) {
    const int64_t whole = (floats + 15) / 16 * 16;
    scratch.floats = 0;
    scratch.data.reset(
        static_cast<float*>(std::aligned_alloc(64, sizeof(float) * static_cast<size_t>(whole))));
    if (!scratch.data) throw std::bad_alloc();
    scratch.floats = whole;
  }
  return scratch.data.get();
}

}  // namespace nas::child_trainer
