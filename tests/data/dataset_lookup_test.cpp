#include "data/dataset_lookup.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/file.h"
#include "common/registry.h"
#include "data/dataset_file.h"
#include "data/drawn_dataset.h"
#include "data/renderer.h"
#include "tests/data/small_dataset.h"
#include "tests/support/scoped_env.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::DataError;

namespace {

// The three places in which datasets are looked for.
struct Places {
  TempDir dir;
  fs::path given = dir.path() / "given";
  fs::path shared = dir.path() / "shared";
  fs::path cache = dir.path() / "cache";
  ScopedEnv shared_env = ScopedEnv("NAS_DATA_DIR", shared.c_str());
  ScopedEnv cache_env = ScopedEnv("NAS_CACHE_DIR", cache.c_str());
};

std::string drawable() { return "shapes"; }  // drawn faster than a coastline

std::string summary_of(const std::vector<data::ListedDataset>& listed, const std::string& name) {
  const auto found = std::find_if(listed.begin(), listed.end(),
                                  [&](const auto& dataset) { return dataset.name == name; });
  return found == listed.end() ? "" : found->summary;
}

}  // namespace

TEST_CASE("A dataset is found by the path of its file", "[data]") {
  const Places places;
  const fs::path file = places.dir.path() / "some where" / "noise.h5";
  data::write_dataset(file, noise_dataset());
  CHECK(data::find_dataset(file.string(), "").file == file);
  REQUIRE_THROWS_WITH(data::find_dataset("/nowhere/noise.h5", ""),
                      ContainsSubstring("no such file"));
}

TEST_CASE("A dataset is found by name: given folder, then $NAS_DATA_DIR, then the cache",
          "[data]") {
  const Places places;
  for (const fs::path& place : {places.cache, places.shared, places.given}) {
    data::write_dataset(place / "noise.h5", noise_dataset());
    const data::FoundDataset found = data::find_dataset("noise", places.given);
    CHECK(found.file == place / "noise.h5");
    CHECK(found.note.empty());
  }
}

TEST_CASE("Raw files are imported once", "[data]") {
  const Places places;
  const fs::path folders[] = {places.given / "mnist", places.shared / "MNIST" / "raw",
                              places.given};
  write_small_mnist(folders[GENERATE(0, 1, 2)]);
  const data::FoundDataset found = data::find_dataset("mnist", places.given);
  CHECK(found.file == places.cache / "mnist.h5");
  CHECK(found.note.find("imported 60 images") == 0);
  CHECK(data::read_dataset(found.file).name == "mnist");
  CHECK(data::find_dataset("mnist", places.given).note.empty());
}

TEST_CASE("A dataset that can be drawn is drawn once", "[data]") {
  const Places places;
  const std::string name = drawable();
  const data::FoundDataset found = data::find_dataset(name, places.given);
  CHECK(found.file == places.cache / (name + ".h5"));
  CHECK(found.note.find("drawn") == 0);
  const data::DatasetInfo info = data::read_dataset_info(found.file);
  CHECK(info.header.synthetic);
  CHECK(data::find_dataset(name, places.given).note.empty());
  CHECK(data::is_drawing(found.file, common::Registry<data::Renderer>::find(name), {}));

  SECTION("and again when the renderer has changed") {
    data::Dataset old = noise_dataset();
    old.synthetic = true;
    old.provenance = "drawn long ago [drawing 0123456789abcdef]";
    data::write_dataset(found.file, old);
    CHECK_FALSE(data::find_dataset(name, places.given).note.empty());
    CHECK(data::read_dataset_info(found.file).sha256 == info.sha256);
  }
  SECTION("but what the user has made or imported stays") {
    data::Dataset imported = noise_dataset();
    imported.synthetic = GENERATE(false, true);
    data::write_dataset(found.file, imported);
    CHECK(data::find_dataset(name, places.given).note.empty());
    CHECK(data::read_dataset_info(found.file).header.name == "noise");
  }
}

TEST_CASE("An imported dataset wins over one that would be drawn", "[data]") {
  const Places places;
  const std::string name = drawable();
  data::write_dataset(places.given / (name + ".h5"), noise_dataset());
  CHECK(data::find_dataset(name, places.given).file == places.given / (name + ".h5"));
  CHECK_FALSE(fs::exists(places.cache));
}

TEST_CASE("An unknown name is answered with the places and the known names", "[data]") {
  const Places places;
  REQUIRE_THROWS_AS(data::find_dataset("unheard-of", places.given), DataError);
  for (const std::string& expected :
       {places.given.string(), places.shared.string(), places.cache.string(), drawable()}) {
    REQUIRE_THROWS_WITH(data::find_dataset("unheard-of", places.given),
                        ContainsSubstring(expected));
  }
  REQUIRE_THROWS_WITH(data::find_dataset("cifar10", places.given),
                      ContainsSubstring("nas data fetch cifar10"));
  REQUIRE_THROWS_WITH(data::find_dataset("shpaes", places.given),
                      ContainsSubstring("try shapes, or nas data import"));
  for (const char* name : {"", "..", "../noise", "/"}) {
    REQUIRE_THROWS_AS(data::find_dataset(name, places.given), DataError);
  }
}

