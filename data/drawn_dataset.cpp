#include "data/drawn_dataset.h"

#include "common/log.h"
#include "data/content_digest.h"
#include "data/dataset_file.h"

namespace nas::data {

namespace {

const std::string kMark = " [drawing ";

// A renderer's version is what it draws: the digest of a small sample, so that nobody has to
// remember to raise a number.
std::string version_mark(const Renderer& renderer) {
  RenderRequest sample;
  sample.images = 300;
  sample.size = 32;
  return kMark + content_digest(renderer.draw(sample)).substr(0, 16) + "]";
}

}  // namespace

bool is_up_to_date(const std::filesystem::path& file, const Renderer& renderer) {
  const Dataset header = read_dataset_info(file).header;
  const auto mark = header.provenance.find(kMark);
  if (!header.synthetic || mark == std::string::npos) return true;
  return header.provenance.substr(mark) == version_mark(renderer);
}

void draw_into(const std::filesystem::path& file, const Renderer& renderer) {
  common::log_info("drawing dataset " + renderer.name + " into " + file.string());
  Dataset dataset = renderer.draw(RenderRequest{});
  dataset.provenance += version_mark(renderer);
  write_dataset(file, dataset);
}

}  // namespace nas::data
