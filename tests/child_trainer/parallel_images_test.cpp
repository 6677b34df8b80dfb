#include "child_trainer/parallel_images.h"

#include <ATen/Parallel.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <vector>

namespace nas::child_trainer {
namespace {

// As many as are asked for, until the end of the test.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

TEST_CASE("parallel images: each image is in the share of one thread", "[child_trainer]") {
  for (const int count : {1, 2, 3}) {
    const Threads threads(count);
    for (const int64_t images : {0, 1, 2, 7, 64}) {
      CAPTURE(count, images);
      std::vector<std::atomic<int>> seen(static_cast<size_t>(images));
      parallel_images(images, [&](int64_t thread, int64_t begin, int64_t end) {
        if (thread < 0 || thread >= count) throw std::out_of_range("thread");
        for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
      });
      for (const auto& times : seen) CHECK(times == 1);
    }
  }
}

TEST_CASE("parallel images: what a thread throws is thrown again", "[child_trainer]") {
  for (const int count : {1, 2, 3}) {
    const Threads threads(count);
    CAPTURE(count);
    const auto fail_in_last = [&](int64_t thread, int64_t, int64_t) {
      if (thread == count - 1) throw std::length_error("too long");
    };
    CHECK_THROWS_AS(parallel_images(8, fail_in_last), std::length_error);
  }
}

}  // namespace
}  // namespace nas::child_trainer
