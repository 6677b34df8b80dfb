#include "child_trainer/tensors.h"

#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::DataError;

at::Tensor counting(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return at::arange(count, at::kFloat).view(shape);
}

TEST_CASE("tensors: every type survives storing", "[child_trainer]") {
  for (const auto type :
       {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kByte}) {
    CAPTURE(static_cast<int>(type));
    const at::Tensor tensor = counting({2, 3, 4}).to(type);
    const common::StoredTensor stored = store_tensor(tensor);
    CHECK(stored.shape == std::vector<int64_t>{2, 3, 4});
    CHECK(stored.bytes.size() == tensor.nbytes());
    const at::Tensor loaded = load_tensor(stored);
    CHECK(loaded.scalar_type() == type);
    CHECK(at::equal(loaded, tensor));
  }
  const at::Tensor flags = counting({4}) > 1.5;
  CHECK(at::equal(load_tensor(store_tensor(flags)), flags));
  const at::Tensor single = at::full({}, 2.5);
  CHECK(load_tensor(store_tensor(single)).item<float>() == 2.5F);
}

TEST_CASE("tensors: files hold rows whatever the memory format", "[child_trainer]") {
  const at::Tensor plain = counting({2, 3, 4, 5});
  const at::Tensor last = plain.contiguous(at::MemoryFormat::ChannelsLast);
  CHECK(store_tensor(plain).bytes == store_tensor(last).bytes);
  CHECK(store_tensor(plain.transpose(0, 1)).floats()[1] == 1.0F);
  CHECK(load_tensor(store_tensor(last)).is_contiguous());
  const at::Tensor trained = plain.clone().set_requires_grad(true);
  CHECK_FALSE(load_tensor(store_tensor(trained)).requires_grad());
}

TEST_CASE("tensors: an unknown type is refused", "[child_trainer]") {
  const common::StoredTensor stored{.dtype = "F8", .shape = {1}, .bytes = "x"};
  CHECK_THROWS_AS(load_tensor(stored), DataError);
}

TEST_CASE("tensors: values are copied into tensors that are there", "[child_trainer]") {
  const at::Tensor weight = at::zeros({2, 3, 1, 1}).contiguous(at::MemoryFormat::ChannelsLast);
  weight.set_requires_grad(true);
  const NamedTensors tensors = {{"weight", weight}, {"bias", at::zeros({2})}};
  const NamedTensors wanted = {{"weight", counting({2, 3, 1, 1})}, {"bias", counting({2})}};
  copy_into(tensors, store_tensors(wanted), "a file");
  CHECK(at::equal(weight, wanted.at("weight")));
  CHECK(at::equal(tensors.at("bias"), wanted.at("bias")));
  CHECK(weight.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_CASE("tensors: what does not fit is named, with the file", "[child_trainer]") {
  const NamedTensors tensors = {{"weight", at::zeros({2, 3})}, {"bias", at::zeros({2})}};
  auto stored = store_tensors(tensors);
  stored.erase("bias");
  CHECK_THROWS_WITH(copy_into(tensors, stored, "model.x"),
                    ContainsSubstring("bias") && ContainsSubstring("model.x"));
  stored = store_tensors(tensors);
  stored["bias"] = store_tensor(at::zeros({3}));
  CHECK_THROWS_WITH(copy_into(tensors, stored, "model.x"),
                    ContainsSubstring("[3]") && ContainsSubstring("[2]"));
  stored = store_tensors(tensors);
  stored["extra"] = store_tensor(at::zeros({1}));
  CHECK_THROWS_WITH(copy_into(tensors, stored, "model.x"), ContainsSubstring("extra"));
  CHECK_THROWS_AS(copy_into(tensors, stored, "model.x"), DataError);
}

}  // namespace
}  // namespace nas::child_trainer
