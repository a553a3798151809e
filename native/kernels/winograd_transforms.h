// Winograd's minimal filtering F(4x4, 3x3): the transforms of 6x6 elements, of 3x3 weights and of 4x4 targets.
//
//   y = A' [(G g G') . (B' x B)] A
//
// The points are 0, 1, -1, 1/2, -2 and infinity: rounding is about seven times that of the plain sum (one part in a
// million), and half of what 0, 1, -1, 2, -2 give.  A. Lavin, S. Gray, "Fast algorithms for convolutional neural
// networks", CVPR 2016; B. Barabasz et al., "Error analysis and improving the accuracy of Winograd convolution", 2020.
#pragma once

#include <algorithm>

#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

constexpr int kTargetSide = 4, kSourceSide = 6;  // of a tile: targets, and elements that they read
constexpr int kPlaces = kSourceSide * kSourceSide;

// -- along one axis ---------------------------------------------------------------------------------------------------
// B' x
struct SourceLine {
  template <typename V>
  static void apply(const V (&x)[kSourceSide], V (&to)[kSourceSide]) {
    const V u = x[3] - x[1], v = x[4] - x[2];
    to[0] = 1.5F * u + v + (x[0] - x[2]);
    to[1] = 1.5F * (x[3] + x[2]) + (v + u);
    to[2] = 1.5F * (x[3] - x[2]) + (v - u);
    to[3] = 2.0F * u + v;
    to[4] = v - 0.5F * u;
    to[5] = 1.5F * v + (x[5] - x[3]) - u;
  }
};

// G g
struct KernelLine {
  template <typename V>
  static void apply(const V (&g)[3], V (&to)[kSourceSide]) {
    const V even = (g[0] + g[2]) * (1.0F / 3), odd = g[1] * (1.0F / 3);
    to[0] = g[0];
    to[1] = even + odd;
    to[2] = odd - even;
    to[3] = (g[0] + 0.5F * g[1] + 0.25F * g[2]) * (-16.0F / 15);
    to[4] = (g[0] - 2.0F * g[1] + 4.0F * g[2]) * (1.0F / 15);
    to[5] = g[2];
  }
};

// A' m
struct TargetLine {
  template <typename V>
  static void apply(const V (&m)[kSourceSide], V (&to)[kTargetSide]) {
    const V even = m[1] + m[2], odd = m[1] - m[2];
    to[0] = m[0] + even + (m[3] + m[4]);
    to[1] = odd + 0.5F * m[3] - 2.0F * m[4];
    to[2] = even + 0.25F * m[3] + 4.0F * m[4];
    to[3] = odd + 0.125F * m[3] - 8.0F * m[4] + m[5];
  }
};

// A dy
struct TargetGradLine {
  template <typename V>
  static void apply(const V (&dy)[kTargetSide], V (&to)[kSourceSide]) {
    const V even = dy[0] + dy[2], odd = dy[1] + dy[3];
    to[0] = dy[0];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = dy[0] + 0.5F * dy[1] + 0.25F * dy[2] + 0.125F * dy[3];
    to[4] = dy[0] - 2.0F * dy[1] + 4.0F * dy[2] - 8.0F * dy[3];
    to[5] = dy[3];
  }
};

// G' u
struct KernelGradLine {
  template <typename V>
  static void apply(const V (&u)[kSourceSide], V (&to)[3]) {
    const V even = (u[1] + u[2]) * (1.0F / 3), odd = (u[1] - u[2]) * (1.0F / 3);
    const V half = u[3] * (-16.0F / 15), twice = u[4] * (1.0F / 15);
    to[0] = u[0] + odd + (half + twice);
    to[1] = even + 0.5F * half - 2.0F * twice;
    to[2] = odd + 0.25F * half + 4.0F * twice + u[5];
  }
};

// -- along both -------------------------------------------------------------------------------------------------------
// The next of addresses an even step apart.  Left to itself the compiler keeps all of them, in registers it has not.
template <typename T>
inline T* walk(T* at, int64_t step) {
  at += step;
  asm("" : "+r"(at));
  return at;
}

