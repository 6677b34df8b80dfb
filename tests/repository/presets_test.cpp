// The tables of presets in the pages show what the presets set.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "engine/job_options.h"
#include "engine/search_options.h"
#include "engine/transfer_options.h"
#include "tests/repository/markdown.h"

namespace nas::tests {
namespace {

using Catch::Matchers::StartsWith;
using common::Options;
using common::with_commas;

// The cells of the row "| `preset` … |" after the first, as "16 | 1, 8 | …".
std::string documented(const std::string& page, const std::string& preset) {
  for (const Line& line : markdown_lines(page)) {
    if (!common::starts_with(line.text, "| `" + preset + "`")) continue;
    const size_t second = line.text.find('|', 1);
    return common::trim(line.text.substr(second + 1));
  }
  return "no row";
}

Options with_preset(Options options, const std::string& preset) {
  options.set("preset", preset, "flag");
  engine::apply_preset(options, /*gpu=*/false);
  return options;
}

std::vector<std::string> presets_of(const Options& options) {
  std::vector<std::string> names = options.at("preset").choices;
  std::erase(names, "auto");
  REQUIRE(names.size() >= 2);
  return names;
}

std::string images_text(int64_t count) { return count == 0 ? "all" : with_commas(count); }

TEST_CASE("presets: the page on searches shows their sizes", "[repository]") {
  for (const std::string& name : presets_of(engine::search_options())) {
    CAPTURE(name);
    const Options preset = with_preset(engine::search_options(), name);
    const std::string precision = preset.text("precision");
    const std::string row = fmt::format(
        "{} | {}, {} | {} | {}, {} | {} | {}, {:g}{} |", with_commas(preset.integer("trials")),
        preset.integer("cells"), preset.integer("filters"), preset.integer("input-size"),
        images_text(preset.integer("train-images")), with_commas(preset.integer("valid-images")),
        preset.integer("epochs"), preset.integer("batch-size"), preset.number("lr"),
        precision == "fp32" ? "" : ", " + precision);
    CHECK(documented("docs/search.md", name) == row);
  }
}

TEST_CASE("presets: the page on transfers shows their sizes", "[repository]") {
  for (const std::string& name : presets_of(engine::transfer_options())) {
    CAPTURE(name);
    const Options preset = with_preset(engine::transfer_options(), name);
    const std::string row = documented("docs/transfer.md", name);
    CHECK_THAT(row, StartsWith(fmt::format("{}, {} | {} | {}, {:g} | ", preset.integer("cells"),
                                           preset.integer("filters"), preset.integer("epochs"),
                                           preset.integer("batch-size"), preset.number("lr"))));
    const auto says = [&](const std::string& words) {
      return row.find(words) != std::string::npos;
    };
    CHECK(says("auxiliary head") == preset.flag("aux"));
    CHECK(says(preset.text("precision")) == (preset.text("precision") != "fp32"));
    CHECK(says(fmt::format("drop-path {:g}", preset.number("drop-path"))) ==
          (preset.number("drop-path") > 0));
    CHECK(says(fmt::format("{} epochs of warm-up", preset.integer("warmup-epochs"))) ==
          (preset.integer("warmup-epochs") > 0));
    CHECK(says(fmt::format("label smoothing {:g}", preset.number("label-smoothing"))) ==
          (preset.number("label-smoothing") > 0));
    const auto& augment = preset.list("augment");
    CHECK(says("cutout") == (std::find(augment.begin(), augment.end(), "cutout") != augment.end()));
  }
}

}  // namespace
}  // namespace nas::tests
