// nas options-page: prints docs/options.md from the declarations of all commands.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/text.h"

namespace nas::cli {
namespace {

// A bare `|` would end the cell of a Markdown table.
std::string cell(const std::string& text) { return common::join(common::split(text, '|'), "\\|"); }

std::string row(const common::Option& option) {
  std::vector<std::string> limits;
  if (const auto range = option.range_text(); !range.empty()) limits.push_back(range);
  if (!option.unit.empty()) limits.push_back(option.unit);
  std::string value = option.value_text();
  if (!value.empty()) value = "`" + cell(value) + "`";
  if (!option.presets.empty()) value += "; " + cell(option.presets_text());
  return fmt::format("| `--{}` | {} | {} | {} | {} |\n", option.name, option.type_text(),
                     cell(common::join(limits, " ")), value, cell(option.help));
}

std::string section(const Command& command) {
  const std::string line =
      command.usage.empty() ? command.name : command.name + " " + command.usage;
  std::string text =
      fmt::format("\n## nas {}\n\n{}.\n\n```\nnas {}\n```\n", command.name, command.summary, line);
  if (command.options == nullptr) return text;
  text += "\n| option | type | range, unit | default | |\n|---|---|---|---|---|\n";
  for (const auto& option : command.options()) text += row(option);
  return text;
}

int run(Arguments&) {
  std::string page =
      "# Options\n\n"
      "All options of all commands. This page is printed by `nas options-page`; edit the "
      "declarations, not the page.\n\n"
      "Every command also takes `--help`, `--config FILE` (TOML: the keys are the names below "
      "without the dashes) and\n"
      "`--set KEY=VALUE`. Flags win over the file, and `--set` over flags.\n";
  for (const auto& [name, entry] : common::Registry<Command>::entries()) {
    if (!entry.plugin.hidden) page += section(entry.plugin);
  }
  fmt::print("{}", page);
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "options-page",
     .summary = "Print docs/options.md from the declarations of all commands",
     .usage = "",
     .run = run,
     .hidden = true}};

}  // namespace
}  // namespace nas::cli
