// Vectors of W floats. This and the headers that include it are compiled once for each instruction
// set, each in a namespace of its own: they include no header with code that the linker might
// share among them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define NAS_ISA avx512
#elif defined(__AVX2__)
#define NAS_ISA avx2
#else
#define NAS_ISA portable
#endif

namespace nas::child_trainer::kernels::NAS_ISA {

template <int W>
struct Lanes {
  typedef float Vector __attribute__((vector_size(W * 4)));
  typedef float Unaligned __attribute__((vector_size(W * 4), aligned(4), may_alias));
  typedef uint8_t Bytes __attribute__((vector_size(W), aligned(1), may_alias));
};
template <int W>
using Vector = typename Lanes<W>::Vector;

template <int W>
inline Vector<W> load(const float* p) {
  return *reinterpret_cast<const typename Lanes<W>::Unaligned*>(p);
}
template <int W>
inline void store(float* p, Vector<W> v) {
  *reinterpret_cast<typename Lanes<W>::Unaligned*>(p) = v;
}
template <int W>
inline Vector<W> broadcast(float x) {
  return x - Vector<W>{};
}

// The first `count` < W floats; the rest is 0.
template <int W>
inline Vector<W> load_some(const float* p, int64_t count) {
#if defined(__AVX512F__)
  if constexpr (W == 16)
    return reinterpret_cast<Vector<W>>(
        _mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << count) - 1), p));
  if constexpr (W == 8)
    return reinterpret_cast<Vector<W>>(
        _mm256_maskz_loadu_ps(static_cast<__mmask8>((1U << count) - 1), p));
#endif
  Vector<W> v{};
  for (int64_t i = 0; i < count; ++i) v[i] = p[i];
  return v;
}
template <int W>
inline void store_some(float* p, Vector<W> v, int64_t count) {
#if defined(__AVX512F__)
  if constexpr (W == 16) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1U << count) - 1), v);
    return;
  }
  if constexpr (W == 8) {
    _mm256_mask_storeu_ps(p, static_cast<__mmask8>((1U << count) - 1), v);
    return;
  }
#endif
  for (int64_t i = 0; i < count; ++i) p[i] = v[i];
}

// W channels from p, or the `left` that are there.
template <int W>
inline Vector<W> load_channels(const float* p, int64_t left) {
  return left >= W ? load<W>(p) : load_some<W>(p, left);
}
template <int W>
inline void store_channels(float* p, Vector<W> v, int64_t left) {
  if (left >= W) return store<W>(p, v);
  store_some<W>(p, v, left);
}

// ReLU that keeps what is not a number, as a training must be seen to diverge.
template <int W>
inline Vector<W> at_least(Vector<W> v, Vector<W> low) {
  return v < low ? low : v;
}

inline int64_t round_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }
inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

}  // namespace nas::child_trainer::kernels::NAS_ISA
