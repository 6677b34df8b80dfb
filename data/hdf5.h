// A small layer over the HDF5 C API: handles that close themselves, and failures with HDF5's own
// reason.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace nas::data::hdf5 {

// Whoever knows whether it was read or written makes it a DataError or a SystemError.
class Failure : public std::runtime_error {
 public:
  explicit Failure(const std::string& action);
};

void require(herr_t status, const std::string& action);  // throws Failure when status < 0

class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close closer, const std::string& action);  // throws Failure when id < 0
  Handle(Handle&& other) noexcept;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle();

  hid_t id() const { return id_; }
  void close();    // throws Failure: what was written may reach the disk only now
  void abandon();  // never closes it, see write_dataset

 private:
  hid_t id_;
  Close close_;
};

bool is_hdf5(const std::filesystem::path& path);
Handle create_file(const std::filesystem::path& path);
Handle open_file(const std::filesystem::path& path);  // to read
Handle create_group(hid_t parent, const std::string& name);
Handle open_group(hid_t parent, const std::string& name);

// Attributes.
bool has_attribute(hid_t object, const std::string& name);
void write_text(hid_t object, const std::string& name, const std::string& value);
void write_integer(hid_t object, const std::string& name, int64_t value);
std::string read_text(hid_t object, const std::string& name);
int64_t read_integer(hid_t object, const std::string& name);

// Arrays. `data` holds product(shape) elements; a chunk holds at most `chunk_rows` rows. 0: the
// array is plain, in one piece, neither compressed nor with checksums.
enum class Element { kUint8, kInt64 };
void write_array(hid_t group, const std::string& name, Element element,
                 const std::vector<hsize_t>& shape, const void* data, hsize_t chunk_rows);
void read_array(hid_t group, const std::string& name, Element element, void* data);
// Where the bytes of an array of kUint8 lie in the file; empty unless it is plain.
std::optional<size_t> plain_bytes_at(hid_t group, const std::string& name);
void write_texts(hid_t group, const std::string& name, const std::vector<std::string>& texts);
std::vector<std::string> read_texts(hid_t group, const std::string& name);
std::vector<hsize_t> shape_of(hid_t group, const std::string& name);
bool has_array(hid_t group, const std::string& name);

// Arrays of byte strings of any length, read and written in pieces. HDF5 can neither compress them
// nor give them checksums.
using Bytes = std::vector<uint8_t>;
Handle create_byte_strings(hid_t group, const std::string& name, hsize_t count);
Handle open_byte_strings(hid_t group, const std::string& name);
void write_byte_strings(const Handle& array, hsize_t first, const std::vector<Bytes>& strings);
std::vector<Bytes> read_byte_strings(const Handle& array, hsize_t first, hsize_t count);

}  // namespace nas::data::hdf5
