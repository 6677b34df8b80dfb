#include "search_space/collapse.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/registry.h"
#include "search_space/op.h"

namespace nas::search_space {
namespace {

Collapse collapse(const std::string& architecture) {
  return collapse_of(find_architecture(architecture));
}

TEST_CASE("collapse: operations without weights are known by what they append", "[search_space]") {
  for (const std::string op : {"none", "identity", "skip_connect", "avg_pool_3x3", "max_pool_5x5"})
    CHECK_FALSE(has_weights(op));
  for (const std::string op : {"sep_conv_3x3", "nor_conv_1x1", "conv_1x7_7x1"})
    CHECK(has_weights(op));
  for (const std::string op : {"avg_pool_3x3", "max_pool_7x7"}) CHECK(is_pool(op));
  for (const std::string op : {"none", "identity", "skip_connect", "sep_conv_3x3"})
    CHECK_FALSE(is_pool(op));
}

TEST_CASE("collapse: nearly all skips and pools are one, published cells are not",
          "[search_space]") {
  CHECK(collapse("|skip_connect~0|+|skip_connect~0|skip_connect~1|+"
                 "|skip_connect~0|skip_connect~1|skip_connect~2|")
            .collapsed);
  const Collapse five =
      collapse("|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|skip_connect~1|none~2|");
  CHECK(five.collapsed);
  CHECK(five.without_weights == 5);
  CHECK(five.edges == 6);
  CHECK_FALSE(collapse("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+"
                       "|avg_pool_3x3~0|skip_connect~1|none~2|")
                  .collapsed);
  for (const auto& name : common::Registry<NamedArchitecture>::names()) {
    CAPTURE(name);
    CHECK_FALSE(collapse(name).collapsed);
    CHECK(collapse_text(find_architecture(name)).empty());
  }
  CHECK_THAT(collapse_text(find_architecture("|skip_connect~0|+|none~0|none~1|+"
                                             "|none~0|none~1|skip_connect~2|")),
             Catch::Matchers::ContainsSubstring("6 of 6"));
}

}  // namespace
}  // namespace nas::search_space
