// Attributes and arrays.
#include <algorithm>
#include <cstring>
#include <functional>

#include "data/hdf5.h"

namespace nas::data::hdf5 {

namespace {

constexpr hsize_t kChunkBytes = 4 << 20;

struct ElementTypes {
  hid_t file;
  hid_t memory;
  hsize_t bytes;
};

ElementTypes types_of(Element element) {
  if (element == Element::kUint8) return {H5T_STD_U8LE, H5T_NATIVE_UINT8, 1};
  return {H5T_STD_I64LE, H5T_NATIVE_INT64, 8};
}

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "preparing text");
  require(H5Tset_size(type.id(), H5T_VARIABLE), "preparing text");
  require(H5Tset_cset(type.id(), H5T_CSET_UTF8), "preparing text");
  return type;
}

Handle scalar() { return Handle(H5Screate(H5S_SCALAR), H5Sclose, "preparing an attribute"); }

Handle space_of(const std::vector<hsize_t>& shape, const std::string& name) {
  return Handle(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose,
                "preparing " + name);
}

Handle open_attribute(hid_t object, const std::string& name) {
  return Handle(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, "reading attribute " + name);
}

Handle open_array(hid_t group, const std::string& name) {
  return Handle(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose, "opening " + name);
}

// Texts of variable length, as nas writes them, or of fixed length, as other programs may.
std::vector<std::string> texts_of(hid_t type, hid_t space, const std::string& action,
                                  const std::function<herr_t(void*)>& read) {
  if (H5Tget_class(type) != H5T_STRING) throw Failure(action + ": it is no text");
  const hssize_t points = H5Sget_simple_extent_npoints(space);
  const size_t count = points > 0 ? static_cast<size_t>(points) : 0;
  std::vector<std::string> texts;
  if (count == 0) return texts;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(count, nullptr);
    require(read(pointers.data()), action);
    for (const char* text : pointers) texts.emplace_back(text != nullptr ? text : "");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
    return texts;
  }
  const size_t size = H5Tget_size(type);
  std::string buffer(count * size, '\0');
  require(read(buffer.data()), action);
  for (size_t i = 0; i < count; ++i) {
    const char* text = buffer.data() + i * size;
    texts.emplace_back(text, strnlen(text, size));
  }
  return texts;
}

// Compressed and with checksums, in chunks, unless they are to have no rows; an array without
// elements cannot have chunks.
Handle array_layout(const std::vector<hsize_t>& shape, hsize_t element_bytes, hsize_t chunk_rows) {
  Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "preparing an array");
  require(H5Pset_obj_track_times(layout.id(), false), "preparing an array");
  const bool is_empty = std::find(shape.begin(), shape.end(), 0U) != shape.end();
  if (is_empty || chunk_rows == 0) return layout;
  hsize_t row_bytes = element_bytes;
  for (size_t i = 1; i < shape.size(); ++i) row_bytes *= shape[i];
  std::vector<hsize_t> chunk = shape;
  chunk[0] = std::clamp<hsize_t>(kChunkBytes / row_bytes, 1, std::min(chunk_rows, shape[0]));
  require(H5Pset_chunk(layout.id(), static_cast<int>(chunk.size()), chunk.data()),
          "preparing an array");
  require(H5Pset_deflate(layout.id(), 1), "preparing an array");
  require(H5Pset_fletcher32(layout.id()), "preparing an array");
  return layout;
}

void write_values(hid_t group, const std::string& name, hid_t file_type, hid_t memory_type,
                  const std::vector<hsize_t>& shape, const Handle& layout, const void* data) {
  const Handle space = space_of(shape, name);
  Handle array(
      H5Dcreate2(group, name.c_str(), file_type, space.id(), H5P_DEFAULT, layout.id(), H5P_DEFAULT),
      H5Dclose, "creating " + name);
  if (H5Sget_simple_extent_npoints(space.id()) > 0) {
    require(H5Dwrite(array.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
            "writing " + name);
  }
  array.close();
}

}  // namespace

bool has_attribute(hid_t object, const std::string& name) {
  return H5Aexists(object, name.c_str()) > 0;
}

