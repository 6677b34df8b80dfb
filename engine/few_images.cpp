#include "engine/few_images.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/log.h"
#include "common/text.h"

namespace nas::engine {

namespace {

constexpr int64_t kEnoughAClass = 10;
constexpr size_t kShownClasses = 5;

std::vector<std::string> classes_without(const data::Dataset& dataset, const data::Split& split) {
  const auto classes = static_cast<size_t>(dataset.class_count());
  std::vector<bool> seen(classes, false);
  for (const int64_t label : split.labels) seen[static_cast<size_t>(label)] = true;
  for (size_t i = 0; i < split.label_matrix.size(); ++i) {
    if (split.label_matrix[i] != 0) seen[i % classes] = true;
  }
  std::vector<std::string> names;
  for (size_t k = 0; k < classes; ++k) {
    if (!seen[k]) names.push_back(dataset.class_names[k]);
  }
  return names;
}

std::string list_text(std::vector<std::string> names) {
  const size_t all = names.size();
  names.resize(std::min(all, kShownClasses));
  const std::string text = common::join(names, ", ");
  return all > kShownClasses ? fmt::format("{} and {} more", text, all - kShownClasses) : text;
}

}  // namespace

std::string few_images_text(const std::string& split_name, const data::Dataset& dataset,
                            const data::Split& split) {
  const int64_t images = split.count();
  if (images == 0) return "";
  std::vector<std::string> parts;
  if (images < kEnoughAClass * dataset.class_count()) {
    parts.push_back(fmt::format("fewer than {} a class", kEnoughAClass));
    if (dataset.task == data::Task::kSingleLabel) {
      parts.push_back(fmt::format("accuracy comes in steps of 1/{} = {:.2g}", images,
                                  1.0 / static_cast<double>(images)));
    }
  }
  if (const auto without = classes_without(dataset, split); !without.empty())
    parts.push_back("none of " + list_text(without));
  if (parts.empty()) return "";
  return fmt::format("{} {} images for {} classes: {}", images, split_name, dataset.class_count(),
                     common::join(parts, ", "));
}

void warn_of_few_images(const std::string& split_name, const data::Dataset& dataset,
                        const data::Split& split) {
  const std::string text = few_images_text(split_name, dataset, split);
  if (!text.empty()) common::log_warning(text);
}

}  // namespace nas::engine
