#include "common/random.h"

#include <cmath>
#include <numeric>

#include "common/error.h"

namespace nas::common {

namespace {

// SplitMix64's finaliser: a bijection that spreads every input bit over all output bits.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

constexpr uint64_t kSalt = 0xD1B54A32D192ED03ULL;

uint64_t hash(std::string_view text) {  // FNV-1a
  uint64_t value = 0xCBF29CE484222325ULL;
  for (const char c : text) value = (value ^ static_cast<uint8_t>(c)) * 0x100000001B3ULL;
  return value;
}

}  // namespace

uint64_t RandomKey::value() const {
  uint64_t value = mix(seed);
  // The salt keeps equal parts, e.g. a seed and a trial of the same number, from cancelling out.
  for (const uint64_t part : {trial, epoch, hash(purpose), index}) {
    value = mix(value ^ mix(part + kSalt));
  }
  return value;
}

RandomStream::RandomStream(const RandomKey& key) {
  const uint64_t value = key.value();
  key_[0] = static_cast<uint32_t>(value);
  key_[1] = static_cast<uint32_t>(value >> 32);
}

void RandomStream::refill() {
  std::array<uint32_t, 4> x = {static_cast<uint32_t>(counter_),
                               static_cast<uint32_t>(counter_ >> 32), 0, 0};
  uint32_t k0 = key_[0];
  uint32_t k1 = key_[1];
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53U} * x[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57U} * x[2];
    x = {static_cast<uint32_t>(p1 >> 32) ^ x[1] ^ k0, static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ x[3] ^ k1, static_cast<uint32_t>(p0)};
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  block_ = x;
  ++counter_;
  used_ = 0;
}

uint32_t RandomStream::next() {
  if (used_ == 4) refill();
  return block_[static_cast<size_t>(used_++)];
}

uint64_t RandomStream::next64() {
  const uint64_t high = next();
  return high << 32 | next();
}

double RandomStream::uniform() { return static_cast<double>(next64() >> 11) * 0x1.0p-53; }

double RandomStream::uniform(double low, double high) { return low + (high - low) * uniform(); }

double RandomStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * M_PI * uniform());
}

int64_t RandomStream::integer(int64_t count) {
  if (count < 1) throw InternalError({.where = "random", .what = "integer() of nothing"});
  const auto range = static_cast<uint64_t>(count);
  const uint64_t limit = UINT64_MAX - UINT64_MAX % range;  // rejection keeps it unbiased
  uint64_t bits = next64();
  while (bits >= limit) bits = next64();
  return static_cast<int64_t>(bits % range);
}

bool RandomStream::chance(double probability) { return uniform() < probability; }

void RandomStream::skip(uint64_t draws) {
  const uint64_t unused = 4 - static_cast<uint64_t>(used_);  // of the present block
  const uint64_t numbers = 2 * draws;                        // a draw takes two
  if (numbers <= unused) {
    used_ += static_cast<int>(numbers);
    return;
  }
  const uint64_t beyond = numbers - unused;
  counter_ += beyond / 4;
  used_ = 4;
  if (beyond % 4 == 0) return;
  refill();
  used_ = static_cast<int>(beyond % 4);
}

std::vector<int64_t> RandomStream::permutation(int64_t count) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (int64_t i = count - 1; i > 0; --i) {
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(integer(i + 1))]);
  }
  return order;
}

}  // namespace nas::common
