// Matrix product: c[b, i, j] = sum over k of a[b, i, k] b[b, k, j], with byte code applied to finished tiles.
//
//   pieces of kRows x kColumns outputs; in each, blocks of kDepth along k; in those, tiles of MR rows x NR columns held
//   in registers
//
// `gemm_layout` chooses by the shape:
//   tiny   plain loops
//   thin   few rows, many weights: pieces are blocks of columns; a is packed once for all, each piece packs its own b
//   rows   pieces are blocks of rows, and of columns where there are many.  b is read in place when its rows are
//          contiguous and few rows of a pass over it, else packed into panels of NR columns that all pieces share; a is
//          packed per piece when many columns read it
//   split  few rows, a narrow b, large k: pieces are parts of k, whose results are added in order at the end.  Each
//          reads its own rows of b, in blocks that stay in the first-level cache while all rows of a meet them
// How k is cut depends on the shape alone, so the bits do not depend on threads.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/map.h"
#include "kernels/pack.h"
#include "kernels/parts.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

constexpr int64_t kDepth = 320;              // k of a panel: a panel of b stays in the first-level cache
constexpr int64_t kLeastDepth = 64;          // of a block of k: below, loading and storing sums takes too long
constexpr int64_t kColumns = 768;            // columns of a piece
constexpr int64_t kStayingBytes = 24 << 10;  // of b that stay in the first-level cache beside what else is read
constexpr int64_t kTinyWork = 2048;          // multiply-adds below which no tiles are made
constexpr int64_t kThinWeights = 1 << 18;    // elements of b that the second-level cache does not hold
constexpr int64_t kThinRows = 256;           // rows that share one packing of b
constexpr int64_t kThinPanels = 8;           // of b at once: its rows are read in runs long enough for memory
constexpr int64_t kSplitRows = 63;           // rows up to which a product is cut along k
constexpr int64_t kSplitBytes = 512;         // of a row of b that counts as narrow
constexpr int64_t kSplitDepth = 256;         // least k that is cut
constexpr int64_t kSplitWork = 1 << 19;    // least multiply-adds that are cut, four times as many for each further cut
constexpr int64_t kSplitBlock = 40 << 10;  // bytes of b between whose reads the sums are stored

enum class GemmWay : uint8_t { tiny, thin, rows, split };

struct GemmLayout {
  GemmWay way;
  int64_t row_blocks, rows;  // pieces along m, as even as can be; most rows of one
  int64_t column_blocks, columns;
  int64_t parts;  // of k
  bool packs_a, packs_b;
  int64_t depth;   // of a block of k
  int64_t panels;  // of b
  size_t a_bytes, b_bytes, c_bytes, map_bytes;

  int64_t row_of(int64_t block, int64_t m) const { return m * block / row_blocks; }
  // Columns of a piece of a thin product: whole panels, as even as can be.
  int64_t column_of(int64_t block, int64_t nr, int64_t n) const {
    return std::min(panels * block / column_blocks * nr, n);
  }
};

inline bool is_tiny_product(const GemmShape& s) { return s.m * s.n * s.k <= kTinyWork || s.n * s.k <= 64; }

