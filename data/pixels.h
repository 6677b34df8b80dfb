// The bytes of images: an array, or a part of a file that is mapped, which the processes of a host
// share. Copies share them, too: they do not change, but are taken and given back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace nas::data {

class Pixels {
 public:
  Pixels() = default;
  Pixels(std::vector<uint8_t> bytes);  // NOLINT(google-explicit-constructor): it is one

  // `size` bytes, which lie there. The file must stay as it is while they are in use; another may
  // take its place. Throws SystemError.
  static Pixels mapped(const std::filesystem::path& file, size_t offset, size_t size);

  const uint8_t* data() const;
  size_t size() const;
  bool empty() const { return size() == 0; }
  const uint8_t* begin() const { return data(); }
  const uint8_t* end() const { return data() + size(); }
  uint8_t operator[](size_t i) const { return data()[i]; }
  bool operator==(const Pixels& other) const;

  // The bytes as an array, to be changed; a copy only where others have a share in them. Nothing
  // is left here.
  std::vector<uint8_t> take();

 private:
  class Mapping;

  std::shared_ptr<std::vector<uint8_t>> array_;  // one of both; neither: no bytes
  std::shared_ptr<const Mapping> mapping_;
};

}  // namespace nas::data
