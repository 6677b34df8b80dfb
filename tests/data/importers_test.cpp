#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <filesystem>

#include "common/error.h"
#include "common/file.h"
#include "common/process.h"
#include "data/cifar_records.h"
#include "data/importer.h"
#include "tests/data/small_dataset.h"
#include "tests/support/real_data.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::DataError;
using common::write_file_atomically;

namespace {

data::ImportRequest request_for(const fs::path& from) {
  data::ImportRequest request;
  request.name = "test";
  request.from = from;
  return request;
}

// A record whose red counts up and whose green and blue are 100 and 200; `labels` come first.
std::string cifar_record(const std::string& labels) {
  std::string record = labels;
  for (int i = 0; i < 1024; ++i) record += static_cast<char>(static_cast<uint8_t>(i % 256));
  return record + std::string(1024, static_cast<char>(100)) +
         std::string(1024, static_cast<char>(static_cast<uint8_t>(200)));
}

std::string repeated(const std::string& text, size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("CIFAR records become rows of RGB pixels", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "some_batch.bin";
  write_file_atomically(path, cifar_record("\x03") + cifar_record("\x01"));
  data::Split split;
  data::append_cifar_file({.path = path, .records = 2, .label_bytes = 1, .classes = 10}, split);
  CHECK(split.labels == std::vector<int64_t>{3, 1});
  CHECK(split.ids == std::vector<std::string>{"some_batch/0", "some_batch/1"});
  REQUIRE(split.images.size() == 2 * 3072);
  const size_t pixel = 3072 + 3 * (2 * 32 + 5);  // second image, row 2, column 5
  CHECK(split.images[pixel] == 69);
  CHECK(split.images[pixel + 1] == 100);
  CHECK(split.images[pixel + 2] == 200);
}

TEST_CASE("CIFAR-100 records have a coarse label before the fine one", "[data]") {
  const TempDir dir;
  write_file_atomically(dir.path() / "train.bin", cifar_record("\x02\x63"));
  data::Split split;
  data::append_cifar_file(
      {.path = dir.path() / "train.bin", .records = 1, .label_bytes = 2, .classes = 100}, split);
  CHECK(split.labels == std::vector<int64_t>{99});
}

TEST_CASE("CIFAR files that are damaged are refused", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "train.bin";
  data::Split split;
  std::string expected;
  SECTION("missing") { expected = "no such file"; }
  SECTION("cut short") {
    write_file_atomically(path, cifar_record("\x03").substr(0, 3000));
    expected = "multiple of 3073";
  }
  SECTION("too few records") {
    write_file_atomically(path, cifar_record("\x03"));
    expected = "wrong number of images";
  }
  SECTION("a label out of range") {
    write_file_atomically(path, cifar_record("\x03") + cifar_record("\x0a"));
    expected = "out of range";
  }
  const data::CifarFile file = {.path = path, .records = 2, .label_bytes = 1, .classes = 10};
  REQUIRE_THROWS_AS(data::append_cifar_file(file, split), DataError);
  REQUIRE_THROWS_WITH(data::append_cifar_file(file, split), ContainsSubstring(expected));
}

TEST_CASE("A CIFAR-10 folder is recognised and imported", "[data]") {
  const TempDir dir;
  const fs::path folder = dir.path() / "cifar-10-batches-bin";
  std::string cycle;
  for (char label = 0; label < 10; ++label) cycle += cifar_record(std::string(1, label));
  write_file_atomically(folder / "data_batch_1.bin", repeated(cycle, 1000));
  for (const char* name : {"data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    fs::create_hard_link(folder / "data_batch_1.bin", folder / name);
  }
  SECTION("from the folder above, with the names of the classes built in") {
    const auto report = data::import_dataset(request_for(dir.path()), "");
    CHECK(report.dataset.train.count() == 50000);
    CHECK(report.dataset.valid.count() == 0);
    CHECK(report.dataset.test.count() == 10000);
    CHECK(report.dataset.class_names[9] == "truck");
    CHECK(report.dataset.train.ids.back() == "data_batch_5/9999");
    CHECK(report.skipped.empty());
  }
  SECTION("a missing file") {
    fs::remove(folder / "data_batch_4.bin");
    REQUIRE_THROWS_WITH(data::import_dataset(request_for(folder), "cifar10"),
                        ContainsSubstring("data_batch_4.bin"));
  }
  SECTION("too few names of classes") {
    write_file_atomically(folder / "batches.meta.txt", "cat\ndog\n");
    REQUIRE_THROWS_AS(data::import_dataset(request_for(folder), ""), DataError);
  }
}

TEST_CASE("MNIST files are imported, grey as RGB", "[data]") {
  const TempDir dir;
  write_small_mnist(dir.path());
  SECTION("plain") {}
  SECTION("gzipped") {
    for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                             "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
      common::run_and_capture({"gzip", (dir.path() / name).string()});
    }
    REQUIRE(fs::exists(dir.path() / "train-images-idx3-ubyte.gz"));
  }
  SECTION("with a dot in their names") {
    fs::rename(dir.path() / "train-images-idx3-ubyte", dir.path() / "train-images.idx3-ubyte");
  }
  const auto dataset = data::import_dataset(request_for(dir.path()), "").dataset;
  CHECK((dataset.height == 6 && dataset.width == 5));
  CHECK(dataset.train.count() == 40);
  CHECK(dataset.test.count() == 20);
  CHECK(dataset.class_names.size() == 10);
  CHECK(dataset.train.labels[13] == 3);
  CHECK(dataset.train.images[3 * 31] == 31);
  CHECK(dataset.train.images[3 * 31 + 2] == 31);
}

TEST_CASE("MNIST images are resized when asked", "[data]") {
  const TempDir dir;
  write_small_mnist(dir.path());
  auto request = request_for(dir.path());
  request.size = 8;
  CHECK(data::import_dataset(request, "mnist").dataset.image_bytes() == 8 * 8 * 3);
}

TEST_CASE("MNIST files that are damaged are refused", "[data]") {
  const TempDir dir;
  write_small_mnist(dir.path());
  std::string expected;
  SECTION("cut short") {
    fs::resize_file(dir.path() / "train-images-idx3-ubyte", 900);
    expected = "cut short";
  }
  SECTION("cut in the header") {
    fs::resize_file(dir.path() / "train-images-idx3-ubyte", 9);
    expected = "no idx file";
  }
  SECTION("labels in the place of images") {
    write_file_atomically(dir.path() / "train-images-idx3-ubyte", idx_file({40}, 10));
    expected = "no idx file";
  }
  SECTION("fewer labels than images") {
    write_file_atomically(dir.path() / "train-labels-idx1-ubyte", idx_file({39}, 10));
    expected = "do not fit";
  }
  SECTION("a label above nine") {
    write_file_atomically(dir.path() / "train-labels-idx1-ubyte", idx_file({40}, 11));
    expected = "out of range";
  }
  SECTION("no test files") {
    fs::remove(dir.path() / "t10k-images-idx3-ubyte");
    expected = "t10k-images";
  }
  SECTION("images of no size") {
    write_file_atomically(dir.path() / "train-images-idx3-ubyte", idx_file({40, 0, 5}, 10));
    expected = "impossible size";
  }
  REQUIRE_THROWS_AS(data::import_dataset(request_for(dir.path()), "mnist"), DataError);
  REQUIRE_THROWS_WITH(data::import_dataset(request_for(dir.path()), "mnist"),
                      ContainsSubstring(expected));
}

TEST_CASE("A source that no importer or several recognise is refused", "[data]") {
  const TempDir dir;
  REQUIRE_THROWS_AS(data::import_dataset(request_for(dir.path() / "missing"), ""), DataError);
  REQUIRE_THROWS_WITH(data::import_dataset(request_for(dir.path()), ""),
                      ContainsSubstring("cifar100") && ContainsSubstring("folder for each class"));
  write_file_atomically(dir.path() / "photos.zip", "an archive");
  REQUIRE_THROWS_AS(data::import_dataset(request_for(dir.path() / "photos.zip"), ""), DataError);
  REQUIRE_THROWS_WITH(data::import_dataset(request_for(dir.path() / "photos.zip"), ""),
                      ContainsSubstring("unpacked first"));
  REQUIRE_THROWS_AS(data::import_dataset(request_for(dir.path()), "unheard-of"),
                    common::UsageError);
  write_small_mnist(dir.path());
  write_file_atomically(dir.path() / "data_batch_1.bin", cifar_record("\x03"));
  REQUIRE_THROWS_WITH(data::import_dataset(request_for(dir.path()), ""),
                      ContainsSubstring("several importers"));
}

TEST_CASE("The real CIFAR-10 is imported whole", "[data]") {
  const fs::path folder = real_data("cifar-10-batches-bin");
  const auto dataset = data::import_dataset(request_for(folder), "").dataset;
  CHECK(dataset.train.count() == 50000);
  CHECK(dataset.test.count() == 10000);
  CHECK(dataset.class_names.front() == "airplane");
  for (int64_t label = 0; label < 10; ++label) {
    CHECK(std::count(dataset.train.labels.begin(), dataset.train.labels.end(), label) == 5000);
    CHECK(std::count(dataset.test.labels.begin(), dataset.test.labels.end(), label) == 1000);
  }
  // The well-known channel means: planes or channels that are swapped would give others.
  std::array<double, 3> sums = {};
  for (size_t i = 0; i < dataset.train.images.size(); ++i) sums[i % 3] += dataset.train.images[i];
  const double pixels = 50000.0 * 1024.0 * 255.0;
  CHECK(std::abs(sums[0] / pixels - 0.4914) < 0.001);
  CHECK(std::abs(sums[1] / pixels - 0.4822) < 0.001);
  CHECK(std::abs(sums[2] / pixels - 0.4465) < 0.001);
}

TEST_CASE("A gzipped MNIST file that is damaged is refused", "[data]") {
  const TempDir dir;
  write_small_mnist(dir.path());
  common::run_and_capture({"gzip", (dir.path() / "train-images-idx3-ubyte").string()});
  const fs::path path = dir.path() / "train-images-idx3-ubyte.gz";
  std::string bytes = common::read_file(path);
  std::string expected;
  SECTION("another byte") {
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    expected = path.string() + " is damaged";
  }
  SECTION("cut short") {
    bytes.resize(bytes.size() / 2);
    expected = path.string() + " is cut short";
  }
  write_file_atomically(path, bytes);
  REQUIRE_THROWS_AS(data::import_dataset(request_for(dir.path()), "mnist"), DataError);
  REQUIRE_THROWS_WITH(data::import_dataset(request_for(dir.path()), "mnist"),
                      ContainsSubstring(expected));
}

}  // namespace nas::tests
