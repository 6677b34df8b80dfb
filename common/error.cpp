#include "common/error.h"

namespace nas::common {

std::string Message::text() const {
  std::string text = "[" + where + "] " + what;
  if (!got.empty()) text += "; got " + got;
  if (!expected.empty()) text += "; expected " + expected;
  if (!hint.empty()) text += "; try " + hint;
  return text;
}

Error::Error(const Message& message, int exit_code)
    : std::runtime_error(message.text()), exit_code_(exit_code) {}

}  // namespace nas::common
