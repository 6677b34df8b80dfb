// nas bench images: how fast images are read, beside OpenCV's decoder alone.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/decode_bench.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::decode_bench_options().all(); }

void print_rate(const char* name, const engine::Spread& rate, const char* meaning) {
  fmt::print("{:<12}{:.1f} images/s ({:.1f} to {:.1f}): {}\n", name, rate.median, rate.lowest,
             rate.highest, meaning);
}

int run(Arguments& arguments) {
  const auto& options = arguments.options;
  common::ProgressLine line;
  const auto result = engine::bench_decoding(options, [&](int64_t done, int64_t count) {
    line.show(fmt::format("round {} of {}", done, count));
  });
  line.finish();
  if (options.flag("json")) {
    fmt::print("{}\n", engine::to_json(result).dump());
    return common::kExitDone;
  }
  const auto images = static_cast<double>(result.images);
  fmt::print("{:<12}{}, of {} pixels and {} on average; {}\n", "images",
             common::with_commas(result.images),
             common::with_unit(static_cast<double>(result.decoded_pixels) / images),
             common::bytes_text(result.encoded_bytes / images),
             common::counted(options.integer("rounds"), "round"));
  print_rate("reading", result.images_per_second,
             options.text("dataset").empty() ? "from files to pixels of one size"
                                             : "the whole dataset, from its file");
  print_rate("decoding", result.decoder_per_second, "OpenCV's imdecode alone, on as many threads");
  fmt::print("{:<12}{:.2f} ({:.2f} to {:.2f})\n", "ratio", result.ratio.median, result.ratio.lowest,
             result.ratio.highest);
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "bench images",
     .summary = "Measure how fast images are read, beside OpenCV's decoder alone",
     .usage = "--from FOLDER [options]",
     .options = options,
     .run = run}};

}  // namespace
}  // namespace nas::cli