template <typename T>
GemmLayout gemm_layout(const GemmShape& s, const MapProgram* epilogue, bool has_out) {
  constexpr int64_t nr = kTileColumns<T>;
  GemmLayout l{};
  l.panels = (s.n + nr - 1) / nr;
  const bool is_tiny = is_tiny_product(s);
  const int64_t row_bytes = s.n * static_cast<int64_t>(sizeof(T));
  const bool is_split = s.batch == 1 && s.b_col == 1 && s.b_row == s.n && s.m <= kSplitRows &&
                        row_bytes <= kSplitBytes && s.k >= kSplitDepth && s.m * s.n * s.k >= kSplitWork;
  const bool is_thin = !is_split && s.batch == 1 && s.m >= kTileRows && s.m <= kThinRows && s.n * s.k >= kThinWeights &&
                       l.panels >= (s.m <= 64 ? 4 : 32);
  l.way = is_tiny ? GemmWay::tiny : is_split ? GemmWay::split : is_thin ? GemmWay::thin : GemmWay::rows;
  l.parts = 1;
  l.depth = kDepth;
  const auto bytes = [](int64_t count) { return count > 0 ? static_cast<size_t>(count) * sizeof(T) + 64 : 0; };
  l.map_bytes = epilogue ? map_scratch_bytes(*epilogue) + 64 : 0;
  if (is_tiny) {
    l.row_blocks = l.column_blocks = 1, l.rows = s.m, l.columns = s.n;
    l.c_bytes = bytes(has_out ? 0 : s.m * s.n);
    return l;
  }
  const int64_t depth = std::min(s.k, kDepth);
  if (is_thin) {
    l.row_blocks = 1, l.rows = s.m;
    l.column_blocks = std::min<int64_t>(l.panels, 4);
    l.columns = (l.panels + l.column_blocks - 1) / l.column_blocks * nr;
    l.b_bytes = bytes(depth * std::min(l.columns, kThinPanels * nr));
    l.c_bytes = bytes(has_out ? 0 : l.rows * l.columns);
    return l;
  }
  if (is_split) {
    l.row_blocks = l.column_blocks = 1, l.rows = s.m, l.columns = s.n;
    for (l.parts = 2; l.parts < 8 && s.m * s.n * s.k >= 4 * l.parts * kSplitWork;) l.parts *= 2;
    l.depth = std::clamp(kSplitBlock / row_bytes, kLeastDepth, kDepth);
    l.b_bytes = bytes((s.n < kLanes<T> ? s.k : 2 * s.m) * nr);  // the only panel, or sums of the last columns
    return l;
  }
  // Rows of b that lie a large power of two apart would all fall on the same few cache sets.
  const bool collides = s.b_row * static_cast<int64_t>(sizeof(T)) % 2048 == 0 && s.m >= 2 * kTileRows;
  l.packs_b = (s.b_col != 1 || (s.k >= 32 && s.n > nr && (s.m >= 64 || collides) && s.k * row_bytes > kStayingBytes));
  l.packs_a = s.k >= 64 && s.m >= 2 * kTileRows && s.n >= (s.a_col == 1 ? 16 : 4) * nr;
  l.column_blocks = std::max<int64_t>((s.n + kColumns - 1) / kColumns, 1);
  l.columns = ((s.n + l.column_blocks - 1) / l.column_blocks + nr - 1) / nr * nr;
  l.column_blocks = std::max<int64_t>((s.n + l.columns - 1) / l.columns, 1);
  const int64_t strips = (s.m + kTileRows - 1) / kTileRows;
  // Enough pieces for several threads when the work is worth it, rows for about 100 KB of a and c otherwise.
  const double work = static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  int64_t per_block = epilogue ? 8 : 12;
  if (work > 100000.0) per_block = std::min(per_block, std::max<int64_t>((strips * l.column_blocks + 3) / 4, 1));
  if (work > 100000.0 && strips < 8) per_block = std::max<int64_t>((strips + 1) / 2, 1);
  l.row_blocks = std::max<int64_t>((strips + per_block - 1) / per_block, 1);
  if (l.row_blocks > 2 && l.row_blocks < 64)
    l.row_blocks = std::min((l.row_blocks + 3) / 4 * 4, strips);  // even shares
  l.rows = std::max<int64_t>((s.m + l.row_blocks - 1) / l.row_blocks, 1);
  l.a_bytes = bytes(l.packs_a ? (l.rows + kTileRows - 1) / kTileRows * kTileRows * depth : 0);
  l.b_bytes = bytes(l.packs_b ? 0 : s.k * nr);  // the last panel
  l.c_bytes = bytes(has_out ? 0 : l.rows * std::min(l.columns, std::max<int64_t>(s.n, 1)));
  return l;
}

