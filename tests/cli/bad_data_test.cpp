// Datasets and images that are missing, damaged or something else: exit code 3 and a message that
// names the file. And datasets that are there already: nothing replaces them unasked.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/json.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/image_codec.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

void check_data_error(const ProgramResult& result, const std::string& part) {
  CAPTURE(result.err);
  CHECK(result.exit_code == 3);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, ContainsSubstring("error: ["));
  CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
  CHECK_THAT(result.err, ContainsSubstring(part));
}

// Each command that reads a dataset, given `file`.
void check_everywhere(const fs::path& dir, const std::string& file, const std::string& part) {
  check_data_error(run_program({"data", "info", file}, dir), part);
  check_data_error(run_program({"search", "--proxy", file, "--run", "r"}, dir), part);
  check_data_error(run_program({"transfer", "--dataset", file, "--arch", "nasnet-a"}, dir), part);
}

TEST_CASE("bad data: an unknown dataset says where it was searched and how to get one", "[cli]") {
  const TempDir dir;
  check_everywhere(dir.path(), "nosuch", "nosuch");
  const ProgramResult result =
      run_program({"search", "--proxy", "cifar10", "--run", "r"}, dir.path());
  check_data_error(result, (dir.path() / "cache").string());
  CHECK_THAT(result.err, ContainsSubstring("nas data fetch cifar10"));
}

TEST_CASE("bad data: a file that is missing, truncated or no dataset", "[cli]") {
  const TempDir dir;
  const fs::path good = dir.path() / "good.h5";
  data::write_dataset(good, noise_dataset(50, 10, 10));
  CHECK(run_program({"data", "info", "good.h5"}, dir.path()).exit_code == 0);

  check_everywhere(dir.path(), "missing.h5", "missing.h5");
  fs::copy_file(good, dir.path() / "half.h5");
  fs::resize_file(dir.path() / "half.h5", fs::file_size(good) / 2);
  check_everywhere(dir.path(), "half.h5", "half.h5");
  common::write_file_atomically(dir.path() / "text.h5",
                                "These are not the pixels you are looking for.\n");
  check_everywhere(dir.path(), "text.h5", "text.h5");
  common::write_file_atomically(dir.path() / "empty.h5", "");
  check_everywhere(dir.path(), "empty.h5", "empty.h5");
}

TEST_CASE("bad data: more images than there are", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(10, 2, 2));
  check_data_error(
      run_program({"search", "--proxy", "data.h5", "--run", "r", "--train-images", "1000"},
                  dir.path()),
      "too few images");
}

TEST_CASE("bad data: a folder whose files are no images is not imported", "[cli]") {
  const TempDir dir;
  for (const std::string label : {"cat", "dog"}) {
    for (int i = 0; i < 10; ++i) {
      common::write_file_atomically(dir.path() / "photos" / label / (std::to_string(i) + ".jpg"),
                                    "no image");
    }
  }
  const ProgramResult result =
      run_program({"data", "import", "pets", "--from", "photos"}, dir.path());
  CHECK(result.exit_code == 3);
  CHECK_THAT(result.err, ContainsSubstring("0.jpg"));
  CHECK_FALSE(fs::exists(dir.path() / "cache" / "pets.h5"));
}

// Two classes of ten images each.
void write_photos(const fs::path& folder) {
  for (const std::string label : {"cat", "dog"}) {
    for (int i = 0; i < 10; ++i) {
      data::write_png(folder / label / (std::to_string(i) + ".png"),
                      {.height = 20,
                       .width = 30,
                       .pixels = std::vector<uint8_t>(1800, label == "cat" ? 90 : 200)});
    }
  }
}

TEST_CASE("bad data: what cannot be imported says so", "[cli]") {
  const TempDir dir;
  const auto import_from = [&](const std::string& from) {
    return run_program({"data", "import", "pets", "--from", from}, dir.path());
  };
  write_photos(dir.path() / "photos");
  common::write_file_atomically(dir.path() / "photos.zip", "an archive");
  check_data_error(import_from("nowhere"), "no such file or folder: nowhere");
  check_data_error(import_from("photos.zip"), "unpacked first");
  check_data_error(import_from("photos/cat"), "one folder for each class");
  const ProgramResult importer = run_program(
      {"data", "import", "pets", "--from", "photos/cat", "--importer", "folder"}, dir.path());
  check_data_error(importer, "too few classes");
  CHECK(run_program({"data", "import", "a/b", "--from", "photos"}, dir.path()).exit_code == 2);
  CHECK(run_program({"data", "import", "pets", "--from", "photos", "--encoding", "gif"}, dir.path())
            .exit_code == 2);

  fs::remove_all(dir.path() / "cache");
  common::write_file_atomically(dir.path() / "cache", "no folder");
  const ProgramResult unwritable = import_from("photos");
  CHECK(unwritable.exit_code == 1);
  CHECK_THAT(unwritable.err, ContainsSubstring((dir.path() / "cache").string()));
}

