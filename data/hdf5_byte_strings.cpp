// Arrays of byte strings: H5T_VLEN of uint8, which h5py calls vlen_dtype(uint8).
#include "data/hdf5.h"

namespace nas::data::hdf5 {

namespace {

constexpr const char* kReading = "reading byte strings";
constexpr const char* kWriting = "writing byte strings";

Handle byte_string(hid_t byte, const char* action) {
  return Handle(H5Tvlen_create(byte), H5Tclose, action);
}

Handle space_of(hsize_t count, const char* action) {
  return Handle(H5Screate_simple(1, &count, nullptr), H5Sclose, action);
}

Handle rows_of(const Handle& array, hsize_t first, hsize_t count, const char* action) {
  Handle space(H5Dget_space(array.id()), H5Sclose, action);
  require(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &first, nullptr, &count, nullptr),
          action);
  return space;
}

}  // namespace

Handle create_byte_strings(hid_t group, const std::string& name, hsize_t count) {
  const std::string action = "creating " + name;
  const Handle type = byte_string(H5T_STD_U8LE, kWriting);
  const Handle space = space_of(count, kWriting);
  const Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, action);
  require(H5Pset_obj_track_times(layout.id(), false), action);
  return Handle(
      H5Dcreate2(group, name.c_str(), type.id(), space.id(), H5P_DEFAULT, layout.id(), H5P_DEFAULT),
      H5Dclose, action);
}

Handle open_byte_strings(hid_t group, const std::string& name) {
  Handle array(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose, "opening " + name);
  const Handle type(H5Dget_type(array.id()), H5Tclose, kReading);
  if (H5Tget_class(type.id()) != H5T_VLEN) throw Failure(name + ": it holds no byte strings");
  const Handle byte(H5Tget_super(type.id()), H5Tclose, kReading);
  if (H5Tget_class(byte.id()) != H5T_INTEGER || H5Tget_size(byte.id()) != 1) {
    throw Failure(name + ": it holds no byte strings");
  }
  return array;
}

void write_byte_strings(const Handle& array, hsize_t first, const std::vector<Bytes>& strings) {
  if (strings.empty()) return;
  std::vector<hvl_t> values;
  for (const Bytes& bytes : strings) {
    values.push_back({.len = bytes.size(), .p = const_cast<uint8_t*>(bytes.data())});
  }
  const Handle type = byte_string(H5T_NATIVE_UINT8, kWriting);
  const Handle memory = space_of(values.size(), kWriting);
  const Handle rows = rows_of(array, first, values.size(), kWriting);
  require(H5Dwrite(array.id(), type.id(), memory.id(), rows.id(), H5P_DEFAULT, values.data()),
          kWriting);
}

std::vector<Bytes> read_byte_strings(const Handle& array, hsize_t first, hsize_t count) {
  std::vector<Bytes> strings;
  if (count == 0) return strings;
  std::vector<hvl_t> values(count, hvl_t{});
  const Handle type = byte_string(H5T_NATIVE_UINT8, kReading);
  const Handle memory = space_of(count, kReading);
  const Handle rows = rows_of(array, first, count, kReading);
  require(H5Dread(array.id(), type.id(), memory.id(), rows.id(), H5P_DEFAULT, values.data()),
          kReading);
  for (const hvl_t& value : values) {
    const auto* bytes = static_cast<const uint8_t*>(value.p);
    strings.emplace_back(bytes, bytes + value.len);
  }
  H5Dvlen_reclaim(type.id(), memory.id(), H5P_DEFAULT, values.data());
  return strings;
}

}  // namespace nas::data::hdf5
