// Being quiet about the parts of something.
#pragma once

namespace nas::common {

// While one lives, this process says only warnings and errors, and draws no progress: of work that
// is a part of what was announced.
class OnlyWarnings {
 public:
  OnlyWarnings();
  ~OnlyWarnings();
  OnlyWarnings(const OnlyWarnings&) = delete;
  OnlyWarnings& operator=(const OnlyWarnings&) = delete;

  static bool any();

 private:
  bool before_;
};

}  // namespace nas::common