void write_text(hid_t object, const std::string& name, const std::string& value) {
  const Handle type = text_type();
  const Handle space = scalar();
  Handle attribute(
      H5Acreate2(object, name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      "creating attribute " + name);
  const char* text = value.c_str();
  require(H5Awrite(attribute.id(), type.id(), &text), "writing attribute " + name);
  attribute.close();
}

void write_integer(hid_t object, const std::string& name, int64_t value) {
  const Handle space = scalar();
  Handle attribute(
      H5Acreate2(object, name.c_str(), H5T_STD_I64LE, space.id(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose, "creating attribute " + name);
  require(H5Awrite(attribute.id(), H5T_NATIVE_INT64, &value), "writing attribute " + name);
  attribute.close();
}

std::string read_text(hid_t object, const std::string& name) {
  const std::string action = "reading attribute " + name;
  const Handle attribute = open_attribute(object, name);
  const Handle type(H5Aget_type(attribute.id()), H5Tclose, action);
  const Handle space(H5Aget_space(attribute.id()), H5Sclose, action);
  const auto texts = texts_of(type.id(), space.id(), action, [&](void* buffer) {
    return H5Aread(attribute.id(), type.id(), buffer);
  });
  if (texts.size() != 1) throw Failure(action + ": it is not one text");
  return texts.front();
}

int64_t read_integer(hid_t object, const std::string& name) {
  const std::string action = "reading attribute " + name;
  const Handle attribute = open_attribute(object, name);
  const Handle type(H5Aget_type(attribute.id()), H5Tclose, action);
  const Handle space(H5Aget_space(attribute.id()), H5Sclose, action);
  if (H5Tget_class(type.id()) != H5T_INTEGER || H5Sget_simple_extent_npoints(space.id()) != 1) {
    throw Failure(action + ": it is not one integer");
  }
  int64_t value = 0;
  require(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value), action);
  return value;
}

void write_array(hid_t group, const std::string& name, Element element,
                 const std::vector<hsize_t>& shape, const void* data, hsize_t chunk_rows) {
  const ElementTypes types = types_of(element);
  write_values(group, name, types.file, types.memory, shape,
               array_layout(shape, types.bytes, chunk_rows), data);
}

void read_array(hid_t group, const std::string& name, Element element, void* data) {
  const ElementTypes types = types_of(element);
  const Handle array = open_array(group, name);
  const Handle type(H5Dget_type(array.id()), H5Tclose, "reading " + name);
  const Handle space(H5Dget_space(array.id()), H5Sclose, "reading " + name);
  if (H5Tget_class(type.id()) != H5T_INTEGER || H5Tget_size(type.id()) > types.bytes) {
    throw Failure("reading " + name + ": it holds values of another type");
  }
  if (H5Sget_simple_extent_npoints(space.id()) < 1) return;
  require(H5Dread(array.id(), types.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
          "reading " + name);
}

std::optional<size_t> plain_bytes_at(hid_t group, const std::string& name) {
  const Handle array = open_array(group, name);
  const Handle type(H5Dget_type(array.id()), H5Tclose, "reading " + name);
  const haddr_t offset = H5Dget_offset(array.id());
  if (H5Tequal(type.id(), H5T_STD_U8LE) <= 0 || offset == HADDR_UNDEF) return std::nullopt;
  return static_cast<size_t>(offset);
}

void write_texts(hid_t group, const std::string& name, const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  const Handle type = text_type();
  const Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "preparing " + name);
  require(H5Pset_obj_track_times(layout.id(), false), "preparing " + name);
  write_values(group, name, type.id(), type.id(), {texts.size()}, layout, pointers.data());
}

std::vector<std::string> read_texts(hid_t group, const std::string& name) {
  const Handle array = open_array(group, name);
  const Handle type(H5Dget_type(array.id()), H5Tclose, "reading " + name);
  const Handle space(H5Dget_space(array.id()), H5Sclose, "reading " + name);
  return texts_of(type.id(), space.id(), "reading " + name, [&](void* buffer) {
    return H5Dread(array.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
  });
}

std::vector<hsize_t> shape_of(hid_t group, const std::string& name) {
  const Handle array = open_array(group, name);
  const Handle space(H5Dget_space(array.id()), H5Sclose, "reading " + name);
  const int rank = H5Sget_simple_extent_ndims(space.id());
  require(rank, "reading the shape of " + name);
  std::vector<hsize_t> shape(static_cast<size_t>(rank));
  require(H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr),
          "reading the shape of " + name);
  return shape;
}

bool has_array(hid_t group, const std::string& name) {
  return H5Lexists(group, name.c_str(), H5P_DEFAULT) > 0;
}

}  // namespace nas::data::hdf5
