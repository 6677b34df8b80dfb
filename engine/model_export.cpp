#include "engine/model_export.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/file.h"
#include "data/dataset_file.h"
#include "export/parity.h"

namespace nas::engine {

namespace {

// [N, H, W, 3] bytes to [N, 3, H, W] floats in 0..255, what an exported model takes.
std::vector<float> planar(const data::Dataset& dataset, const data::Split& split) {
  const auto area = static_cast<size_t>(dataset.height * dataset.width);
  std::vector<float> images(split.images.size());
  for (size_t n = 0; n < split.ids.size(); ++n) {
    for (size_t pixel = 0; pixel < area; ++pixel) {
      for (size_t c = 0; c < 3; ++c)
        images[(n * 3 + c) * area + pixel] = split.images[(n * area + pixel) * 3 + c];
    }
  }
  return images;
}

}  // namespace

common::Json to_json(const ExportResult& result) {
  common::Json files = common::Json::array();
  for (const auto& file : result.files) files.push_back(file.string());
  return {{"files", files},
          {"checked", result.checked},
          {"images", result.images},
          {"largest_difference", result.largest_difference}};
}

ExportResult export_model(const Model& model, const std::string& format,
                          const std::filesystem::path& folder) {
  const auto& exporter = common::Registry<exporting::Exporter>::find(format);
  const exporting::ExportModel exported = export_model_of(model);
  ExportResult result{.files = exporter.run(exported, folder)};
  if (exporter.scores == nullptr) return result;
  // Whatever ends the check, a file that did not pass it does not stay.
  common::FilesOnTrial on_trial(result.files);
  const data::Dataset samples = data::read_dataset(model.folder / "samples.h5");
  Predictor predictor(model, at::Device(at::kCPU));
  const auto ours = predictor.scores(samples, samples.test);
  const auto theirs = exporter.scores(result.files.front(), exported, planar(samples, samples.test),
                                      samples.test.count());
  const auto parity =
      exporting::check_parity(ours, theirs, static_cast<int64_t>(model.labels.size()));
  result.checked = true;
  result.images = parity.images;
  result.largest_difference = parity.largest_difference;
  if (parity.largest_difference > kLargestDifference || parity.same_top_label != parity.images) {
    throw common::DataError(
        {.where = "nas export",
         .what = "the written " + format + " model does not give the same answers; it was removed",
         .got = fmt::format("a largest difference of {:.2e}, the same top label on {} of {} images",
                            parity.largest_difference, parity.same_top_label, parity.images),
         .expected = fmt::format("at most {:.0e}", kLargestDifference)});
  }
  on_trial.keep();
  return result;
}

}  // namespace nas::engine
