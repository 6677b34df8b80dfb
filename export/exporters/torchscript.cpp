#include <torch/script.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "common/error.h"
#include "common/file.h"
#include "common/json.h"
#include "export/exporter.h"
#include "export/model_contents.h"
#include "export/torchscript_source.h"

namespace nas::exporting {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetadataFile = "metadata.json";
constexpr int64_t kBatch = 64;

at::Tensor to_tensor(const std::string& bytes, const std::vector<int64_t>& shape) {
  return torch::from_blob(const_cast<char*>(bytes.data()), shape, at::kFloat).clone();
}

// A tree of modules, one for each component of a tensor's name, so that the state dict has the
// project's own names.
class ModuleTree {
 public:
  ModuleTree() : unit_(std::make_shared<torch::jit::CompilationUnit>()) {
    modules_.emplace("", torch::jit::Module(c10::QualifiedName("__torch__.nas.Network"), unit_));
  }

  torch::jit::Module& root() { return modules_.at(""); }

  void add(const std::string& tensor_name, const at::Tensor& tensor, bool is_buffer) {
    std::vector<std::string> path = attribute_path(tensor_name);
    const std::string attribute = path.back();
    path.pop_back();
    torch::jit::Module parent = part(path);
    if (is_buffer) {
      parent.register_buffer(attribute, tensor);
    } else {
      parent.register_parameter(attribute, tensor, false);
    }
  }

 private:
  // The module at a path, made with its parents where it is missing.
  torch::jit::Module part(std::vector<std::string> path) {
    const std::string key = common::join(path, ".");
    const auto found = modules_.find(key);
    if (found != modules_.end()) return found->second;
    const std::string name = path.back();
    path.pop_back();
    torch::jit::Module parent = part(path);
    const std::string type = std::string("__torch__.nas.Part") + std::to_string(modules_.size());
    torch::jit::Module made(c10::QualifiedName(type), unit_);
    parent.register_module(name, made);
    modules_.emplace(key, made);
    return made;
  }

  std::shared_ptr<torch::jit::CompilationUnit> unit_;
  std::map<std::string, torch::jit::Module> modules_;  // by path
};

std::string module_bytes(const ExportModel& model) {
  ModuleTree tree;
  for (const auto& node : model.graph.nodes) {
    for (const auto& spec : node.parameters) {
      tree.add(spec.name, to_tensor(tensor_of(model, spec).bytes, spec.shape), false);
    }
    for (const auto& spec : node.buffers) {
      tree.add(spec.name, to_tensor(tensor_of(model, spec).bytes, spec.shape), true);
    }
  }
  const Normalization normalization = normalization_of(model);
  const std::vector<int64_t> shape = {1, model.graph.nodes.at(0).shape.channels, 1, 1};
  for (const auto& [name, values] : {std::pair("normalize.shift", &normalization.shift),
                                     std::pair("normalize.scale", &normalization.scale)}) {
    tree.add(name, to_tensor(common::StoredTensor::of_floats(shape, *values).bytes, shape), true);
  }
  tree.root().register_attribute("training", c10::BoolType::get(), c10::IValue(false));
  tree.root().define(torchscript_source(model));

  torch::jit::ExtraFilesMap extra;
  extra[kMetadataFile] = common::Json(full_metadata(model)).dump(2);
  std::ostringstream stream;
  tree.root().save(stream, extra);
  return stream.str();
}

std::vector<fs::path> run(const ExportModel& model, const fs::path& folder) {
  std::vector<fs::path> files = {folder / "model.pt"};
  std::string bytes;
  try {
    bytes = module_bytes(model);
  } catch (const common::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw common::InternalError(
        {.where = "torchscript", .what = "LibTorch refuses the module", .got = error.what()});
  }
  common::write_file_atomically(files[0], bytes);
  return files;
}

std::vector<float> scores(const fs::path& file, const ExportModel& model,
                          const std::vector<float>& images, int64_t count) {
  check_images(model, images, count);
  const search_space::Shape& shape = model.graph.nodes.at(0).shape;
  std::vector<float> all;
  try {
    const torch::NoGradGuard no_grad;
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(
        false);  // a few batches do not repay profiling
    torch::jit::Module network = torch::jit::load(file.string(), c10::Device(c10::kCPU));
    for (int64_t start = 0; start < count; start += kBatch) {
      const int64_t size = std::min(kBatch, count - start);
      const float* first = images.data() + start * shape.count();
      const at::Tensor batch = torch::from_blob(
          const_cast<float*>(first), {size, shape.channels, shape.height, shape.width}, at::kFloat);
      const at::Tensor output = network.forward({batch}).toTensor().contiguous();
      all.insert(all.end(), output.const_data_ptr<float>(),
                 output.const_data_ptr<float>() + output.numel());
    }
  } catch (const std::exception& error) {
    throw common::SystemError(
        {.where = file.string(), .what = "LibTorch cannot run the model", .got = error.what()});
  }
  return all;
}

const common::Register<Exporter> kRegister{
    {.name = "torchscript",
     .summary = "TorchScript: model.pt, for LibTorch and PyTorch",
     .run = run,
     .scores = scores}};

}  // namespace
}  // namespace nas::exporting