inline int64_t round_to_strips(int64_t rows) { return (rows + kTileRows - 1) / kTileRows * kTileRows; }
inline size_t round_up(size_t n) { return (n + 63) / 64 * 64; }

template <typename T>
Plan gemm_plan_typed(const GemmShape& s, const MapProgram* epilogue) {
  const GemmLayout l = gemm_layout<T>(s, epilogue, false);
  Plan plan{};
  plan.pieces = std::max<int64_t>(s.batch * l.row_blocks * l.column_blocks * l.parts, 1);
  plan.scratch_bytes = round_up(l.map_bytes) + round_up(l.a_bytes) + round_up(l.c_bytes) + round_up(l.b_bytes);
  const auto shared = [](int64_t count) { return static_cast<size_t>(count) * sizeof(T) + 64; };
  if (l.packs_b) plan.shared_scratch_bytes = shared((s.b_batch ? s.batch : 1) * l.panels * s.k * kTileColumns<T>);
  if (l.way == GemmWay::thin) plan.shared_scratch_bytes = shared(round_to_strips(s.m) * s.k);
  if (plan.shared_scratch_bytes > 0) plan.prepare_pieces = plan.pieces;
  if (l.way == GemmWay::split) plan.shared_scratch_bytes = shared(l.parts * s.m * s.n), plan.finish_pieces = 1;
  const double work =
      static_cast<double>(s.batch) * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  plan.work = 20.0 + work * 2.0 / (sizeof(T) == 4 ? 40.0 : 20.0) + (epilogue ? map_work(*epilogue) : 0.0);
  return plan;
}

inline Plan gemm_plan(const GemmShape& s, const MapProgram* epilogue) {
  return s.type == DType::F64 ? gemm_plan_typed<double>(s, epilogue) : gemm_plan_typed<float>(s, epilogue);
}

template <typename T>
void gemm_prepare_typed(const GemmTask& task, char* shared, int64_t piece, int64_t pieces) {
  const GemmShape& s = task.shape;
  const GemmLayout l = gemm_layout<T>(s, task.epilogue, false);
  if (l.way == GemmWay::thin) {
    const int64_t strips = (s.m + kTileRows - 1) / kTileRows;
    for (int64_t i = strips * piece / pieces; i < strips * (piece + 1) / pieces; ++i) {
      const int64_t top = s.m * i / strips, height = s.m * (i + 1) / strips - top;
      pack_strip<T>(static_cast<const T*>(task.a) + top * s.a_row, s.a_row, s.a_col, height, s.k,
                    reinterpret_cast<T*>(shared) + i * kTileRows * s.k);
    }
    return;
  }
  constexpr int64_t nr = kTileColumns<T>;
  const int64_t batches = s.b_batch ? s.batch : 1;
  const int64_t units = batches * l.panels;
  for (int64_t unit = units * piece / pieces; unit < units * (piece + 1) / pieces; ++unit) {
    const int64_t batch = unit / l.panels, panel = unit % l.panels;
    const T* b = static_cast<const T*>(task.b) + batch * s.b_batch + panel * nr * s.b_col;
    pack_panel<T>(b, s.b_row, s.b_col, s.k, std::min(nr, s.n - panel * nr),
                  reinterpret_cast<T*>(shared) + unit * s.k * nr);
  }
}

inline void gemm_prepare(const GemmTask& task, char* shared, int64_t piece, int64_t pieces) {
  if (task.shape.type == DType::F64)
    gemm_prepare_typed<double>(task, shared, piece, pieces);
  else
    gemm_prepare_typed<float>(task, shared, piece, pieces);
}

// Rows of a at even distances.
template <typename T>
struct EvenRows {
  const T* a;
  int64_t row, column;
  T at(int i) const { return a[i * row]; }
  void next() { a += column; }
};

