#include "common/only_warnings.h"

#include <atomic>

namespace nas::common {

namespace {

std::atomic<bool> only_warnings = false;

}  // namespace

OnlyWarnings::OnlyWarnings() : before_(only_warnings.exchange(true)) {}

OnlyWarnings::~OnlyWarnings() { only_warnings = before_; }

bool OnlyWarnings::any() { return only_warnings; }

}  // namespace nas::common
