#include <cctype>

#include "common/file.h"
#include "export/exporter.h"

namespace nas::exporting {
namespace {

namespace fs = std::filesystem;

// Triton wants the folder and `name` to be the same word.
std::string folder_name(const std::string& name) {
  std::string word;
  for (const char c : name) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
    word += plain ? c : '_';
  }
  return word.find_first_not_of('.') == std::string::npos ? "model" : word;
}

std::string config_text(const ExportModel& model, const std::string& name) {
  const search_space::Shape& shape = model.graph.nodes.at(0).shape;
  std::string text = "name: \"";
  text += name;
  text += "\"\nplatform: \"onnxruntime_onnx\"\nmax_batch_size: 64\n";
  text += "input [\n  {\n    name: \"image\"\n    data_type: TYPE_FP32\n    dims: [ ";
  text += std::to_string(shape.channels) + ", " + std::to_string(shape.height) + ", " +
          std::to_string(shape.width);
  text += " ]\n  }\n]\n";
  text += "output [\n  {\n    name: \"scores\"\n    data_type: TYPE_FP32\n    dims: [ ";
  text += std::to_string(model.graph.classes);
  text += " ]\n    label_filename: \"labels.txt\"\n  }\n]\n";
  text += "dynamic_batching { }\n";
  return text;
}

// One line a label.
std::string labels_text(const ExportModel& model) {
  std::string text;
  for (std::string label : model.labels) {
    for (char& c : label) {
      if (c == '\n' || c == '\r') c = ' ';
    }
    text += label + "\n";
  }
  return text;
}

std::vector<fs::path> run(const ExportModel& model, const fs::path& folder) {
  const std::string name = folder_name(model.name);
  std::vector<fs::path> files =
      common::Registry<Exporter>::find("onnx").run(model, folder / name / "1");
  files.push_back(folder / name / "config.pbtxt");
  common::write_file_atomically(files.back(), config_text(model, name));
  files.push_back(folder / name / "labels.txt");
  common::write_file_atomically(files.back(), labels_text(model));
  return files;
}

std::vector<float> scores(const fs::path& file, const ExportModel& model,
                          const std::vector<float>& images, int64_t count) {
  return common::Registry<Exporter>::find("onnx").scores(file, model, images, count);
}

const common::Register<Exporter> kRegister{
    {.name = "triton",
     .summary =
         "A model repository folder for NVIDIA Triton: config.pbtxt, labels.txt, 1/model.onnx",
     .run = run,
     .scores = scores}};

}  // namespace
}  // namespace nas::exporting