// sum[i] += a[i, p] b[p] for p in [0, k): MR rows of a, NV vectors of b, all sums in registers.
template <typename T, int MR, int NV, typename Rows>
[[gnu::always_inline]] inline void multiply_add(Vec<T> (&sum)[MR][NV], int64_t k, Rows a, const T* b, int64_t b_row) {
  constexpr int w = kLanes<T>;
  for (int64_t p = 0; p < k; ++p) {
    Vec<T> bv[NV];
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) bv[v] = load(b + v * w);
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i) {
      const Vec<T> av = broadcast(a.at(i));
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) sum[i][v] += av * bv[v];
    }
    a.next();
    b += b_row;
  }
}

// MR x (NV vectors) of c over all that `add_products` adds up; `adds` continues an earlier block of k.  What c holds is
// read at the end, when nothing waits for it.
template <typename T, int MR, int NV, typename AddProducts>
[[gnu::always_inline]] inline void tile_with(T* c, int64_t c_row, bool adds, AddProducts add_products) {
  constexpr int w = kLanes<T>;
  Vec<T> sum[MR][NV] = {};
  add_products(sum);
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < NV; ++v) {
      T* to = c + i * c_row + v * w;
      store(to, adds ? load(to) + sum[i][v] : sum[i][v]);
    }
  }
}

template <typename T, int MR, int NV>
inline void tile(int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row, T* c, int64_t c_row,
                 bool adds) {
  tile_with<T, MR, NV>(c, c_row, adds, [&](Vec<T>(&sum)[MR][NV]) __attribute__((always_inline)) {
    multiply_add<T, MR, NV>(sum, k, EvenRows<T>{a, a_row, a_col}, b, b_row);
  });
}

// Rows of a tile that is NV vectors wide.
constexpr int rows_of_tile(int vectors) {
  return vectors == 1 ? kTallRows : vectors > kTileVectors ? kTileVectors * kTileRows / vectors : kTileRows;
}

template <typename T, int NV, int MR = rows_of_tile(NV)>
inline void tile_rows(int64_t rows, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row,
                      T* c, int64_t c_row, bool adds) {
  if constexpr (MR > 1) {
    if (rows < MR) return tile_rows<T, NV, MR - 1>(rows, k, a, a_row, a_col, b, b_row, c, c_row, adds);
  }
  tile<T, MR, NV>(k, a, a_row, a_col, b, b_row, c, c_row, adds);
}

// Fewer than 64 elements, where a call to memcpy would cost more than the copy.
template <typename T>
inline void copy_few(T* to, const T* from, int64_t n) {
#pragma GCC unroll 6
  for (int64_t part = 32; part > 0; part /= 2) {
    if (!(n & part)) continue;
    std::memcpy(to, from, static_cast<size_t>(part) * sizeof(T));
    to += part, from += part;
  }
}

// Any number of columns up to NR: whole vectors, then an edge through a small buffer.  b has NR readable columns.
template <typename T>
inline void tile_any(int64_t rows, int64_t columns, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b,
                     int64_t b_row, T* c, int64_t c_row, bool adds) {
  constexpr int w = kLanes<T>;
  constexpr int64_t nr = kTileColumns<T>;
  if (columns == nr) return tile_rows<T, kTileVectors>(rows, k, a, a_row, a_col, b, b_row, c, c_row, adds);
  alignas(64) T edge[std::max<int64_t>(kTileRows * nr, kTallRows * w)] = {};
  const bool is_narrow = columns <= w;
  const int64_t edge_row = is_narrow ? w : nr;
  if (adds)
    for (int64_t i = 0; i < rows; ++i) copy_few(edge + i * edge_row, c + i * c_row, columns);
  if (is_narrow)
    tile_rows<T, 1>(rows, k, a, a_row, a_col, b, b_row, edge, edge_row, adds);
  else
    tile_rows<T, kTileVectors>(rows, k, a, a_row, a_col, b, b_row, edge, edge_row, adds);
  for (int64_t i = 0; i < rows; ++i) copy_few(c + i * c_row, edge + i * edge_row, columns);
}

