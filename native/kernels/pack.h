// Packing of the operands of a product into panels of b (k rows of NR columns) and strips of a (k columns of MR rows),
// so that what a tile reads lies in one stream.  Operands that lie across are transposed in squares of as many rows as
// a vector has lanes, in registers.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

#if YEOUL_VECTOR_BYTES == 64
constexpr int kTileVectors = 3, kTileRows = 8;  // 24 accumulators, 3 of b, 1 of a: 28 of 32 registers
#else
constexpr int kTileVectors = 2, kTileRows = 6;  // 12 accumulators, 2 of b, 1 of a: 15 of 16 registers
#endif
// Of a tile one vector wide, for the last few columns.  From the tenth row on offsets of rows are read from memory,
// which binds where two vectors are loaded in the time of two multiply-adds.
constexpr int kTallRows = YEOUL_VECTOR_BYTES == 64 ? 8 : 12;

template <typename T>
constexpr int64_t kTileColumns = kTileVectors * kLanes<T>;

// Lane of two rows, the second's counted on from the first's, that stands at `lane` after they exchange squares of
// `size` lanes.  Within 16 bytes the rows are interleaved, which is one instruction everywhere; above, the first row's
// upper square changes places with the second's lower one.
template <typename T, int size, bool is_second>
constexpr int exchanged_lane(int lane) {
  constexpr int w = kLanes<T>, part = 16 / static_cast<int>(sizeof(T));
  if constexpr (size >= part) {
    return (lane & size ? w : 0) + (lane & ~size) + (is_second ? size : 0);
  } else {
    const int square = lane % part / size;
    return (square % 2) * w + lane / part * part + (square / 2) * size + (is_second ? part / 2 : 0) + lane % size;
  }
}

template <typename T, int size, bool is_second, int... lanes>
inline Vec<T> exchanged(Vec<T> a, Vec<T> b, std::integer_sequence<int, lanes...>) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, exchanged_lane<T, size, is_second>(lanes)...);
#else
  using Index = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  return __builtin_shuffle(a, b, Vec<Index>{exchanged_lane<T, size, is_second>(lanes)...});
#endif
}

// A square of as many rows as a vector has lanes becomes its columns, in the order that `column_of_row` tells.
template <typename T, int size = 1>
[[gnu::always_inline]] inline void transpose(Vec<T> (&rows)[kLanes<T>]) {
  constexpr int w = kLanes<T>;
  if constexpr (size < w) {
#pragma GCC unroll 16
    for (int i = 0; i < w; ++i) {
      if (i & size) continue;
      const Vec<T> a = rows[i], b = rows[i + size];
      rows[i] = exchanged<T, size, false>(a, b, std::make_integer_sequence<int, w>());
      rows[i + size] = exchanged<T, size, true>(a, b, std::make_integer_sequence<int, w>());
    }
    transpose<T, size * 2>(rows);
  }
}
template <typename T>
constexpr int column_of_row(int i) {
  return sizeof(T) == 4 ? (i & ~3) | (i & 1) << 1 | (i & 2) >> 1 : i;
}

