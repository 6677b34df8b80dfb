#include "common/safetensors.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>

#include "common/error.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace nas::common {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using tests::TempDir;

TensorFile example_file() {
  TensorFile file;
  file.metadata = {{"format", "pt"}, {"note", "\"quoted\" and é"}};
  file.tensors["cell0.conv.weight"] =
      StoredTensor::of_floats({2, 1, 1, 3}, {0.5F, -1.0F, 3e38F, 0.0F, 1e-30F, 7.0F});
  file.tensors["cell0.bn.num_batches"] = {
      .dtype = "I64", .shape = {}, .bytes = std::string(8, '\1')};
  file.tensors["empty"] = {.dtype = "F32", .shape = {0, 3}, .bytes = ""};
  file.tensors["half"] = {.dtype = "BF16", .shape = {3}, .bytes = "abcdef"};
  file.tensors["mask"] = {.dtype = "BOOL", .shape = {2, 2}, .bytes = std::string("\0\1\1\0", 4)};
  return file;
}

// A file of this header and data.
fs::path write_raw(const TempDir& dir, const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  std::string content(sizeof(length), '\0');
  std::memcpy(content.data(), &length, sizeof(length));
  write_file_atomically(dir.path() / "raw", content + header + data);
  return dir.path() / "raw";
}

TEST_CASE("safetensors: tensors and metadata come back", "[common]") {
  const TempDir dir;
  const fs::path path = dir.path() / "weights.safetensors";
  const TensorFile written = example_file();
  write_safetensors(path, written);
  const TensorFile file = read_safetensors(path);
  CHECK(file.metadata == written.metadata);
  REQUIRE(file.tensors.size() == written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    CAPTURE(name);
    REQUIRE(file.tensors.count(name) == 1);
    CHECK(file.tensors.at(name).dtype == tensor.dtype);
    CHECK(file.tensors.at(name).shape == tensor.shape);
    CHECK(file.tensors.at(name).bytes == tensor.bytes);
  }
  const auto floats = file.tensors.at("cell0.conv.weight").floats();
  CHECK(floats == std::vector<float>({0.5F, -1.0F, 3e38F, 0.0F, 1e-30F, 7.0F}));
}

TEST_CASE("safetensors: counts follow the shape", "[common]") {
  CHECK(StoredTensor{.shape = {2, 3, 4}}.count() == 24);
  CHECK(StoredTensor{.shape = {}}.count() == 1);
  CHECK(StoredTensor{.shape = {4, 0}}.count() == 0);
  CHECK(StoredTensor::of_floats({0}, {}).floats().empty());
}

TEST_CASE("safetensors: only float tensors give floats", "[common]") {
  const StoredTensor tensor{.dtype = "I32", .shape = {1}, .bytes = "abcd"};
  CHECK_THROWS_AS(tensor.floats(), InternalError);
}

TEST_CASE("safetensors: the same tensors give the same bytes, laid out as the format says",
          "[common]") {
  const TempDir dir;
  write_safetensors(dir.path() / "a", example_file());
  write_safetensors(dir.path() / "b", example_file());
  const std::string content = read_file(dir.path() / "a");
  CHECK(content == read_file(dir.path() / "b"));
  uint64_t length = 0;
  std::memcpy(&length, content.data(), sizeof(length));
  CHECK(length % 8 == 0);
  CHECK(content.size() == 8 + length + 6 * 4 + 8 + 6 + 4);
  CHECK(content[8] == '{');
}

TEST_CASE("safetensors: no tensors at all", "[common]") {
  const TempDir dir;
  write_safetensors(dir.path() / "none", {});
  CHECK(read_safetensors(dir.path() / "none").tensors.empty());
  CHECK(read_safetensors(dir.path() / "none").metadata.empty());
}

TEST_CASE("safetensors: a file that was cut anywhere is refused", "[common]") {
  const TempDir dir;
  write_safetensors(dir.path() / "whole", example_file());
  const std::string content = read_file(dir.path() / "whole");
  for (size_t length = 0; length < content.size(); length += length < 16 ? 1 : 7) {
    CAPTURE(length);
    write_file_atomically(dir.path() / "cut", content.substr(0, length));
    CHECK_THROWS_AS(read_safetensors(dir.path() / "cut"), DataError);
  }
  write_file_atomically(dir.path() / "cut", content.substr(0, content.size() - 1));
  CHECK_THROWS_MATCHES(read_safetensors(dir.path() / "cut"), DataError,
                       MessageMatches(ContainsSubstring("'mask' is not complete")));
}