// All rows of NV vectors of columns in strips as even as can be.
template <typename T, int NV>
void even_strips(int64_t rows, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row, T* c,
                 int64_t c_row, bool adds = false) {
  const int64_t strips = (rows - 1) / rows_of_tile(NV) + 1;
  for (int64_t i = 0; i < strips; ++i) {
    const int64_t top = rows * i / strips, height = rows * (i + 1) / strips - top;
    tile_rows<T, NV>(height, k, a + top * a_row, a_row, a_col, b, b_row, c + top * c_row, c_row, adds);
  }
}

// Columns of b that stand in place, in panels of `width`: whole ones, then those that end where the columns end and so
// overlap what is left of them.  Both compute the same to the bit.
struct LastColumns {
  int64_t whole;  // columns before
  int64_t width;  // of what overlaps

  template <typename T>
  static LastColumns of(int64_t columns) {
    constexpr int64_t nr = kTileColumns<T>, w = kLanes<T>;
    const int64_t edge = columns % nr;
    if (edge == 0) return {columns, nr};
    if (edge > w && columns >= nr) return {columns - edge, nr};
    if (edge <= w && columns >= nr + w) return {columns - edge - nr, nr + w};
    return {columns - edge, w};
  }
};

template <typename T>
void even_strips_of(int64_t width, int64_t rows, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b,
                    int64_t b_row, T* c, int64_t c_row, bool adds) {
  constexpr int64_t w = kLanes<T>;
  if (width == w) return even_strips<T, 1>(rows, k, a, a_row, a_col, b, b_row, c, c_row, adds);
  if (width == kTileColumns<T>) return even_strips<T, kTileVectors>(rows, k, a, a_row, a_col, b, b_row, c, c_row, adds);
  even_strips<T, kTileVectors + 1>(rows, k, a, a_row, a_col, b, b_row, c, c_row, adds);
}

// Memory that is fetched, bit by bit, while products are computed.
template <typename T>
struct Fetch {
  const T *at = nullptr, *end = nullptr;
  int64_t share = 0;

  Fetch() = default;
  Fetch(const T* first, const T* last, int64_t turns)
      : at(first), end(last), share((last - first) / std::max<int64_t>(turns, 1) + 1) {}
  template <int kForWriting>
  void turn() {
    constexpr int64_t line = 64 / static_cast<int64_t>(sizeof(T));
    for (const T* stop = std::min(at + share, end); at < stop; at += line) __builtin_prefetch(at, kForWriting, 2);
  }
};

// The whole of a tiny product, before anything is worked out about larger ones.
template <typename T>
void tiny_product(const GemmTask& task, int64_t batch, char* scratch) {
  const GemmShape& s = task.shape;
  const size_t map_bytes = task.epilogue ? round_up(map_scratch_bytes(*task.epilogue) + 64) : 0;
  const T* a = static_cast<const T*>(task.a) + batch * s.a_batch;
  const T* b = static_cast<const T*>(task.b) + batch * s.b_batch;
  T* c = task.out ? static_cast<T*>(task.out) + batch * s.m * s.n : reinterpret_cast<T*>(scratch + map_bytes);
  for (int64_t i = 0; i < s.m; ++i) {
    T* y = c + i * s.n;
    for (int64_t j = 0; j < s.n; ++j) y[j] = T(0);
    for (int64_t p = 0; p < s.k; ++p) {
      const T x = a[i * s.a_row + p * s.a_col];
      const T* row = b + p * s.b_row;
      if (s.b_col == 1) {
        for (int64_t j = 0; j < s.n; ++j) y[j] += x * row[j];
      } else {
        for (int64_t j = 0; j < s.n; ++j) y[j] += x * row[j * s.b_col];
      }
    }
  }
  const int64_t at = batch * s.m * s.n;
  if (task.epilogue) map_run(*task.epilogue, task.values, at, at + s.m * s.n, c, nullptr, scratch);
}

