#include "data/pixels.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/error.h"

namespace nas::data {

class Pixels::Mapping {
 public:
  Mapping(const std::filesystem::path& file, size_t offset, size_t size)
      : skipped_(offset % static_cast<size_t>(sysconf(_SC_PAGESIZE))), size_(size) {
    errno = 0;
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status = {};
    // Behind the end of a file there is nothing to read, which would end the process.
    if (fd >= 0 && fstat(fd, &status) == 0 &&
        offset + size <= static_cast<size_t>(status.st_size)) {
      start_ = mmap(nullptr, skipped_ + size_, PROT_READ, MAP_SHARED, fd,
                    static_cast<off_t>(offset - skipped_));
    }
    const int error = errno;
    if (fd >= 0) close(fd);
    if (start_ != MAP_FAILED) return;
    throw common::SystemError(
        {.where = "file",
         .what = "cannot map " + file.string(),
         .got = error != 0 ? std::strerror(error) : "a file that is too short"});
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { munmap(start_, skipped_ + size_); }

  const uint8_t* data() const { return static_cast<const uint8_t*>(start_) + skipped_; }
  size_t size() const { return size_; }

 private:
  void* start_ = MAP_FAILED;
  size_t skipped_;  // a mapping begins with a page
  size_t size_;
};

Pixels::Pixels(std::vector<uint8_t> bytes)
    : array_(std::make_shared<std::vector<uint8_t>>(std::move(bytes))) {}

Pixels Pixels::mapped(const std::filesystem::path& file, size_t offset, size_t size) {
  Pixels pixels;
  if (size > 0) pixels.mapping_ = std::make_shared<const Mapping>(file, offset, size);
  return pixels;
}

const uint8_t* Pixels::data() const {
  if (array_) return array_->data();
  return mapping_ ? mapping_->data() : nullptr;
}

size_t Pixels::size() const {
  if (array_) return array_->size();
  return mapping_ ? mapping_->size() : 0;
}

bool Pixels::operator==(const Pixels& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::vector<uint8_t> Pixels::take() {
  std::vector<uint8_t> bytes;
  if (array_ && array_.use_count() == 1) {
    bytes = std::move(*array_);
  } else {
    bytes.assign(begin(), end());
  }
  *this = Pixels();
  return bytes;
}

}  // namespace nas::data
