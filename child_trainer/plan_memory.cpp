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

// Bytes that are needed from one time to another, both included. Step s of S runs forward at time
// s, the loss is computed at time S, and the backward pass takes its turns from then on.
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

// What a pass needs.
struct PassNeeds {
  std::vector<Need> values;               // by buffer
  std::vector<std::vector<Need>> chosen;  // by step and input

  explicit PassNeeds(const Plan& plan) : values(plan.buffers.size()) {
    for (const Step& step : plan.steps) chosen.emplace_back(step.inputs.size());
  }
};

class Needs {
 public:
  Needs(const search_space::NetworkGraph& graph, const Plan& plan, int64_t images, bool training)
      : graph_(graph),
        plan_(plan),
        images_(images),
        training_(training),
        forward_(plan),
        backward_(plan),
        gradients_(plan.buffers.size()) {}

  PlanMemory run() {
    int time = 0;
    for (size_t s = 0; s < plan_.steps.size(); ++s, ++time)
      if (training_ || !plan_.steps[s].auxiliary) run_step(s, time, forward_);
    // Results are read when all steps are done, and the gradients of a loss come in then.
    for (const int b : {plan_.logits, plan_.auxiliary_logits}) {
      if (b < 0 || value(forward_, b).end < 0) continue;
      value(forward_, b).at(time);
      if (training_) gradient_at(b, time);
    }
    if (training_) {
      for (const BackwardTurn& turn : plan_.backward) {
        const auto s = static_cast<size_t>(turn.step);
        ++time;
        if (turn.recompute)
          run_step(s, time, backward_);
        else
          differentiate_step(s, time);
      }
    }
    return placed();
  }

 private:
  // What is kept is the forward pass's.
  Need& value(PassNeeds& pass, int b) {
    return (buffer(b).kept ? forward_ : pass).values[static_cast<size_t>(b)];
  }
  Need& chosen(PassNeeds& pass, size_t s, size_t i) {
    return (plan_.steps[s].recomputed ? pass : forward_).chosen[s][i];
  }
  const PlanBuffer& buffer(int b) const { return plan_.buffers[static_cast<size_t>(b)]; }
  const search_space::Node& node(int i) const { return graph_.nodes[static_cast<size_t>(i)]; }
  bool chooses(const Operand& input) const {
    return input.pool >= 0 && node(input.pool).kind == search_space::Primitive::kMaxPool;
  }

  void run_step(size_t s, int time, PassNeeds& pass) {
    const Step& step = plan_.steps[s];
    value(pass, step.buffer).at(time);
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      value(pass, step.inputs[i].buffer).at(time);
      if (chooses(step.inputs[i])) chosen(pass, s, i).at(time);
    }
  }

  void differentiate_step(size_t s, int time) {
    const Step& step = plan_.steps[s];
    if (step.batch_norm >= 0) value(backward_, step.buffer).at(time);
    gradient_at(step.buffer, time);
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      const Operand& input = step.inputs[i];
      if (reads_input_backward(step, input)) value(backward_, input.buffer).at(time);
      if (chooses(input)) chosen(backward_, s, i).at(time);
      gradient_at(input.buffer, time);
    }
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

  void add(const PassNeeds& pass, PlanPlaces* places) {
    places->values.assign(plan_.buffers.size(), -1);
    for (size_t b = 1; b < plan_.buffers.size(); ++b) {
      const PlanBuffer& place = plan_.buffers[b];
      if (!place.torch) add(pass.values[b], images_ * place.shape.count() * 4, &places->values[b]);
    }
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      const auto& inputs = plan_.steps[s].inputs;
      places->chosen.emplace_back(inputs.size(), -1);
      for (size_t i = 0; i < inputs.size(); ++i)
        if (chooses(inputs[i]))
          add(pass.chosen[s][i], images_ * node(inputs[i].pool).shape.count(),
              &places->chosen[s][i]);
    }
  }

  PlanMemory placed() {
    PlanMemory memory;
    memory.gradients.assign(plan_.buffers.size(), -1);
    add(forward_, &memory.forward);
    add(backward_, &memory.backward);
    for (size_t b = 1; b < plan_.buffers.size(); ++b)
      add(gradients_[b], images_ * plan_.buffers[b].shape.count() * 4, &memory.gradients[b]);
    memory.bytes = place(std::move(needs_));
    for (size_t b = 0; b < plan_.buffers.size(); ++b)
      if (plan_.buffers[b].kept) memory.backward.values[b] = memory.forward.values[b];
    for (size_t s = 0; s < plan_.steps.size(); ++s)
      if (!plan_.steps[s].recomputed) memory.backward.chosen[s] = memory.forward.chosen[s];
    return memory;
  }

  const search_space::NetworkGraph& graph_;
  const Plan& plan_;
  int64_t images_;
  bool training_;
  PassNeeds forward_;
  PassNeeds backward_;
  std::vector<Need> gradients_;  // by buffer
  std::vector<Need> needs_;
};

}  // namespace

PlanMemory place_buffers(const search_space::NetworkGraph& graph, const Plan& plan, int64_t images,
                         bool training) {
  return Needs(graph, plan, images, training).run();
}

int64_t plan_bytes(const search_space::NetworkGraph& graph, int64_t batch_size, bool recompute) {
  const Plan plan = fuse(graph, recompute);
  return std::max(place_buffers(graph, plan, batch_size, /*training=*/true).bytes,
                  place_buffers(graph, plan, evaluation_batch(batch_size), /*training=*/false).bytes);
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