// All rows of a block of columns.  While one block of b is multiplied, the next is fetched from memory.
template <typename T>
void thin_product(const GemmTask& task, const T* a, int64_t first, int64_t columns, T* c, int64_t c_row, T* packed) {
  constexpr int64_t nr = kTileColumns<T>, line = 64 / static_cast<int64_t>(sizeof(T));
  const GemmShape& s = task.shape;
  const T* b = static_cast<const T*>(task.b) + first * s.b_col;
  const int64_t strips = round_to_strips(s.m) / kTileRows, blocks = (s.k + kDepth - 1) / kDepth;
  const int64_t panels = (columns + nr - 1) / nr, groups = (panels + kThinPanels - 1) / kThinPanels;
  const auto column_of = [&](int64_t group) { return std::min(panels * group / groups * nr, columns); };
  for (int64_t turn = 0; turn < groups * blocks; ++turn) {
    const int64_t column = column_of(turn / blocks), depth = turn % blocks * kDepth;
    const int64_t width = column_of(turn / blocks + 1) - column, k = std::min(kDepth, s.k - depth);
    pack_panels<T>(b + depth * s.b_row + column * s.b_col, s.b_row, s.b_col, k, width, packed);
    const int64_t next = (turn + 1) / blocks, next_column = column_of(next), next_depth = (turn + 1) % blocks * kDepth;
    const int64_t next_width = column_of(next + 1) - next_column;
    const int64_t next_k = turn + 1 < groups * blocks && s.b_col == 1 ? std::min(kDepth, s.k - next_depth) : 0;
    const int64_t tiles = strips * ((width + nr - 1) / nr);
    int64_t tile = 0, fetched = 0;
    for (int64_t j = 0; j < width; j += nr) {
      for (int64_t i = 0; i < strips; ++i) {
        const int64_t top = s.m * i / strips, height = s.m * (i + 1) / strips - top;
        for (const int64_t until = next_k * ++tile / tiles; fetched < until; ++fetched) {
          const T* row = b + (next_depth + fetched) * s.b_row + next_column;
          for (int64_t x = 0; x < next_width; x += line) __builtin_prefetch(row + x, 0, 2);
        }
        tile_any<T>(height, std::min(nr, width - j), k, a + (i * s.k + depth) * kTileRows, 1, kTileRows, packed + j * k,
                    nr, c + top * c_row + column + j, c_row, depth > 0);
      }
    }
  }
}

