#include "data/renderers/scene/render_dataset.h"

#include <algorithm>
#include <future>
#include <map>
#include <thread>

#include "common/error.h"

namespace nas::data::scene {

namespace {

constexpr int64_t kMinSize = 16;
constexpr int64_t kMaxSize = 512;
constexpr int64_t kMaxImages = 1'000'000;
constexpr int64_t kMaxThreads = 16;

// Where an image goes.
struct Slot {
  Split* split = nullptr;
  int64_t index = 0;
};

void require(const DatasetPlan& plan, const std::string& what, int64_t got, int64_t low,
             int64_t high) {
  if (got >= low && got <= high) return;
  throw common::UsageError({.where = "renderer " + plan.name,
                            .what = what + " out of range",
                            .got = std::to_string(got),
                            .expected = std::to_string(low) + ".." + std::to_string(high)});
}

std::string image_id(const std::string& name, int64_t image) {
  const std::string number = std::to_string(image);
  return name + "-" + std::string(6 - std::min<size_t>(6, number.size()), '0') + number;
}

// Every tenth image of each class to valid, every tenth to test. The count runs on from class to
// class, so small datasets have images in all three too.
std::vector<Slot> assign(Dataset& dataset, const std::vector<int64_t>& labels) {
  std::vector<Slot> slots(labels.size());
  int64_t position = 0;
  for (int64_t label = 0; label < dataset.class_count(); ++label) {
    for (size_t image = 0; image < labels.size(); ++image) {
      if (labels[image] != label) continue;
      const int64_t tenth = position++ % 10;
      slots[image].split = tenth == 4   ? &dataset.valid
                           : tenth == 9 ? &dataset.test
                                        : &dataset.train;
    }
  }
  for (size_t image = 0; image < labels.size(); ++image) {
    Split& split = *slots[image].split;
    slots[image].index = split.count();
    split.labels.push_back(labels[image]);
    split.ids.push_back(image_id(dataset.name, static_cast<int64_t>(image)));
  }
  return slots;
}

std::vector<int64_t> random_labels(int64_t images, int64_t classes, uint64_t seed) {
  common::RandomStream random({.seed = seed, .purpose = "render labels"});
  std::vector<int64_t> labels = random.permutation(images);
  for (int64_t& label : labels) label %= classes;
  return labels;
}

}  // namespace

Dataset render_dataset(const DatasetPlan& plan, const RenderRequest& request) {
  const auto classes = static_cast<int64_t>(plan.class_names.size());
  require(plan, "image size", request.size, kMinSize, kMaxSize);
  require(plan, "number of images", request.images, classes, kMaxImages);

  Dataset dataset;
  dataset.name = plan.name;
  dataset.class_names = plan.class_names;
  dataset.height = request.size;
  dataset.width = request.size;
  dataset.synthetic = true;
  dataset.provenance = rendered_provenance(plan.name, plan.version, request.seed);

  const std::vector<int64_t> labels = random_labels(request.images, classes, request.seed);
  const std::vector<Slot> slots = assign(dataset, labels);
  std::map<Split*, std::vector<uint8_t>> pixels;
  for (Split* split : {&dataset.train, &dataset.valid, &dataset.test})
    pixels[split].resize(static_cast<size_t>(split->count() * dataset.image_bytes()));
  const auto draw = [&](int64_t image) {
    common::RandomStream random({.seed = request.seed,
                                 .trial = static_cast<uint64_t>(image),
                                 .purpose = "render " + plan.name});
    const Slot& slot = slots[static_cast<size_t>(image)];
    const auto label = static_cast<int>(labels[static_cast<size_t>(image)]);
    const std::vector<uint8_t> bytes = plan.paint(label, random, request.size);
    if (static_cast<int64_t>(bytes.size()) != dataset.image_bytes()) {
      throw common::InternalError({.where = "renderer " + plan.name,
                                   .what = "painted an image of the wrong size",
                                   .got = std::to_string(bytes.size()) + " bytes"});
    }
    std::copy(bytes.begin(), bytes.end(),
              pixels.at(slot.split).begin() + slot.index * dataset.image_bytes());
  };
  const auto threads = std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, kMaxThreads);
  std::vector<std::future<void>> workers;
  for (int64_t worker = 0; worker < threads; ++worker) {
    workers.push_back(std::async(std::launch::async, [&draw, &request, worker, threads] {
      for (int64_t image = worker; image < request.images; image += threads) draw(image);
    }));
  }
  for (auto& worker : workers) worker.get();
  for (auto& [split, bytes] : pixels) split->images = std::move(bytes);
  return dataset;
}

}  // namespace nas::data::scene
