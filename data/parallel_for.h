// A loop that all cores share.
#pragma once

#include <cstddef>
#include <functional>

namespace nas::data {

// Calls work(i, is_caller) for each i in [0, count), handed out in order to several threads;
// is_caller: in the thread that called, which may show progress. Once a call has thrown, no other
// begins, and the exception of the lowest i is thrown here.
void parallel_for(size_t count, const std::function<void(size_t i, bool is_caller)>& work);

}  // namespace nas::data