template <typename T>
void gemm_run_typed(const GemmTask& task, char* shared, int64_t piece, char* scratch) {
  GemmShape s = task.shape;
  if (is_tiny_product(s)) return tiny_product<T>(task, piece, scratch);
  const GemmLayout l = gemm_layout<T>(s, task.epilogue, false);
  constexpr int64_t nr = kTileColumns<T>;
  const int64_t part = piece % l.parts, first_k = s.k * part / l.parts;
  s.k = s.k * (part + 1) / l.parts - first_k;
  piece /= l.parts;
  const int64_t blocks = l.row_blocks * l.column_blocks;
  const int64_t batch = piece / blocks;
  const bool is_thin = l.way == GemmWay::thin, is_split = l.way == GemmWay::split;
  const int64_t block = piece % l.column_blocks, row_block = piece % blocks / l.column_blocks;
  const int64_t row = l.row_of(row_block, s.m);
  const int64_t column = is_thin ? l.column_of(block, nr, s.n) : block * l.columns;
  const int64_t rows = l.row_of(row_block + 1, s.m) - row;
  const int64_t columns = is_thin ? l.column_of(block + 1, nr, s.n) - column : std::min(l.columns, s.n - column);
  if (rows <= 0 || columns <= 0 || batch >= s.batch) return;
  char* map_scratch = scratch;
  T* packed_a = reinterpret_cast<T*>(scratch + round_up(l.map_bytes));
  T* own_c = reinterpret_cast<T*>(scratch + round_up(l.map_bytes) + round_up(l.a_bytes));
  T* tail = reinterpret_cast<T*>(scratch + round_up(l.map_bytes) + round_up(l.a_bytes) + round_up(l.c_bytes));
  const T* a = static_cast<const T*>(task.a) + batch * s.a_batch + row * s.a_row + first_k * s.a_col;
  const T* b = static_cast<const T*>(task.b) + batch * s.b_batch + first_k * s.b_row;
  T* c = is_split   ? reinterpret_cast<T*>(shared) + part * s.m * s.n
         : task.out ? static_cast<T*>(task.out) + (batch * s.m + row) * s.n + column
                    : own_c;
  const int64_t c_row = task.out ? s.n : columns;
  const auto finish = [&](int64_t first, int64_t count) {
    if (!task.epilogue || is_split) return;
    const int64_t at = (batch * s.m + row + first) * s.n + column;
    if (columns == s.n) {
      map_run(*task.epilogue, task.values, at, at + count * s.n, c + first * c_row, nullptr, map_scratch);
    } else {
      for (int64_t i = 0; i < count; ++i)
        map_run(*task.epilogue, task.values, at + i * s.n, at + i * s.n + columns, c + (first + i) * c_row, nullptr,
                map_scratch);
    }
  };
  if (is_thin) {
    thin_product<T>(task, reinterpret_cast<const T*>(shared), column, columns, c, c_row, tail);
    finish(0, rows);
    return;
  }
  constexpr int64_t w = kLanes<T>;
  const int64_t edge = columns % nr;
  const bool overlaps = !l.packs_b && columns >= w;
  const bool has_tail = !l.packs_b && edge != 0 && !overlaps;
  if (has_tail) pack_panel<T>(b + (column + columns - edge), s.b_row, 1, s.k, edge, tail);
  const auto panel_at = [&](int64_t j, int64_t depth, int64_t* stride) -> const T* {
    if (l.packs_b) {
      *stride = nr;
      const int64_t unit = (s.b_batch ? batch : 0) * l.panels + (column + j) / nr;
      return reinterpret_cast<const T*>(shared) + (unit * s.k + depth) * nr;
    }
    if (has_tail && j + nr > columns) {
      *stride = nr;
      return tail + depth * nr;
    }
    *stride = s.b_row;
    return b + depth * s.b_row + column + j;
  };
  // The epilogue takes a few strips at once: long runs of byte code over what is still in the first-level cache.
  const bool is_shallow = !l.packs_a && s.k <= l.depth;
  const bool keeps_b = is_split || (is_shallow && s.k * columns * static_cast<int64_t>(sizeof(T)) <= kStayingBytes);
  const int64_t together =
      is_shallow && task.epilogue && !is_split ? std::max<int64_t>(3072 / columns, kTileRows) : rows;
  const int64_t groups = (rows + together - 1) / together;
  const bool has_narrow = l.packs_b && !l.packs_a && edge != 0 && edge <= w;  // done by tall tiles
  const LastColumns last = overlaps ? LastColumns::of<T>(columns) : LastColumns{columns - (has_narrow ? edge : 0), nr};
  const int64_t whole = last.whole;
  for (int64_t group = 0; group < groups; ++group) {
    const int64_t first = rows * group / groups, count = rows * (group + 1) / groups - first;
    const int64_t strips = round_to_strips(count) / kTileRows, tall = (count + kTallRows - 1) / kTallRows;
    T* to = c + first * c_row;
    const int64_t depths = (s.k - 1) / l.depth + 1;
    for (int64_t turn = 0; turn < depths; ++turn) {
      const int64_t depth = s.k * turn / depths, k = s.k * (turn + 1) / depths - depth;
      const bool adds = depth > 0;
      const T* left = a + first * s.a_row + depth * s.a_col;
      if (l.packs_a) pack_strips<T>(left, s.a_row, s.a_col, count, k, packed_a);
      const auto multiply = [&](int64_t strip, int64_t of, int64_t j) {
        const int64_t top = count * strip / of, height = count * (strip + 1) / of - top;
        int64_t stride;
        const T* panel = panel_at(j, depth, &stride);
        const T* from = l.packs_a ? packed_a + strip * kTileRows * k : left + top * s.a_row;
        tile_any<T>(height, std::min(nr, columns - j), k, from, l.packs_a ? 1 : s.a_row,
                    l.packs_a ? kTileRows : s.a_col, panel, stride, to + top * c_row + j, c_row, adds);
      };
      if (keeps_b) {
        const T* end = b + (depth + k) * s.b_row;
        Fetch ahead(end, end + (is_split ? std::min(k, s.k - depth - k) * s.b_row : 0), strips * (whole / nr + 1));
        for (int64_t i = 0; i < strips; ++i) {
          for (int64_t j = 0; j < whole; j += nr) {
            ahead.template turn<0>();
            multiply(i, strips, j);
          }
        }
      } else {
        for (int64_t j = 0; j < whole; j += nr)
          for (int64_t i = 0; i < strips; ++i) multiply(i, strips, j);
      }
      for (int64_t i = 0; has_narrow && i < tall; ++i) multiply(i, tall, whole);
      // Unless b is read block by block, sums of the last columns stay in registers for all of k.
      if (!overlaps || !(is_split || turn == depths - 1)) continue;
      const int64_t from = is_split ? depth : 0, own = depth + k - from;
      const T* above = a + first * s.a_row + from * s.a_col;
      const T* right = b + from * s.b_row + column;
      for (int64_t j = whole; j < columns; j += last.width) {
        const int64_t at = std::min(j, columns - last.width);
        T* sums = is_split ? tail + (j - whole) * rows : to + at;
        even_strips_of<T>(last.width, count, own, above, s.a_row, s.a_col, right + at, s.b_row, sums,
                          is_split ? last.width : c_row, is_split && adds);
      }
    }
    finish(first, count);
  }
  for (int64_t j = whole; is_split && overlaps && j < columns; j += last.width) {
    const int64_t at = std::min(j, columns - last.width);
    for (int64_t i = 0; i < rows; ++i)
      std::copy_n(tail + (j - whole) * rows + i * last.width + (j - at), at + last.width - j, c + i * c_row + j);
  }
}

