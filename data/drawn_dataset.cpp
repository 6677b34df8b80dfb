#include "data/drawn_dataset.h"

#include "common/log.h"
#include "data/dataset_file.h"

namespace nas::data {

namespace {

const std::string kMark = " [drawing ";

std::string version_mark(const Renderer& renderer) {
  return kMark + std::to_string(renderer.version) + "]";
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