// One panel: k rows of NR columns.  What stands beyond the edge is read by products that nobody keeps; it is whatever
// follows in b.
template <typename T>
void pack_panel(const T* b, int64_t row, int64_t column, int64_t k, int64_t columns, T* to,
                int64_t nr = kTileColumns<T>) {
  if (column == 1) {
    const int64_t inside =
        columns == nr ? k : (row > 0 ? k - 1 - (nr - columns) / row : 0);  // rows with NR elements of b from here on
    int64_t p = 0;
    if (nr == kTileColumns<T>) {  // a size the compiler knows
      for (; p < inside; ++p, to += nr) std::memcpy(to, b + p * row, sizeof(T) * kTileColumns<T>);
    }
    for (; p < inside; ++p, to += nr) std::memcpy(to, b + p * row, static_cast<size_t>(nr) * sizeof(T));
    for (; p < k; ++p, to += nr) {
      std::copy_n(b + p * row, columns, to);
      std::fill(to + columns, to + nr, T(0));
    }
    return;
  }
  constexpr int64_t w = kLanes<T>, line = 64 / static_cast<int64_t>(sizeof(T));  // lines of b are used whole
  const int64_t across = row == 1 || k == 1 ? columns / w * w : 0, deep = k / w * w;
  for (int64_t first = 0; first < deep; first += line) {
    for (int64_t j = 0; j < across; j += w) {
      for (int64_t p = first; p < std::min(first + line, deep); p += w) {
        Vec<T> rows[w];
#pragma GCC unroll 16
        for (int i = 0; i < w; ++i) rows[i] = load(b + p + (j + i) * column);
        transpose<T>(rows);
#pragma GCC unroll 16
        for (int i = 0; i < w; ++i) store(to + (p + column_of_row<T>(i)) * nr + j, rows[i]);
      }
    }
  }
  for (int64_t p = 0; p < k; ++p) {
    for (int64_t j = p < deep ? across : 0; j < columns; ++j) to[p * nr + j] = b[p * row + j * column];
    for (int64_t j = columns; j < nr; ++j) to[p * nr + j] = T(0);
  }
}

// Panels of NR columns one after the other, written row by row: what lies together in b is read together.
template <typename T>
void pack_panels(const T* b, int64_t row, int64_t column, int64_t k, int64_t columns, T* to,
                 int64_t nr = kTileColumns<T>) {
  const int64_t whole = columns / nr;
  if (column == 1 && nr == kTileColumns<T>) {
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < whole; ++j)
        std::memcpy(to + (j * k + p) * nr, b + p * row + j * nr, sizeof(T) * kTileColumns<T>);
  } else {
    for (int64_t j = 0; j < whole; ++j) pack_panel<T>(b + j * nr * column, row, column, k, nr, to + j * k * nr, nr);
  }
  if (whole * nr < columns)
    pack_panel<T>(b + whole * nr * column, row, column, k, columns - whole * nr, to + whole * k * nr, nr);
}

// Some rows of a, k by k: what a tile broadcasts lies in one stream.
template <typename T>
void pack_strip(const T* a, int64_t a_row, int64_t a_col, int64_t height, int64_t k, T* to) {
  constexpr int w = kLanes<T>, squares = (kTileRows - 1) / w + 1;
  int64_t p = 0;
  if (a_row == 1 && height == kTileRows) {
    for (; p < k; ++p) std::memcpy(to + p * kTileRows, a + p * a_col, sizeof(T) * kTileRows);
  } else if (a_col == 1) {
    // What a vector holds beyond a column of the strip is written over by the next column.
    for (; p + w < k; p += w) {
      Vec<T> rows[squares][w];
#pragma GCC unroll 16
      for (int s = 0; s < squares; ++s) {
#pragma GCC unroll 16
        for (int i = 0; i < w; ++i)
          rows[s][i] =
              s * w + i < kTileRows ? load(a + std::min<int64_t>(s * w + i, height - 1) * a_row + p) : Vec<T>{};
        transpose<T>(rows[s]);
      }
#pragma GCC unroll 16
      for (int i = 0; i < w; ++i)
#pragma GCC unroll 16
        for (int s = 0; s < squares; ++s) store(to + (p + i) * kTileRows + s * w, rows[s][column_of_row<T>(i)]);
    }
  }
  for (; p < k; ++p)
    for (int64_t r = 0; r < height; ++r) to[p * kTileRows + r] = a[r * a_row + p * a_col];
}

// Rows of a in even strips.
template <typename T>
void pack_strips(const T* a, int64_t a_row, int64_t a_col, int64_t rows, int64_t k, T* to) {
  const int64_t strips = (rows + kTileRows - 1) / kTileRows;
  for (int64_t i = 0; i < strips; ++i, to += kTileRows * k) {
    const int64_t top = rows * i / strips, height = rows * (i + 1) / strips - top;
    pack_strip<T>(a + top * a_row, a_row, a_col, height, k, to);
  }
}

}  // namespace yeoul::YEOUL_ISA