TEST_CASE("safetensors: what is not one is refused and named", "[common]") {
  const TempDir dir;
  CHECK_THROWS_MATCHES(read_safetensors(dir.path() / "none"), DataError,
                       MessageMatches(ContainsSubstring("no such file")));
  write_file_atomically(dir.path() / "text", "this is not a file of tensors\n");
  CHECK_THROWS_MATCHES(read_safetensors(dir.path() / "text"), DataError,
                       MessageMatches(ContainsSubstring("not a safetensors file")));
  write_file_atomically(dir.path() / "ones", std::string(64, '\xff'));
  CHECK_THROWS_AS(read_safetensors(dir.path() / "ones"), DataError);
  for (const std::string header : {"", "{", "not JSON", "[1, 2]", "7", R"({"a": 1})"}) {
    CAPTURE(header);
    CHECK_THROWS_AS(read_safetensors(write_raw(dir, header, "12345678")), DataError);
  }
}

// Two tensors: the first is a good one of eight bytes.
std::string header_with(const std::string& entry) {
  return R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":)" + entry + "}";
}

TEST_CASE("safetensors: entries that do not fit the data are refused", "[common]") {
  const TempDir dir;
  const std::string data(16, 'x');
  const std::string good = R"({"dtype":"F32","shape":[2],"data_offsets":[8,16]})";
  CHECK(read_safetensors(write_raw(dir, header_with(good), data)).tensors.size() == 2);
  for (const std::string entry : {
           R"({"dtype":"F32","shape":[2],"data_offsets":[8,17]})",   // past the end
           R"({"dtype":"F32","shape":[3],"data_offsets":[8,20]})",   // past the end, fitting
           R"({"dtype":"F32","shape":[2],"data_offsets":[12,16]})",  // too short
           R"({"dtype":"F32","shape":[1],"data_offsets":[8,16]})",   // too long
           R"({"dtype":"F32","shape":[2],"data_offsets":[16,8]})",   // backwards
           R"({"dtype":"F32","shape":[2],"data_offsets":[8]})",
           R"({"dtype":"F32","shape":[2],"data_offsets":[8,16,24]})",
           R"({"dtype":"F32","shape":[2],"data_offsets":"8,16"})",
           R"({"dtype":"F64","shape":[2],"data_offsets":[8,16]})",  // another size
           R"({"dtype":"Q4","shape":[2],"data_offsets":[8,16]})",   // unknown
           R"({"dtype":7,"shape":[2],"data_offsets":[8,16]})",
           R"({"dtype":"F32","shape":2,"data_offsets":[8,16]})",
           R"({"dtype":"F32","shape":["two"],"data_offsets":[8,16]})",
           R"({"dtype":"F32","shape":[-1],"data_offsets":[8,16]})",
           R"({"dtype":"F32","shape":[2]})",
           R"({"shape":[2],"data_offsets":[8,16]})",
           R"({"dtype":"F32","data_offsets":[8,16]})",
       }) {
    CAPTURE(entry);
    CHECK_THROWS_AS(read_safetensors(write_raw(dir, header_with(entry), data)), DataError);
  }
}

TEST_CASE("safetensors: two negative sizes do not make a positive one", "[common]") {
  const TempDir dir;
  const std::string entry = R"({"dtype":"F32","shape":[-1,-2],"data_offsets":[8,16]})";
  CHECK_THROWS_AS(read_safetensors(write_raw(dir, header_with(entry), std::string(16, 'x'))),
                  DataError);
}

TEST_CASE("safetensors: metadata that is not text is refused", "[common]") {
  const TempDir dir;
  for (const std::string metadata : {"7", "[1]", R"({"epoch": 3})"}) {
    CAPTURE(metadata);
    const std::string header = R"({"__metadata__":)" + metadata + "}";
    CHECK_THROWS_AS(read_safetensors(write_raw(dir, header, "")), DataError);
  }
}

TEST_CASE("safetensors: a place that cannot be written to is a system error", "[common]") {
  const TempDir dir;
  write_file_atomically(dir.path() / "file", "");
  CHECK_THROWS_AS(write_safetensors(dir.path() / "file" / "below", example_file()), SystemError);
}

}  // namespace
}  // namespace nas::common
