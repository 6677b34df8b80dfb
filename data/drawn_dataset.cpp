#include "data/drawn_dataset.h"

#include "common/error.h"
#include "common/log.h"
#include "data/dataset_file.h"

namespace nas::data {

namespace {

const std::string kDrawingMark = " [drawing ";

std::string version_mark(const Renderer& renderer) {
  return kDrawingMark + std::to_string(renderer.version) + "]";
}

}  // namespace

bool is_up_to_date(const std::filesystem::path& file, const Renderer& renderer) {
  const Dataset header = read_dataset_info(file).header;
  const auto mark = header.provenance.find(kDrawingMark);
  if (!header.synthetic || mark == std::string::npos) return true;
  return header.provenance.substr(mark) == version_mark(renderer);
}

bool is_drawing(const std::filesystem::path& file, const Renderer& renderer,
                const RenderRequest& request) {
  try {
    const DatasetInfo info = read_dataset_info(file);
    const Dataset& header = info.header;
    const std::string drawn = header.provenance.substr(0, header.provenance.find(kDrawingMark));
    return header.synthetic && header.height == request.size &&
           info.train + info.valid + info.test == request.images &&
           drawn == rendered_provenance(renderer.name, renderer.version, request.seed);
  } catch (const common::Error&) {
    return false;
  }
}

void draw_into(const std::filesystem::path& file, const Renderer& renderer) {
  common::log_info("drawing dataset " + renderer.name + " into " + file.string());
  Dataset dataset = renderer.draw(RenderRequest{});
  dataset.provenance += version_mark(renderer);
  write_dataset(file, dataset);
}

}  // namespace nas::data