// Columns and rows of an array of vectors, one after the other.
inline auto columns_of(const float* at, int64_t row, int64_t column) {
  return [=]<int N>(int, Vec<float>(&line)[N]) mutable {
    const float* p = at;
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i, p = walk(p, row)) line[i] = load(p);
    at = walk(at, column);
  };
}
inline auto rows_of(float* at, int64_t row, int64_t column) {
  return [=]<int M>(int, const Vec<float>(&line)[M]) mutable {
    float* p = at;
#pragma GCC unroll 6
    for (int j = 0; j < M; ++j, p = walk(p, column)) store(p, line[j]);
    at = walk(at, row);
  };
}
// The 36 places of a channel.
inline auto columns_of_places(const float* at, int64_t place) { return columns_of(at, kSourceSide * place, place); }
inline auto rows_of_places(float* at, int64_t place) { return rows_of(at, kSourceSide * place, place); }

// N x N vectors to M x M, along columns, then along rows.
template <typename Line, int N, int M, typename Read, typename Write>
[[gnu::always_inline]] inline void transform(Read read_column, Write write_row) {
  Vec<float> half[M][N], line[N], out[M];
#pragma GCC unroll 6
  for (int j = 0; j < N; ++j) {
    read_column(j, line);
    Line::apply(line, out);
#pragma GCC unroll 6
    for (int i = 0; i < M; ++i) half[i][j] = out[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < M; ++i) {
    Line::apply(half[i], out);
    write_row(i, out);
  }
}

// -- of images --------------------------------------------------------------------------------------------------------
// A tile of N x N elements of an image, `top` and `left` its first; what lies outside reads as zeros.
template <typename Line, int N>
void transform_tile(const float* image, int64_t rows, int64_t columns, int64_t pixel, int64_t top, int64_t left,
                    int64_t channels, float* to, int64_t place) {
  const int64_t row = columns * pixel;
  const float* first = image + top * row + left * pixel;
  if (top >= 0 && left >= 0 && top + N <= rows && left + N <= columns) {
    for (int64_t c = 0; c < channels; c += kLanes<float>)
      transform<Line, N, kSourceSide>(columns_of(first + c, row, pixel), rows_of_places(to + c, place));
    return;
  }
  static constexpr int64_t kMost = 256;
  alignas(64) static constexpr float kZeros[kMost] = {};
  for (int64_t begin = 0; begin < channels; begin += kMost) {
    const float* at[N][N];
    for (int64_t j = 0; j < N; ++j)
      for (int64_t i = 0; i < N; ++i) {
        const bool is_inside = (top + i >= 0) & (top + i < rows) & (left + j >= 0) & (left + j < columns);
        at[j][i] = is_inside ? first + i * row + j * pixel + begin : kZeros;
      }
    for (int64_t c = 0; c < std::min(kMost, channels - begin); c += kLanes<float>) {
      const auto read_column = [&](int j, Vec<float>(&line)[N]) {
#pragma GCC unroll 6
        for (int i = 0; i < N; ++i) line[i] = load(at[j][i] + c);
      };
      transform<Line, N, kSourceSide>(read_column, rows_of_places(to + begin + c, place));
    }
  }
}

// One tile of targets; rows and columns that exist are kept.
inline void transform_back(const float* from, int64_t place, int64_t channels, float* to, int64_t row, int64_t pixel,
                           int64_t rows, int64_t columns) {
  if (rows >= kTargetSide && columns >= kTargetSide) {
    for (int64_t c = 0; c < channels; c += kLanes<float>)
      transform<TargetLine, kSourceSide, kTargetSide>(columns_of_places(from + c, place), rows_of(to + c, row, pixel));
    return;
  }
  for (int64_t c = 0; c < channels; c += kLanes<float>)
    transform<TargetLine, kSourceSide, kTargetSide>(columns_of_places(from + c, place),
                                                    [&](int i, const Vec<float>(&line)[kTargetSide]) {
                                                      if (i >= rows) return;
                                                      for (int j = 0; j < std::min<int64_t>(kTargetSide, columns); ++j)
                                                        store(to + i * row + j * pixel + c, line[j]);
                                                    });
}

}  // namespace yeoul::YEOUL_ISA
