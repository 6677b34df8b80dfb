#include <cstring>
#include <opencv2/dnn.hpp>

#include "common/error.h"
#include "common/file.h"
#include "export/exporter.h"
#include "export/model_contents.h"
#include "export/onnx_model.h"

namespace nas::exporting {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> run(const ExportModel& model, const fs::path& folder) {
  std::vector<fs::path> files = {folder / "model.onnx"};
  common::write_file_atomically(files[0], onnx_model(model));
  return files;
}

// One image at a time: OpenCV 4.6 fixes some shapes to the batch that it sees while it reads the
// file, which is one.
std::vector<float> scores(const fs::path& file, const ExportModel& model,
                          const std::vector<float>& images, int64_t count) {
  check_images(model, images, count);
  const search_space::Shape& shape = model.graph.nodes.at(0).shape;
  const int sizes[] = {1, static_cast<int>(shape.channels), static_cast<int>(shape.height),
                       static_cast<int>(shape.width)};
  const auto values = static_cast<size_t>(shape.count());
  std::vector<float> all;
  try {
    cv::dnn::Net net = cv::dnn::readNetFromONNX(file.string());
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      cv::Mat image(4, sizes, CV_32F);
      std::memcpy(image.data, images.data() + i * values, values * sizeof(float));
      net.setInput(image);
      const cv::Mat output = net.forward("scores");
      all.insert(all.end(), output.ptr<float>(), output.ptr<float>() + output.total());
    }
  } catch (const cv::Exception& error) {
    throw common::SystemError(
        {.where = file.string(), .what = "OpenCV cannot run the model", .got = error.what()});
  }
  return all;
}

const common::Register<Exporter> kRegister{
    {.name = "onnx",
     .summary =
         "ONNX (opset 13): model.onnx, for ONNX Runtime, OpenCV, OpenVINO, TensorRT and others",
     .run = run,
     .scores = scores}};

}  // namespace
}  // namespace nas::exporting
