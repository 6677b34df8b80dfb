#include "data/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace nas::data {

void parallel_for(size_t count, const std::function<void(size_t, bool)>& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  size_t failed = count;
  std::exception_ptr failure;
  const auto run = [&](bool is_caller) {
    for (size_t i = next++; i < count; i = next++) {
      try {
        work(i, is_caller);
      } catch (...) {
        const std::lock_guard lock(mutex);
        next = count;
        if (i > failed) continue;
        failed = i;
        failure = std::current_exception();
      }
    }
  };
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < std::min(cores, count); ++i) helpers.emplace_back(run, false);
  run(true);
  helpers.clear();  // waits for them
  if (failure) std::rethrow_exception(failure);
}

}  // namespace nas::data
