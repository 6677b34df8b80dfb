#include "engine/store_failure.h"

#include "common/text.h"

namespace nas::engine {

namespace {

// What the databases say, and what the user can do about it; the first that fits.
constexpr const char* kSpace = "free some disk space, then give the same command again";
constexpr const char* kAccess =
    "the permission to write it and its folder, or a copy of the run folder";
constexpr const char* kCopy = "a copy of it, or a new --run";
constexpr std::pair<const char*, const char*> kHints[] = {
    {"full", kSpace},
    {"disk I/O", kSpace},
    {"No space left", kSpace},
    {"disk space", kSpace},
    {"readonly", kAccess},
    {"unable to open", kAccess},
    {"permission denied", "a user who may make tables there"},
    {"onnection", "the same command again when the server of --store answers"}};

}  // namespace

void throw_store_failure(const std::string& where, const soci::soci_error& error) {
  // Not what(): that repeats the statement with all its values, which may be megabytes.
  const auto lines = common::split(error.get_error_message(), '\n');
  std::vector<std::string> parts;
  for (const auto& line : lines) parts.push_back(common::trim(line));
  const std::string text = common::trim(common::join(parts, " "));
  for (const char* sign : {"not a database", "malformed"}) {
    if (text.find(sign) == std::string::npos) continue;
    throw common::DataError(
        {.where = where, .what = "the run's database is damaged", .got = text, .hint = kCopy});
  }
  std::string hint;
  for (const auto& [sign, help] : kHints) {
    if (hint.empty() && text.find(sign) != std::string::npos) hint = help;
  }
  throw common::SystemError(
      {.where = where, .what = "the run's database failed", .got = text, .hint = hint});
}

}  // namespace nas::engine