inline void gemm_run(const GemmTask& task, char* shared, int64_t piece, char* scratch) {
  if (task.shape.type == DType::F64)
    gemm_run_typed<double>(task, shared, piece, scratch);
  else
    gemm_run_typed<float>(task, shared, piece, scratch);
}

inline void gemm_finish(const GemmTask& task, const Plan& plan, char* shared, int64_t piece, char* scratch) {
  const GemmShape& s = task.shape;
  const PartSum sum{s.type == DType::F64 ? gemm_layout<double>(s, task.epilogue, false).parts
                                         : gemm_layout<float>(s, task.epilogue, false).parts,
                    s.m * s.n,
                    shared,
                    task.out,
                    task.epilogue,
                    task.values};
  s.type == DType::F64 ? add_parts<double>(sum, plan, piece, scratch) : add_parts<float>(sum, plan, piece, scratch);
}

inline Rows gemm_rows(const GemmShape& s, const MapProgram* epilogue, int64_t piece) {
  const GemmLayout l =
      s.type == DType::F64 ? gemm_layout<double>(s, epilogue, false) : gemm_layout<float>(s, epilogue, false);
  if (l.column_blocks > 1 || l.parts > 1) return {-1, -1};
  const int64_t first = piece / l.row_blocks * s.m, block = piece % l.row_blocks;
  return {first + l.row_of(block, s.m), first + l.row_of(block + 1, s.m)};
}

}  // namespace yeoul::YEOUL_ISA
