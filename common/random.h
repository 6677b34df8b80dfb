// Random numbers from a counter-based generator (Philox 4x32-10, Salmon et al. 2011), keyed by what
// the draw is for: never by rank, thread or order. The same key gives the same numbers anywhere.
//
//   RandomStream random({.seed = run_seed, .trial = 17, .epoch = 2, .purpose = "augment", .index =
//   image}); double u = random.uniform();
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace nas::common {

struct RandomKey {
  uint64_t seed = 0;
  uint64_t trial = 0;
  uint64_t epoch = 0;
  std::string_view purpose = "";
  uint64_t index = 0;

  // A 64-bit mix of all parts.
  uint64_t value() const;
};

class RandomStream {
 public:
  explicit RandomStream(const RandomKey& key);

  uint32_t next();    // 32 random bits
  uint64_t next64();  // 64 random bits
  double uniform();   // [0, 1), 53 bits
  double uniform(double low, double high);
  double normal();                  // mean 0, standard deviation 1 (Box-Muller)
  int64_t integer(int64_t count);   // [0, count); count >= 1
  bool chance(double probability);  // true with this probability

  // As so many calls of uniform() or chance(), at once.
  void skip(uint64_t draws);

  // Indices 0..count-1 in random order.
  std::vector<int64_t> permutation(int64_t count);

 private:
  void refill();

  uint32_t key_[2];
  uint64_t counter_ = 0;
  std::array<uint32_t, 4> block_ = {};
  int used_ = 4;
};

}  // namespace nas::common