TEST_CASE("A new dataset goes to the given folder or to the cache", "[data]") {
  const Places places;
  CHECK(data::dataset_path("noise", places.given) == places.given / "noise.h5");
  CHECK(data::dataset_path("noise", "") == places.cache / "noise.h5");
}

TEST_CASE("A dataset that is there is not replaced unless asked", "[data]") {
  const Places places;
  const auto place = [&](const std::string& name, bool replace) {
    return data::place_for_dataset(name, places.given, replace);
  };
  const fs::path file = places.given / "noise.h5";
  CHECK(place("noise", false) == file);
  CHECK(fs::is_directory(places.given));
  data::Dataset dataset = noise_dataset();
  dataset.synthetic = true;
  data::write_dataset(file, dataset);
  REQUIRE_THROWS_AS(place("noise", false), common::ConfigError);
  for (const std::string& part : {file.string(), std::string("30 + 6 + 9 images"),
                                  std::string("synthetic"), std::string("--replace")}) {
    REQUIRE_THROWS_WITH(place("noise", false), ContainsSubstring(part));
  }
  CHECK(place("noise", true) == file);
  CHECK(place("other", false) == places.given / "other.h5");

  common::write_file_atomically(file, "no dataset");
  REQUIRE_THROWS_AS(place("noise", false), common::ConfigError);
  CHECK(place("noise", true) == file);
  for (const char* name : {"", "..", "../noise", "a/b", ".hidden", "noise.h5"}) {
    REQUIRE_THROWS_AS(place(name, true), common::UsageError);
  }
}

TEST_CASE("Raw files that a name stands for are a dataset, too", "[data]") {
  const Places places;
  const fs::path raw = places.shared / "mnist";
  write_small_mnist(raw);
  const auto place = [&](bool replace, const fs::path& source) {
    return data::place_for_dataset("mnist", places.given, replace, source);
  };
  fs::create_directories(places.dir.path() / "mine");
  REQUIRE_THROWS_AS(place(false, places.dir.path() / "mine"), common::ConfigError);
  REQUIRE_THROWS_WITH(place(false, places.dir.path() / "mine"),
                      ContainsSubstring("from " + raw.string()) && ContainsSubstring("--replace"));
  const fs::path file = places.given / "mnist.h5";
  CHECK(place(true, places.dir.path() / "mine") == file);
  CHECK(place(false, raw) == file);  // these very files
  CHECK(place(false, places.shared) == file);
  CHECK(place(false, {}) == file);  // fetched, which gives the same images
  CHECK(data::place_for_dataset("noise", places.given, false, raw) == places.given / "noise.h5");
}

TEST_CASE("A drawing is known by its settings", "[data]") {
  const Places places;
  const auto& renderer = common::Registry<data::Renderer>::find(drawable());
  const fs::path file = places.given / "drawn.h5";
  const data::RenderRequest request = {.images = 60, .size = 16, .seed = 1};
  CHECK_FALSE(data::is_drawing(file, renderer, request));
  data::write_dataset(file, renderer.draw(request));
  CHECK(data::is_drawing(file, renderer, request));
  CHECK_FALSE(data::is_drawing(file, renderer, {.images = 61, .size = 16, .seed = 1}));
  CHECK_FALSE(data::is_drawing(file, renderer, {.images = 60, .size = 17, .seed = 1}));
  CHECK_FALSE(data::is_drawing(file, renderer, {.images = 60, .size = 16, .seed = 12}));
  data::write_dataset(file, noise_dataset());
  CHECK_FALSE(data::is_drawing(file, renderer, request));
}

TEST_CASE("Datasets are listed with what they are", "[data]") {
  const Places places;
  data::write_dataset(places.given / "noise.h5", noise_dataset());
  data::write_dataset(places.cache / "noise.h5", noise_dataset(20));
  common::write_file_atomically(places.shared / "broken.h5", "no dataset");
  write_small_mnist(places.shared / "mnist");
  const auto listed = data::list_datasets(places.given);
  CHECK_THAT(summary_of(listed, "noise"), ContainsSubstring("3 classes, 30 + 6 + 9 images of 8x8"));
  CHECK_THAT(summary_of(listed, "broken"), ContainsSubstring("cannot be read"));
  CHECK_THAT(summary_of(listed, "mnist"), ContainsSubstring("imported when first used"));
  CHECK_THAT(summary_of(listed, drawable()), ContainsSubstring("drawn when first used"));
  CHECK_THAT(summary_of(listed, "cifar100"), ContainsSubstring("nas data fetch"));
}

}  // namespace nas::tests
