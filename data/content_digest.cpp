#include "data/content_digest.h"

#include <algorithm>

#include "common/file.h"

namespace nas::data {

namespace {

// Digests of 1 MiB pieces, so that no second copy of the images is made.
template <class Values>
std::string digests_of(const Values& values) {
  constexpr size_t kPiece = size_t{1} << 20;
  const char* bytes = reinterpret_cast<const char*>(values.data());
  const size_t size = values.size() * sizeof(*values.data());
  std::string digests;
  for (size_t start = 0; start < size; start += kPiece) {
    const std::string piece(bytes + start, std::min(kPiece, size - start));
    digests += common::sha256_of_text(piece);
  }
  return digests;
}

}  // namespace

std::string content_digest(const Dataset& dataset) {
  std::string text = task_text(dataset.task) + " " + std::to_string(dataset.class_count()) + " " +
                     std::to_string(dataset.height) + " " + std::to_string(dataset.width) + " " +
                     std::to_string(dataset.channels) + "\n";
  for (const Split* split : {&dataset.train, &dataset.valid, &dataset.test}) {
    text += std::to_string(split->count()) + " " + digests_of(split->images) + " " +
            digests_of(split->labels) + " " + digests_of(split->label_matrix) + "\n";
  }
  return common::sha256_of_text(text);
}

}  // namespace nas::data
