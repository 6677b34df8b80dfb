#include "child_trainer/segments.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

namespace nas::child_trainer {

namespace {

// A segment's values and, at the worst, a gradient for each of them.
constexpr int64_t kWithGradients = 2;

class ThriftyOrder {
 public:
  explicit ThriftyOrder(const Computation& computation)
      : computation_(computation),
        writers_left_(computation.bytes.size(), 0),
        readers_(computation.bytes.size()),
        done_(computation.steps.size(), false) {
    for (size_t s = 0; s < computation.steps.size(); ++s) {
      ++writers_left_[at(computation.steps[s].writes)];
      for (const int value : reads(s)) readers_[at(value)].insert(s);
    }
    readers_left_.reserve(readers_.size());
    for (const auto& readers : readers_) readers_left_.push_back(readers.size());
    for (const int value : computation.results) ++readers_left_[at(value)];
  }

  std::vector<int> run() {
    for (size_t s = 0; s < done_.size(); ++s)
      if (!done_[s]) take(s);
    return std::move(order_);
  }

 private:
  static size_t at(int i) { return static_cast<size_t>(i); }
  std::set<int> reads(size_t s) const {
    const auto& all = computation_.steps[s].reads;
    return {all.begin(), all.end()};
  }

  bool frees(size_t s) const {
    int64_t freed = -computation_.bytes[at(computation_.steps[s].writes)];
    for (const int value : reads(s)) {
      if (writers_left_[at(value)] > 0) return false;
      if (readers_left_[at(value)] == 1) freed += computation_.bytes[at(value)];
    }
    return freed > 0;
  }

  void take(size_t s) {
    done_[s] = true;
    order_.push_back(static_cast<int>(s));
    --writers_left_[at(computation_.steps[s].writes)];
    std::set<int> touched = reads(s);
    for (const int value : touched) --readers_left_[at(value)];
    touched.insert(computation_.steps[s].writes);
    for (const int value : touched)
      for (const size_t reader : readers_[at(value)])
        if (!done_[reader] && frees(reader)) take(reader);
  }

  const Computation& computation_;
  std::vector<int> writers_left_;          // by value
  std::vector<std::set<size_t>> readers_;  // by value
  std::vector<size_t> readers_left_;       // by value; being a result counts as one
  std::vector<bool> done_;                 // by step
  std::vector<int> order_;
};

// Cuts before the steps c of 0 … n, where n is the end.
class Cutter {
 public:
  explicit Cutter(const Computation& computation)
      : computation_(computation),
        count_(static_cast<int>(computation.steps.size())),
        first_(computation.bytes.size(), count_),
        last_(computation.bytes.size(), -1),
        born_(computation.steps.size(), -1) {
    for (int s = count_; s-- > 0;) {
      const auto& step = computation.steps[at(s)];
      first_[at(step.writes)] = s;
      last_[at(step.writes)] = std::max(last_[at(step.writes)], s);
      for (const int value : step.reads) last_[at(value)] = std::max(last_[at(value)], s);
    }
    for (const int value : computation.results) last_[at(value)] = count_;
    for (size_t v = 0; v < first_.size(); ++v)
      if (first_[v] < count_) born_[at(first_[v])] = static_cast<int>(v);
  }

  Segments whole() const {
    const int64_t values =
        std::accumulate(computation_.bytes.begin(), computation_.bytes.end(), int64_t{0});
    return segments({0}, kWithGradients * values);
  }

  Segments best() const {
    Segments found = whole();
    int64_t too_few = 0;
    while (too_few + 1 < found.bytes) {
      const int64_t middle = too_few + (found.bytes - too_few) / 2;
      std::vector<int> begins = cut_within(middle);
      if (begins.empty())
        too_few = middle;
      else
        found = segments(std::move(begins), middle);
    }
    return found;
  }

 private:
  static size_t at(int i) { return static_cast<size_t>(i); }

  // Where segments begin when no more than `limit` bytes are alive while the backward pass is in
  // any of them: what was kept before it, what it computes, and gradients. Of all such ways the one
  // that keeps the least; empty: there is none.
  std::vector<int> cut_within(int64_t limit) const {
    constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
    std::vector<int64_t> kept(at(count_ + 1), kNever);  // by cut: at least, before it
    std::vector<int> begin(at(count_ + 1), -1);         // of the segment before it
    kept[0] = 0;
    for (int c = 1; c <= count_; ++c) {
      int64_t computed = 0;
      int64_t crossing = 0;
      for (int b = c; b-- > 0;) {
        if (const int value = born_[at(b)]; value >= 0) {
          computed += computation_.bytes[at(value)];
          if (last_[at(value)] >= c) crossing += computation_.bytes[at(value)];
        }
        if (kWithGradients * computed > limit) break;
        if (kept[at(b)] == kNever || kept[at(b)] + kWithGradients * computed > limit) continue;
        if (kept[at(b)] + crossing >= kept[at(c)]) continue;
        kept[at(c)] = kept[at(b)] + crossing;
        begin[at(c)] = b;
      }
    }
    std::vector<int> begins;
    for (int c = begin[at(count_)]; c >= 0; c = begin[at(c)]) begins.push_back(c);
    std::reverse(begins.begin(), begins.end());
    return begins;
  }

  Segments segments(std::vector<int> begins, int64_t bytes) const {
    Segments result{.begins = std::move(begins), .kept = {}, .bytes = bytes};
    const auto segment_of = [&](int step) {
      return std::upper_bound(result.begins.begin(), result.begins.end(), step) -
             result.begins.begin();
    };
    for (size_t v = 0; v < first_.size(); ++v) {
      const bool given = first_[v] == count_;
      const bool at_the_end = last_[v] == count_ || first_[v] >= result.begins.back();
      result.kept.push_back(given || at_the_end || segment_of(first_[v]) != segment_of(last_[v]));
    }
    return result;
  }

  const Computation& computation_;
  int count_;
  std::vector<int>
      first_;              // by value: the step that first writes it; that of given ones is the end
  std::vector<int> last_;  // by value: the last step that touches it; that of results is the end
  std::vector<int> born_;  // by step: the value that it is the first to write; -1: none
};

}  // namespace

int Segments::end(size_t segment, const Computation& computation) const {
  return segment + 1 < begins.size() ? begins[segment + 1]
                                     : static_cast<int>(computation.steps.size());
}

std::vector<int> thrifty_order(const Computation& computation) {
  return ThriftyOrder(computation).run();
}

Segments whole(const Computation& computation) { return Cutter(computation).whole(); }
Segments cut(const Computation& computation) { return Cutter(computation).best(); }

}  // namespace nas::child_trainer
