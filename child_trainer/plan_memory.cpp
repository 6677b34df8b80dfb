#include "child_trainer/plan_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "child_trainer/evaluate.h"

namespace nas::child_trainer {

namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kLargePage = int64_t{2} << 20;

int64_t round_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

// Bytes that are needed from one time to another, both included. Step s of S runs forward at time s
// and backward at time 2 S - 1 - s.
struct Need {
  int64_t bytes = 0;
  int begin = 1 << 30;
  int end = -1;
  int64_t* offset = nullptr;

  void at(int time) {
    begin = std::min(begin, time);
    end = std::max(end, time);
  }
};

// The largest first, each at the lowest place where it meets none that is needed at the same time.
int64_t place(std::vector<Need> needs) {
  std::stable_sort(needs.begin(), needs.end(),
                   [](const Need& a, const Need& b) { return a.bytes > b.bytes; });
  struct Placed {
    int64_t begin, end;
    const Need* need;
  };
  std::vector<Placed> placed;  // by their beginning
  int64_t total = 0;
  for (const Need& need : needs) {
    int64_t offset = 0;
    for (const Placed& other : placed) {
      const bool together = other.need->begin <= need.end && need.begin <= other.need->end;
      if (!together || other.end <= offset) continue;
      if (offset + need.bytes <= other.begin) break;
      offset = other.end;
    }
    const Placed here{offset, offset + need.bytes, &need};
    const auto after = [](const Placed& a, const Placed& b) { return a.begin < b.begin; };
    placed.insert(std::upper_bound(placed.begin(), placed.end(), here, after), here);
    *need.offset = offset;
    total = std::max(total, here.end);
  }
  return total;
}

class Needs {
 public:
  Needs(const search_space::NetworkGraph& graph, const Plan& plan, int64_t images, bool training)
      : graph_(graph),
        plan_(plan),
        images_(images),
        training_(training),
        values_(plan.buffers.size()),
        gradients_(plan.buffers.size()) {}

  PlanMemory run() {
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      const Step& step = plan_.steps[s];
      if (step.auxiliary && !training_) continue;
      const int time = static_cast<int>(s);
      value(step.buffer).at(time);
      if (training_ && step.batch_norm >= 0) value(step.buffer).at(backward(time));
      if (training_) gradient_at(step.buffer, backward(time));
      for (const Operand& input : step.inputs) read(step, input, time);
    }
    // Results are read when all steps are done, and the gradients of a loss come in then.
    const int end = static_cast<int>(plan_.steps.size());
    for (const int b : {plan_.logits, plan_.auxiliary_logits}) {
      if (b < 0 || value(b).end < 0) continue;
      value(b).at(end);
      if (training_) gradient_at(b, end);
    }
    return placed();
  }

 private:
  int backward(int time) const { return 2 * static_cast<int>(plan_.steps.size()) - 1 - time; }
  Need& value(int buffer) { return values_[static_cast<size_t>(buffer)]; }
  const PlanBuffer& buffer(int b) const { return plan_.buffers[static_cast<size_t>(b)]; }

  void read(const Step& step, const Operand& input, int time) {
    value(input.buffer).at(time);
    if (!training_) return;
    const bool again = step.kind != Step::Kind::kSum || input.relu;
    if (again) value(input.buffer).at(backward(time));
    gradient_at(input.buffer, backward(time));
  }

  // The gradient itself, or the one that it is a part of.
  void gradient_at(int b, int time) {
    while (buffer(b).gradient_of_step >= 0)
      b = plan_.steps[static_cast<size_t>(buffer(b).gradient_of_step)].buffer;
    gradients_[static_cast<size_t>(b)].at(time);
  }

  void add(Need need, int64_t bytes, int64_t* offset) {
    if (need.end < 0) return;
    need.bytes = round_up(bytes, kAlignment);
    need.offset = offset;
    needs_.push_back(need);
  }

  PlanMemory placed() {
    PlanMemory memory;
    memory.values.assign(plan_.buffers.size(), -1);
    memory.gradients.assign(plan_.buffers.size(), -1);
    memory.chosen.resize(plan_.steps.size());
    for (size_t b = 1; b < plan_.buffers.size(); ++b) {
      const int64_t bytes = images_ * plan_.buffers[b].shape.count() * 4;
      if (!plan_.buffers[b].torch) add(values_[b], bytes, &memory.values[b]);
      add(gradients_[b], bytes, &memory.gradients[b]);
    }
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      const Step& step = plan_.steps[s];
      memory.chosen[s].assign(step.inputs.size(), -1);
      if (step.auxiliary && !training_) continue;
      for (size_t i = 0; i < step.inputs.size(); ++i) {
        const int pool = step.inputs[i].pool;
        if (pool < 0 ||
            graph_.nodes[static_cast<size_t>(pool)].kind != search_space::Primitive::kMaxPool)
          continue;
        Need need;
        need.at(static_cast<int>(s));
        if (training_) need.at(backward(static_cast<int>(s)));
        add(need, images_ * graph_.nodes[static_cast<size_t>(pool)].shape.count(),
            &memory.chosen[s][i]);
      }
    }
    memory.bytes = place(std::move(needs_));
    return memory;
  }

  const search_space::NetworkGraph& graph_;
  const Plan& plan_;
  int64_t images_;
  bool training_;
  std::vector<Need> values_;
  std::vector<Need> gradients_;
  std::vector<Need> needs_;
};

}  // namespace

PlanMemory place_buffers(const search_space::NetworkGraph& graph, const Plan& plan, int64_t images,
                         bool training) {
  return Needs(graph, plan, images, training).run();
}

int64_t plan_bytes(const search_space::NetworkGraph& graph, int64_t batch_size) {
  const Plan plan = fuse(graph);
  return std::max(place_buffers(graph, plan, batch_size, /*training=*/true).bytes,
                  place_buffers(graph, plan, kEvaluationBatch, /*training=*/false).bytes);
}

Block::~Block() { release(); }

void Block::release() {
  if (data_ != nullptr) munmap(data_, static_cast<size_t>(bytes_));
  data_ = nullptr;
  bytes_ = 0;
}

char* Block::reserve(int64_t bytes) {
  if (bytes <= bytes_) return data_;
  release();
  const int64_t wanted = round_up(bytes, kLargePage);
  void* data = mmap(nullptr, static_cast<size_t>(wanted), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  madvise(data, static_cast<size_t>(wanted), MADV_HUGEPAGE);
  data_ = static_cast<char*>(data);
  bytes_ = wanted;
  return data_;
}

}  // namespace nas::child_trainer
