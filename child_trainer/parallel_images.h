// The images of a batch, spread over the threads.
#pragma once

#include <cstdint>
#include <functional>

namespace nas::child_trainer {

// As many as at::get_num_threads().
int64_t image_threads();

// body(thread, begin, end) for each thread, with its share of [0, count): the same for equal
// numbers of threads. What it throws is thrown again.
void parallel_images(int64_t count, const std::function<void(int64_t, int64_t, int64_t)>& body);

// The calling thread's own memory, 64-byte aligned, at least so many floats. Its contents are lost.
// Throws std::bad_alloc.
float* thread_scratch(int64_t floats);

}  // namespace nas::child_trainer
