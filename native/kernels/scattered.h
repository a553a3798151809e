// Products of a left operand whose rows start anywhere and whose k elements lie in runs, with a panel of b.
//
//   c[i, j] = sum over runs r, p of a[rows[i] + r.at + p step] b[k, j]      k counting through all runs
//
// The same tiles of registers as in gemm.h: only the addresses of rows come from a table.
#pragma once

#include "kernels/gemm.h"
#include "kernels/patch.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

// Rows of a that start anywhere.
template <typename T, int MR>
struct ScatteredRows {
  const T* row[MR];
  int64_t step, position = 0;
  T at(int i) const { return row[i][position]; }
  void next() { position += step; }
};

// A left operand: row i starts at a + rows[i], and its k elements lie in runs, `step` apart.
template <typename T>
struct LeftRows {
  const T* a;
  const int64_t* rows;
  const Run* runs;
  int64_t n_runs, step;
};

template <typename T, int MR, int NV>
void tile_of_runs(const LeftRows<T>& left, int64_t top, const T* b, int64_t b_row, T* c, int64_t c_row, bool adds) {
  tile_with<T, MR, NV>(c, c_row, adds, [&](Vec<T>(&sum)[MR][NV]) __attribute__((always_inline)) {
    const T* panel = b;
    for (int64_t r = 0; r < left.n_runs; ++r) {
      const Run run = left.runs[r];
      ScatteredRows<T, MR> rows;
#pragma GCC unroll 16
      for (int i = 0; i < MR; ++i) rows.row[i] = left.a + left.rows[top + i] + run.at;
      rows.step = left.step;
      multiply_add<T, MR, NV>(sum, run.length, rows, panel, b_row);
      panel += run.length * b_row;
    }
  });
}

constexpr int kNarrowRows = 8;  // of a tile one vector wide

template <typename T, int NV, int MR = NV == 1 ? kNarrowRows : kTileRows>
void tile_of_rows(int64_t height, const LeftRows<T>& left, int64_t top, const T* b, int64_t b_row, T* c, int64_t c_row,
                  bool adds) {
  if constexpr (MR > 1) {
    if (height < MR) return tile_of_rows<T, NV, MR - 1>(height, left, top, b, b_row, c, c_row, adds);
  }
  tile_of_runs<T, MR, NV>(left, top, b, b_row, c, c_row, adds);
}

// `count` rows of up to NV vectors of columns.
template <typename T, int NV>
void strips_of_runs(const LeftRows<T>& left, int64_t count, const T* b, int64_t b_row, int64_t columns, T* c,
                    int64_t c_row, bool adds) {
  constexpr int64_t height = NV == 1 ? kNarrowRows : kTileRows, width = NV * kLanes<T>;
  const int64_t strips = (count + height - 1) / height;
  for (int64_t i = 0; i < strips; ++i) {
    const int64_t top = count * i / strips, rows = count * (i + 1) / strips - top;
    T* to = c + top * c_row;
    if (columns == width) {
      tile_of_rows<T, NV>(rows, left, top, b, b_row, to, c_row, adds);
      continue;
    }
    alignas(64) T edge[height * width];
    if (adds)
      for (int64_t r = 0; r < rows; ++r) copy_few(edge + r * width, to + r * c_row, columns);
    tile_of_rows<T, NV>(rows, left, top, b, b_row, edge, width, adds);
    for (int64_t r = 0; r < rows; ++r) copy_few(to + r * c_row, edge + r * width, columns);
  }
}

// R dot products with a single column, vectors along k.  Elements of a run must be neighbours.
template <typename T, int R>
void dots_of_rows(const LeftRows<T>& left, int64_t top, const T* b, T* c, int64_t c_row, bool adds) {
  constexpr int64_t w = kLanes<T>;
  Vec<T> sum[R];
  T rest[R];
#pragma GCC unroll 4
  for (int i = 0; i < R; ++i) sum[i] = Vec<T>{}, rest[i] = adds ? c[i * c_row] : T(0);
  for (int64_t r = 0; r < left.n_runs; ++r) {
    const Run run = left.runs[r];
    const T* row[R];
#pragma GCC unroll 4
    for (int i = 0; i < R; ++i) row[i] = left.a + left.rows[top + i] + run.at;
    int64_t p = 0;
    for (; p + w <= run.length; p += w) {
      const Vec<T> bv = load(b + p);
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) sum[i] += load(row[i] + p) * bv;
    }
    for (; p < run.length; ++p) {
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) rest[i] += row[i][p] * b[p];
    }
    b += run.length;
  }
  for (int i = 0; i < R; ++i) {
    T total = rest[i];
    for (int64_t lane = 0; lane < w; ++lane) total += sum[i][lane];
    c[i * c_row] = total;
  }
}

template <typename T>
void dots_of_runs(const LeftRows<T>& left, int64_t count, const T* b, T* c, int64_t c_row, bool adds) {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) dots_of_rows<T, 4>(left, i, b, c + i * c_row, c_row, adds);
  for (; i < count; ++i) dots_of_rows<T, 1>(left, i, b, c + i * c_row, c_row, adds);
}

// `count` rows of a panel of b, whose rows are `b_row` apart; a panel of one column has b_row = 1.
template <typename T>
void panel_of_runs(const LeftRows<T>& left, int64_t count, const T* b, int64_t b_row, int64_t columns, T* c,
                   int64_t c_row, bool adds) {
  constexpr int64_t w = kLanes<T>;
  if (b_row == 1) return dots_of_runs(left, count, b, c, c_row, adds);
  if (columns <= w) return strips_of_runs<T, 1>(left, count, b, b_row, columns, c, c_row, adds);
  if (kTileVectors == 2 || columns <= 2 * w)
    return strips_of_runs<T, 2>(left, count, b, b_row, columns, c, c_row, adds);
  strips_of_runs<T, kTileVectors>(left, count, b, b_row, columns, c, c_row, adds);
}

}  // namespace yeoul::YEOUL_ISA
