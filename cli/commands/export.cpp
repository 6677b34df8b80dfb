// nas export: writes a model for other programs, and checks that they would answer the same.
#include <fmt/format.h>

#include "child_trainer/device.h"
#include "cli/command.h"
#include "common/log.h"
#include "engine/model_export.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  return {{.name = "model", .value = "", .help = "Model folder; by default the newest"},
          {.name = "format",
           .value = "onnx",
           .help = "Format",
           .choices = common::Registry<exporting::Exporter>::names()},
          {.name = "out",
           .value = "",
           .help = "Folder to write into; by default export/FORMAT in the model folder"},
          {.name = "json", .value = false, .help = "Print the result as JSON"}};
}

int run(Arguments& arguments) {
  const auto model = engine::read_model(arguments.options.text("model"));
  const std::string format = arguments.options.text("format");
  const std::string out = arguments.options.text("out");
  const auto result = engine::export_model(
      model, format, out.empty() ? model.folder / "export" / format : std::filesystem::path(out));
  if (arguments.options.flag("json")) {
    fmt::print("{}\n", engine::to_json(result).dump());
    return common::kExitDone;
  }
  for (const auto& file : result.files) fmt::print("wrote   {}\n", file.string());
  if (result.checked) {
    fmt::print("parity  {} images: largest difference {:.2e}, same top label on all\n",
               result.images, result.largest_difference);
  } else {
    fmt::print("parity  not checked: nothing on this machine runs the format\n");
  }
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "export",
     .summary = "Write a model for other programs and check that it answers the same",
     .usage = "[options]",
     .options = options,
     .run = run}};

}  // namespace
}  // namespace nas::cli
