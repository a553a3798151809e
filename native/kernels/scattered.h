// Products of a left operand that is never formed with panels of b.
//
//   c[to[i] + j] (+)= sum over k of rows[i][places[k]] b[k, j]
//
// The same tiles of registers as in gemm.h: only addresses come from tables.
#pragma once

#include <algorithm>

#include "kernels/gemm.h"
#include "kernels/patch.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

// A left operand and where its rows' sums belong.
template <typename T>
struct Scattered {
  const T* const* rows;
  const int64_t *places, *to;
  int64_t run;  // so many places, from each multiple of it on, are neighbours
};

template <typename T, int MR, int NV>
void scattered_tile(const Scattered<T>& left, int64_t top, int64_t k, const T* b, int64_t b_row, T* c,
                    const int64_t* to, bool adds) {
  constexpr int w = kLanes<T>;
  const T* rows[MR];
  Vec<T> sum[MR][NV];
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
    rows[i] = left.rows[top + i];
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) sum[i][v] = adds ? load(c + to[i] + v * w) : Vec<T>{};
  }
#pragma GCC unroll 4
  for (int64_t p = 0; p < k; ++p, b += b_row) {
    const int64_t place = left.places[p];
    Vec<T> bv[NV];
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) bv[v] = load(b + v * w);
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i) {
      const Vec<T> av = broadcast(rows[i][place]);
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) sum[i][v] += av * bv[v];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
    T* target = c + to[i];
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) store(target + v * w, sum[i][v]);
  }
}

constexpr int kNarrowRows = 8;  // of a tile one vector wide
template <int NV>
constexpr int kScatteredRows = NV == 1 ? kNarrowRows : kTileRows;

template <typename T, int NV, int MR = kScatteredRows<NV>>
void scattered_rows(int64_t height, const Scattered<T>& left, int64_t top, int64_t k, const T* b, int64_t b_row, T* c,
                    const int64_t* to, bool adds) {
  if constexpr (MR > 1) {
    if (height < MR) return scattered_rows<T, NV, MR - 1>(height, left, top, k, b, b_row, c, to, adds);
  }
  scattered_tile<T, MR, NV>(left, top, k, b, b_row, c, to, adds);
}

// What the next block reads and writes.
template <typename T>
struct Ahead {
  Fetch<T> source, target;

  Ahead() = default;
  Ahead(const Extent<T>& read, const Extent<T>& written, int64_t turns)
      : source(read.begin, read.end, turns), target(written.begin, written.end, turns) {}
  void turn() {
    source.template turn<0>();
    target.template turn<1>();
  }
};

// Rows [first, last) of up to NV vectors of columns.
template <typename T, int NV>
void scattered_strips(const Scattered<T>& left, int64_t first, int64_t last, int64_t k, const T* b, int64_t b_row,
                      int64_t columns, T* c, bool adds, Ahead<T>& ahead) {
  constexpr int64_t height = kScatteredRows<NV>, width = NV * kLanes<T>;
  const int64_t count = last - first, strips = (count + height - 1) / height;
  const int64_t least = count / std::max<int64_t>(strips, 1), higher = count - least * strips;  // as even as can be
  for (int64_t i = 0, top = first, rows = 0; i < strips; ++i, top += rows) {
    rows = least + (i < higher);
    const int64_t* to = left.to + top;
    ahead.turn();
    if (columns == width) {
      scattered_rows<T, NV>(rows, left, top, k, b, b_row, c, to, adds);
      continue;
    }
    alignas(64) T edge[height * width];
    int64_t edge_to[height];
    for (int64_t r = 0; r < rows; ++r) {
      edge_to[r] = r * width;
      if (adds) copy_few(edge + r * width, c + to[r], columns);
    }
    scattered_rows<T, NV>(rows, left, top, k, b, b_row, edge, edge_to, adds);
    for (int64_t r = 0; r < rows; ++r) copy_few(c + to[r], edge + r * width, columns);
  }
}

// R dot products with a single column, vectors along k.
template <typename T, int R>
void scattered_dots(const Scattered<T>& left, int64_t top, int64_t k, const T* b, T* c, bool adds) {
  constexpr int64_t w = kLanes<T>;
  const int64_t run = left.run;
  Vec<T> sum[R];
  T rest[R];
#pragma GCC unroll 4
  for (int i = 0; i < R; ++i) sum[i] = Vec<T>{}, rest[i] = adds ? c[left.to[top + i]] : T(0);
  for (int64_t begin = 0; begin < k; begin += run, b += run) {
    const T* row[R];
#pragma GCC unroll 4
    for (int i = 0; i < R; ++i) row[i] = left.rows[top + i] + left.places[begin];
    int64_t p = 0;
    for (; p + w <= run; p += w) {
      const Vec<T> bv = load(b + p);
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) sum[i] += load(row[i] + p) * bv;
    }
    for (; p < run; ++p) {
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) rest[i] += row[i][p] * b[p];
    }
  }
  for (int i = 0; i < R; ++i) {
    T total = rest[i];
    for (int64_t lane = 0; lane < w; ++lane) total += sum[i][lane];
    c[left.to[top + i]] = total;
  }
}

// Rows [first, last) of one panel of b, whose rows are `b_row` apart; a panel of one column has b_row = 1, and k is a
// multiple of its runs.
template <typename T>
void scattered_panel(const Scattered<T>& left, int64_t first, int64_t last, int64_t k, const T* b, int64_t b_row,
                     int64_t columns, T* c, bool adds, Ahead<T>& ahead) {
  constexpr int64_t w = kLanes<T>;
  if (b_row == 1) {
    for (; first + 4 <= last; first += 4) scattered_dots<T, 4>(left, first, k, b, c, adds);
    for (; first < last; ++first) scattered_dots<T, 1>(left, first, k, b, c, adds);
  } else if (columns <= w) {
    scattered_strips<T, 1>(left, first, last, k, b, b_row, columns, c, adds, ahead);
  } else if (kTileVectors == 2 || columns <= 2 * w) {
    scattered_strips<T, 2>(left, first, last, k, b, b_row, columns, c, adds, ahead);
  } else {
    scattered_strips<T, kTileVectors>(left, first, last, k, b, b_row, columns, c, adds, ahead);
  }
}

constexpr int64_t kKeptBytes = 24 * 1024;  // of b

// `count` rows of all columns; panels of `width` columns are `b_panel` apart, their rows `b_row`.  Few panels stay in
// the first-level cache while the rows pass, many pass one by one.
template <typename T>
void scattered_product(const Scattered<T>& left, int64_t count, int64_t k, const T* b, int64_t b_row, int64_t b_panel,
                       int64_t width, int64_t columns, T* c, bool adds, Ahead<T>& ahead) {
  constexpr int64_t kTogether = 4 * kTileRows;  // whole strips
  const bool keeps_b = k * columns * static_cast<int64_t>(sizeof(T)) <= kKeptBytes;
  const int64_t together = keeps_b ? kTogether : std::max<int64_t>(count, 1);
  for (int64_t i = 0; i < count; i += together)
    for (int64_t j = 0; j < columns; j += width)
      scattered_panel<T>(left, i, std::min(i + together, count), k, b + j / width * b_panel, b_row,
                         std::min(width, columns - j), c + j, adds, ahead);
}

// How often a product of so many rows and columns turns to what is ahead.
template <typename T>
int64_t turns_of(int64_t count, int64_t width, int64_t columns) {
  const int64_t height = width > kLanes<T> ? kTileRows : kNarrowRows;
  return (count + height - 1) / height * ((columns + width - 1) / width);
}

}  // namespace yeoul::YEOUL_ISA
