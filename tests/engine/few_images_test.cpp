#include "engine/few_images.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/data/small_dataset.h"

namespace nas::engine {
namespace {

TEST_CASE("few images: enough of every class is nothing to say", "[engine]") {
  const data::Dataset dataset = tests::noise_dataset(1, 10, 0);
  CHECK(few_images_text("held-out", dataset, dataset.valid).empty());
  CHECK(few_images_text("test", dataset, dataset.test).empty());  // none at all is said elsewhere
}

TEST_CASE("few images: what accuracy can tell is said in numbers", "[engine]") {
  const data::Dataset dataset = tests::noise_dataset(1, 9, 4);
  CHECK(few_images_text("held-out", dataset, dataset.valid) ==
        "27 held-out images for 3 classes: fewer than 10 a class, accuracy comes in steps of "
        "1/27 = 0.037");
  CHECK(few_images_text("test", dataset, dataset.test) ==
        "12 test images for 3 classes: fewer than 10 a class, accuracy comes in steps of "
        "1/12 = 0.083");
}

TEST_CASE("few images: classes without one are named", "[engine]") {
  data::Dataset dataset = tests::noise_dataset(1, 100, 0);
  for (int64_t& label : dataset.valid.labels) label = 1;
  CHECK(few_images_text("held-out", dataset, dataset.valid) ==
        "300 held-out images for 3 classes: none of beach, river");
  for (int k = 3; k < 9; ++k) dataset.class_names.push_back("class" + std::to_string(k));
  CHECK(few_images_text("held-out", dataset, dataset.valid) ==
        "300 held-out images for 9 classes: none of beach, river, class3, class4, class5 and 3 "
        "more");
}

TEST_CASE("few images: with several labels each", "[engine]") {
  data::Dataset dataset = tests::noise_dataset(1, 2, 0, 8, data::Task::kMultiLabel);
  for (size_t i = 0; i < dataset.valid.label_matrix.size(); i += 3)
    dataset.valid.label_matrix[i] = 0;
  CHECK(few_images_text("held-out", dataset, dataset.valid) ==
        "6 held-out images for 3 classes: fewer than 10 a class, none of beach");
}

}  // namespace
}  // namespace nas::engine