TEST_CASE("bad data: a dataset that is there is replaced only when asked", "[cli]") {
  const TempDir dir;
  write_photos(dir.path() / "photos");
  const auto make = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"data", "make", "shapes", "--images", "60", "--size", "16"});
    return run_program(more, dir.path());
  };
  const auto check_refused = [&](const ProgramResult& result, const std::string& what) {
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, ContainsSubstring((dir.path() / "cache" / "shapes.h5").string()) &&
                               ContainsSubstring(what) && ContainsSubstring("--replace"));
  };
  const std::vector<std::string> import = {"data",   "import",     "shapes", "--from",
                                           "photos", "--encoding", "png"};
  auto import_anyway = import;
  import_anyway.push_back("--replace");

  REQUIRE(make({}).exit_code == 0);
  const ProgramResult again = make({});
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.err, ContainsSubstring("drawn already"));
  check_refused(make({"--seed", "1"}), "synthetic");
  check_refused(run_program(import, dir.path()), "synthetic");
  const ProgramResult imported = run_program(import_anyway, dir.path());
  CHECK(imported.exit_code == 0);
  CHECK_THAT(imported.out, ContainsSubstring("stored as   png: "));
  check_refused(make({}), "2 classes");
  CHECK(make({"--replace"}).exit_code == 0);
}

TEST_CASE("bad data: raw files that a name stands for are not replaced unasked", "[cli]") {
  const TempDir dir;
  write_photos(dir.path() / "photos");
  write_small_mnist(dir.path() / "cache" / "mnist");
  const std::vector<std::string> words = {"data", "import", "mnist", "--from", "photos"};
  const ProgramResult refused = run_program(words, dir.path());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, ContainsSubstring((dir.path() / "cache" / "mnist").string()) &&
                              ContainsSubstring("--replace"));
  CHECK_FALSE(fs::exists(dir.path() / "cache" / "mnist.h5"));
  CHECK(run_program({"data", "import", "mnist", "--from", "cache/mnist"}, dir.path()).exit_code ==
        0);
}

TEST_CASE("bad data: a wrong word is found before anything is touched", "[cli]") {
  const TempDir dir;
  const ProgramResult refused = run_program(
      {"data", "import", "pets", "--from", "nowhere", "--split", "80,10", "--replace"}, dir.path());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, ContainsSubstring("[--split]"));
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("bad data: a new dataset that another one hides is told", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "shared" / "shapes.h5", noise_dataset());
  const ProgramResult made =
      run_program({"data", "make", "shapes", "--images", "60", "--size", "16"}, dir.path(),
                  {{"NAS_DATA_DIR", (dir.path() / "shared").string()}});
  CHECK(made.exit_code == 0);
  CHECK_THAT(made.err, ContainsSubstring("found first"));
}

TEST_CASE("bad data: predict names the files that are no images and labels the others", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(10, 2, 2));
  const ProgramResult made =
      run_program({"transfer", "--dataset", "data.h5", "--arch",
                   "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|", "--cells", "1",
                   "--filters", "4", "--epochs", "1", "--batch-size", "8"},
                  dir.path());
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  data::write_png(dir.path() / "good.png",
                  {.height = 20, .width = 30, .pixels = std::vector<uint8_t>(1800, 90)});
  common::write_file_atomically(dir.path() / "bad.png", "no image");

  const ProgramResult good = run_program({"predict", "good.png", "--json"}, dir.path());
  REQUIRE(good.exit_code == 0);
  const common::Json line = common::parse_json(good.out, "predict");
  CHECK(line.at("image").get<std::string>() == "good.png");
  REQUIRE(line.at("labels").size() == 3);
  double sum = 0;
  double last = 1;
  for (const auto& label : line.at("labels")) {
    const auto score = label.at("score").get<double>();
    CHECK(score <= last);
    last = score;
    sum += score;
    CHECK_FALSE(label.at("name").get<std::string>().empty());
  }
  CHECK(sum > 0.999);
  CHECK(sum < 1.001);

  const ProgramResult mixed =
      run_program({"predict", "bad.png", "missing.png", "good.png", "--json"}, dir.path());
  CHECK(mixed.exit_code == 3);
  CHECK(mixed.out == good.out);
  CHECK_THAT(mixed.err, ContainsSubstring("bad.png") && ContainsSubstring("missing.png") &&
                            ContainsSubstring("2 of 3"));
  fs::create_directories(dir.path() / "no_images");
  check_data_error(run_program({"predict", "no_images"}, dir.path()), "no_images");
  const ProgramResult folder = run_program({"predict", ".", "--json"}, dir.path());
  CHECK(folder.exit_code == 3);
  CHECK(common::split(common::trim(folder.out), '\n').size() == 1);
}

}  // namespace
}  // namespace nas::tests
