// Products of small matrices in the caches: a tile of rows by channels in registers, the sum over
// taps and channels in the innermost loop.
#pragma once

#include "child_trainer/kernels/vector.h"

namespace nas::child_trainer::kernels::NAS_ISA {

// Where the values of one tap of a convolution lie from the first, and which weights it has.
struct Tap {
  int64_t offset;  // floats
  int64_t weight;  // index of the tap's weights
};

// c[m][n] = sum over taps t and k < depth of a[offset_t + m * a_step + k] * b[weight_t][k][n],
// for M rows and V * W columns.
template <int W, int M, int V>
inline void gemm_tile(const float* a, int64_t a_step, const Tap* taps, int64_t tap_count,
                      int64_t depth, const float* b, int64_t b_columns, float* c, int64_t c_step) {
  Vector<W> sums[M][V] = {};
  for (int64_t t = 0; t < tap_count; ++t) {
    const float* row = a + taps[t].offset;
    const float* weights = b + taps[t].weight * depth * b_columns;
    for (int64_t k = 0; k < depth; ++k, ++row, weights += b_columns) {
      Vector<W> w[V];
      for (int v = 0; v < V; ++v) w[v] = load<W>(weights + v * W);
#pragma GCC unroll 16
      for (int m = 0; m < M; ++m) {
        const Vector<W> x = broadcast<W>(row[m * a_step]);
        for (int v = 0; v < V; ++v) sums[m][v] += x * w[v];
      }
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m)
    for (int v = 0; v < V; ++v) store<W>(c + m * c_step + v * W, sums[m][v]);
}

template <int W, int V>
inline void gemm_panel(const float* a, int64_t a_step, const Tap* taps, int64_t tap_count,
                       int64_t depth, const float* b, int64_t b_columns, float* c, int64_t c_step,
                       int64_t rows) {
  int64_t m = 0;
  for (; m + 8 <= rows; m += 8)
    gemm_tile<W, 8, V>(a + m * a_step, a_step, taps, tap_count, depth, b, b_columns, c + m * c_step,
                       c_step);
  for (; m + 4 <= rows; m += 4)
    gemm_tile<W, 4, V>(a + m * a_step, a_step, taps, tap_count, depth, b, b_columns, c + m * c_step,
                       c_step);
  for (; m < rows; ++m)
    gemm_tile<W, 1, V>(a + m * a_step, a_step, taps, tap_count, depth, b, b_columns, c + m * c_step,
                       c_step);
}

// The same for any number of rows; columns: a multiple of W.
template <int W>
inline void gemm(const float* a, int64_t a_step, const Tap* taps, int64_t tap_count, int64_t depth,
                 const float* b, int64_t columns, float* c, int64_t c_step, int64_t rows) {
  int64_t n = 0;
  for (; n + 2 * W <= columns; n += 2 * W)
    gemm_panel<W, 2>(a, a_step, taps, tap_count, depth, b + n, columns, c + n, c_step, rows);
  if (n < columns)
    gemm_panel<W, 1>(a, a_step, taps, tap_count, depth, b + n, columns, c + n, c_step, rows);
}

// A matrix of pixels by channels that lies in rows of an image.
struct Pixels {
  const float* data;
  int64_t row_step;
  int64_t pixel_step;
};

// c[m][n] += sum over pixels p of a[p][m] * b[p][n], for M by V * W of them.
template <int W, int M, int V>
inline void outer_tile(const Pixels& a, const Pixels& b, int64_t height, int64_t width, float* c,
                       int64_t c_step) {
  Vector<W> sums[M][V];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m)
    for (int v = 0; v < V; ++v) sums[m][v] = load<W>(c + m * c_step + v * W);
  for (int64_t y = 0; y < height; ++y) {
    const float* left = a.data + y * a.row_step;
    const float* right = b.data + y * b.row_step;
    for (int64_t x = 0; x < width; ++x, left += a.pixel_step, right += b.pixel_step) {
      Vector<W> r[V];
      for (int v = 0; v < V; ++v) r[v] = load<W>(right + v * W);
#pragma GCC unroll 16
      for (int m = 0; m < M; ++m) {
        const Vector<W> l = broadcast<W>(left[m]);
        for (int v = 0; v < V; ++v) sums[m][v] += l * r[v];
      }
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m)
    for (int v = 0; v < V; ++v) store<W>(c + m * c_step + v * W, sums[m][v]);
}

// c [rows, columns] += transposed a times b; rows: a multiple of 8, columns: of W.
template <int W>
inline void outer(const Pixels& a, const Pixels& b, int64_t height, int64_t width, float* c,
                  int64_t rows, int64_t columns) {
  for (int64_t m = 0; m < rows; m += 8) {
    const Pixels left{a.data + m, a.row_step, a.pixel_step};
    int64_t n = 0;
    for (; n + 2 * W <= columns; n += 2 * W) {
      outer_tile<W, 8, 2>(left, {b.data + n, b.row_step, b.pixel_step}, height, width,
                          c + m * columns + n, columns);
    }
    if (n < columns) {
      outer_tile<W, 8, 1>(left, {b.data + n, b.row_step, b.pixel_step}, height, width,
                          c + m * columns + n, columns);
    }
  }
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
