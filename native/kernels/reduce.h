// Reductions over the middle axis of a contiguous (outer, reduced, inner) array, several side by side.
//
//   y[o, i] = reduce over r of x[o, r, i]
//
// Rows (inner = 1) are reduced with several lanes at once; columns by adding whole rows. Long axes are cut into parts
// of fixed size whose states are joined in order, in double precision for float32, so that the error stays that of
// pairwise summation and the bits never depend on threads. A variance is read once: each block of rows has its own mean
// and squared deviations, and blocks join by the formula of Chan, Golub & LeVeque 1979.
#pragma once

#include <algorithm>
#include <limits>

#include "kernels/kernels.h"
#include "kernels/map.h"
#include "kernels/pack.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

constexpr int64_t kReduceBlock = 16384;  // elements a part of a long row covers
constexpr int64_t kColumnChunk = 512;    // columns a unit covers
constexpr int64_t kRowBlock = 64;        // rows added up before they join the total
constexpr int kGroup = 8;                // of them that are read side by side
constexpr int64_t kMomentRows = 128;     // rows whose deviations are added up before they join
constexpr int64_t kBlockSpace = 3 * kColumnChunk;
constexpr int64_t kWideRow = 128;         // columns whose sums are independent enough to keep the adders busy
constexpr int64_t kReduceBuffer = 4096;   // elements of a prologue's result held at a time
constexpr int64_t kRowGap = 16;           // elements between rows of it, which keep them off the same cache sets
constexpr int64_t kShortRow = 64;         // elements of rows that are reduced side by side, unless they are summed up
constexpr int64_t kRowLanes = 16;         // of them at once
constexpr int64_t kPartElements = 32768;  // elements that a part of long columns has at least
constexpr int64_t kMostParts = 64;

// What sums and products accumulate in.
template <typename T>
struct Wide {
  using type = T;
};
template <>
struct Wide<float> {
  using type = double;
};

template <Reduction K, typename A>
inline A identity() {
  if constexpr (K == Reduction::red_sum || K == Reduction::red_variance)
    return A(0);
  else if constexpr (K == Reduction::red_prod)
    return A(1);
  else if constexpr (K == Reduction::red_max)
    return std::numeric_limits<A>::has_infinity ? -std::numeric_limits<A>::infinity()
                                                : std::numeric_limits<A>::lowest();
  else
    return std::numeric_limits<A>::has_infinity ? std::numeric_limits<A>::infinity() : std::numeric_limits<A>::max();
}

template <Reduction K, typename A>
inline A combine(A a, A b) {
  if constexpr (K == Reduction::red_sum || K == Reduction::red_variance)
    return static_cast<A>(Wrap<A>(a) + Wrap<A>(b));
  else if constexpr (K == Reduction::red_prod)
    return static_cast<A>(Wrap<A>(a) * Wrap<A>(b));
  else if constexpr (K == Reduction::red_max)
    return (a > b || a != a) ? a : b;
  else
    return (a < b || a != a) ? a : b;
}

// The states of n reductions, each over `before` elements, take in those over `count` further elements. `first` holds
// totals, or means with the squared deviations from them in `second`.
template <Reduction K, typename A, typename T>
inline void join(A* first, A* second, int64_t before, const T* other, const T* deviations, int64_t count, int64_t n) {
  if constexpr (K == Reduction::red_variance) {
    const A share = A(count) / A(before + count), weight = A(before) * share;
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const A step = static_cast<A>(other[i]) - first[i];
      first[i] += step * share;
      second[i] += static_cast<A>(deviations[i]) + step * step * weight;
    }
  } else {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) first[i] = combine<K, A>(first[i], static_cast<A>(other[i]));
  }
}

// Up to kTile contiguous elements, 16 lanes in the element's own type.
template <Reduction K, typename T>
inline typename Wide<T>::type fold_run(const T* x, int64_t n) {
  using A = typename Wide<T>::type;
  A total = identity<K, A>();
  constexpr int kWays = 16;
  int64_t i = 0;
  if (n >= 2 * kWays) {
    T lanes[kWays];
    std::copy_n(x, kWays, lanes);
    for (i = kWays; i + kWays <= n; i += kWays)
      for (int l = 0; l < kWays; ++l) lanes[l] = combine<K, T>(lanes[l], x[i + l]);
    for (int width = kWays / 2; width > 0; width /= 2)
      for (int l = 0; l < width; ++l) lanes[l] = combine<K, T>(lanes[l], lanes[l + width]);
    total = combine<K, A>(total, static_cast<A>(lanes[0]));
  }
  for (; i < n; ++i) total = combine<K, A>(total, static_cast<A>(x[i]));
  return total;
}

// The sum of f(x) over n elements, in the element's own type but for the last few additions.
template <typename T, typename F>
inline typename Wide<T>::type sum_run(const T* x, int64_t n, F&& f) {
  using A = typename Wide<T>::type;
  using V = Vec<T>;
  constexpr int64_t w = kLanes<T>;
  A total = 0;
  int64_t i = 0;
  if (n >= w) {
    V sum[4] = {};
    for (; i + 4 * w <= n; i += 4 * w) {
#pragma GCC unroll 4
      for (int k = 0; k < 4; ++k) sum[k] += f(load(x + i + k * w));
    }
    for (; i + w <= n; i += w) sum[0] += f(load(x + i));
    T lanes[w];
    store(lanes, (sum[0] + sum[1]) + (sum[2] + sum[3]));
    for (int64_t width = w / 2; width > 0; width /= 2)
      for (int64_t l = 0; l < width; ++l) lanes[l] += lanes[l + width];
    total = static_cast<A>(lanes[0]);
  }
  for (; i < n; ++i) total += static_cast<A>(f(x[i]));
  return total;
}

// The sums of f(k, x) over rows k = 0, 1, ... of n elements, as many rows as a vector has lanes.
template <typename T, typename F>
inline void sum_runs(const T* x, int64_t n, typename Wide<T>::type* totals, F&& f) {
  using A = typename Wide<T>::type;
  using V = Vec<T>;
  constexpr int w = kLanes<T>;
  V sums[w];
  for (int k = 0; k < w; ++k) {
    const T* row = x + k * n;
    V even = {}, odd = {};
    int64_t i = 0;
    for (; i + 2 * w <= n; i += 2 * w) even += f(k, load(row + i)), odd += f(k, load(row + i + w));
    if (i + w <= n) even += f(k, load(row + i));
    sums[k] = even + odd;
  }
  transpose<T>(sums);
  for (int width = w / 2; width > 0; width /= 2)
    for (int k = 0; k < width; ++k) sums[k] += sums[k + width];
  T lanes[w];
  store(lanes, sums[0]);
  for (int k = 0; k < w; ++k) totals[k] = static_cast<A>(lanes[k]);
  for (int64_t i = n / w * w; i < n; ++i)
    for (int k = 0; k < w; ++k) totals[k] += static_cast<A>(f(k, x[k * n + i]));
}

// n contiguous elements join the state of one reduction.
template <Reduction K, typename T>
inline void add_run(const T* x, int64_t n, int64_t before, typename Wide<T>::type* first,
                    typename Wide<T>::type* second) {
  using A = typename Wide<T>::type;
  for (int64_t at = 0; at < n; at += kTile) {
    const int64_t part = std::min(kTile, n - at);
    A total, deviations = 0;
    if constexpr ((K == Reduction::red_sum || K == Reduction::red_variance) && std::is_floating_point_v<T>)
      total = sum_run<T>(x + at, part, [](auto v) { return v; });
    else
      total = fold_run<K, T>(x + at, part);
    if constexpr (K == Reduction::red_variance) {
      total /= A(part);
      const T mean = static_cast<T>(total);
      deviations = sum_run<T>(x + at, part, [mean](auto v) { return (v - mean) * (v - mean); });
    }
    join<K>(first, second, before + at, &total, &deviations, part, 1);
  }
}

// block[i] takes in column i of each row of n columns.
template <Reduction K, typename T>
inline void fold_rows(const T* x, int64_t rows, int64_t n, int64_t stride, T* block) {
  for (int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) block[i] = combine<K, T>(block[i], x[r * stride + i]);
  }
}

// The same for `rows` rows that follow each other: `together` of them at a time count as one wide row, so that a sum
// does not wait for the one before; then the wide row is folded.
template <Reduction K, typename T>
inline void fold_block(const T* x, int64_t rows, int64_t n, int64_t stride, int64_t together, T* block) {
  std::fill_n(block, together * n, identity<K, T>());
  const int64_t wide = rows / together;
  fold_rows<K>(x, wide, together * n, together * stride, block);
  fold_rows<K>(x + wide * together * stride, rows - wide * together, n, stride, block);
  for (int64_t k = 1; k < together; ++k) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) block[i] = combine<K, T>(block[i], block[k * n + i]);
  }
}

// For W vectors of columns the sums of x, or of x - shift and of its square where `squares` are asked for. R rows at a
// time, so that a sum does not wait for the one before.
template <bool kSquares, typename V, int W, int R, typename T>
inline void sum_vectors(const T* x, int64_t rows, int64_t stride, const T* shift, T* sums, T* squares) {
  constexpr int64_t w = sizeof(V) / sizeof(T);
  V centre[W] = {}, sum[R][W] = {}, square[R][W] = {};
  if constexpr (kSquares) {
#pragma GCC unroll 4
    for (int v = 0; v < W; ++v) centre[v] = load_as<V>(shift + v * w);
  }
  const auto add = [&](int k, const T* row) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int v = 0; v < W; ++v) {
      V step = load_as<V>(row + v * w);
      if constexpr (kSquares) step -= centre[v], square[k][v] += step * step;
      sum[k][v] += step;
    }
  };
  int64_t r = 0;
  for (; r + R <= rows; r += R) {
#pragma GCC unroll 8
    for (int k = 0; k < R; ++k) add(k, x + (r + k) * stride);
  }
  for (; r < rows; ++r) add(0, x + r * stride);
#pragma GCC unroll 4
  for (int v = 0; v < W; ++v) {
#pragma GCC unroll 8
    for (int k = 1; k < R; ++k) sum[0][v] += sum[k][v], square[0][v] += square[k][v];
    store_as(sums + v * w, sum[0][v]);
    if constexpr (kSquares) store_as(squares + v * w, square[0][v]);
  }
}

// The same for more columns than registers hold: kGroup rows at a time are read side by side, each as one stream, and
// join sums that stay in the first-level cache.
template <bool kSquares, typename V, typename T>
inline void sum_group(const T* x, int64_t rows, int64_t n, int64_t stride, const T* shift, T* sums, T* squares,
                      int64_t from) {
  constexpr int64_t w = sizeof(V) / sizeof(T);
  const auto group = [&]<int R>(const T* row) __attribute__((always_inline)) {
    for (int64_t i = from; i + w <= n; i += w) {
      V sum = load_as<V>(sums + i), centre = {}, square = {};
      if constexpr (kSquares) centre = load_as<V>(shift + i), square = load_as<V>(squares + i);
#pragma GCC unroll 8
      for (int k = 0; k < R; ++k) {
        V step = load_as<V>(row + k * stride + i);
        if constexpr (kSquares) step -= centre, square += step * step;
        sum += step;
      }
      store_as(sums + i, sum);
      if constexpr (kSquares) store_as(squares + i, square);
    }
  };
  int64_t r = 0;
  for (; r + kGroup <= rows; r += kGroup) group.template operator()<kGroup>(x + r * stride);
  for (; r < rows; ++r) group.template operator()<1>(x + r * stride);
}

template <bool kSquares, typename T>
inline void sum_columns(const T* x, int64_t rows, int64_t n, int64_t stride, const T* shift, T* sums, T* squares) {
  constexpr int64_t w = kLanes<T>;
  if (n > 4 * w) {
    std::fill_n(sums, n, T(0));
    if constexpr (kSquares) std::fill_n(squares, n, T(0));
    sum_group<kSquares, Vec<T>>(x, rows, n, stride, shift, sums, squares, 0);
    if (n % w) sum_group<kSquares, T>(x, rows, n, stride, shift, sums, squares, n / w * w);
    return;
  }
  constexpr int kFour = kSquares ? 1 : 2;  // times four vectors: what the registers hold
  int64_t i = 0;
  const auto sum = [&]<typename V, int W, int R>() {
    sum_vectors<kSquares, V, W, R>(x + i, rows, stride, shift + i, sums + i, squares + i);
    i += W * static_cast<int64_t>(sizeof(V) / sizeof(T));
  };
  if (i + 4 * w <= n) sum.template operator()<Vec<T>, 4, kFour>();
  if (i + 2 * w <= n) sum.template operator()<Vec<T>, 2, 2 * kFour>();
  if (i + w <= n) sum.template operator()<Vec<T>, 1, 4 * kFour>();
  while (i < n) sum.template operator()<T, 1, 4 * kFour>();
}

// Rows join means and squared deviations. Deviations are taken from the mean so far, which loses nothing: how far the
// block's own mean lies from it counts in the result anyway.
template <typename T>
inline void add_moments(const T* x, int64_t rows, int64_t n, int64_t stride, int64_t before, T* block,
                        typename Wide<T>::type* means, typename Wide<T>::type* deviations) {
  using A = typename Wide<T>::type;
  T *shift = block, *sums = block + kColumnChunk, *squares = sums + kColumnChunk;
  for (int64_t at = 0; at < rows; at += kMomentRows, x += kMomentRows * stride) {
    const int64_t part = std::min(kMomentRows, rows - at);
    if (before + at == 0) {
      std::copy_n(x, n, shift);
      sum_columns<true>(x, part, n, stride, shift, sums, squares);
      for (int64_t i = 0; i < n; ++i) means[i] = A(shift[i]) + A(sums[i]) / A(part);
    }
    for (int64_t i = 0; i < n; ++i) shift[i] = static_cast<T>(means[i]);
    sum_columns<true>(x, part, n, stride, shift, sums, squares);
    const A each = A(1) / A(part), share = A(part) / A(before + at + part), weight = A(before + at) * share;
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const A average = A(sums[i]) * each, step = A(shift[i]) + average - means[i];
      means[i] += step * share;
      deviations[i] += std::max(A(squares[i]) - A(sums[i]) * average, A(0)) + step * step * weight;
    }
  }
}

// Rows of n columns, `stride` apart, join the states of n reductions. `block` has room for kBlockSpace.
template <Reduction K, typename T>
inline void add_rows(const T* x, int64_t rows, int64_t n, int64_t stride, int64_t before, T* block,
                     typename Wide<T>::type* first, typename Wide<T>::type* second) {
  if constexpr (K == Reduction::red_variance) return add_moments<T>(x, rows, n, stride, before, block, first, second);
  const int64_t together = stride == n ? std::max<int64_t>(kWideRow / n, 1) : 1;
  for (int64_t at = 0; at < rows; at += kRowBlock, x += kRowBlock * stride) {
    const int64_t part = std::min(kRowBlock, rows - at);
    if constexpr (K == Reduction::red_sum && std::is_floating_point_v<T>)
      sum_columns<false, T>(x, part, n, stride, block, block, block);
    else
      fold_block<K>(x, part, n, stride, together, block);
    join<K, typename Wide<T>::type, T>(first, second, before + at, block, nullptr, 0, n);
  }
}

// f.operator()<K>() for the kind, if there is such a reduction of T.
template <typename T, typename F>
inline void with_kind(Reduction kind, F&& f) {
  switch (kind) {
    case Reduction::red_sum:
      if constexpr (!std::is_same_v<T, bool>) f.template operator()<Reduction::red_sum>();
      break;
    case Reduction::red_prod:
      if constexpr (!std::is_same_v<T, bool>) f.template operator()<Reduction::red_prod>();
      break;
    case Reduction::red_max:
      f.template operator()<Reduction::red_max>();
      break;
    case Reduction::red_min:
      f.template operator()<Reduction::red_min>();
      break;
    case Reduction::red_variance:
      if constexpr (std::is_floating_point_v<T>) f.template operator()<Reduction::red_variance>();
      break;
    default:
      break;
  }
}

template <typename F>
inline void with_type(DType type, F&& f) {
  switch (type) {
    case DType::Bool:
      return f.template operator()<bool>();
    case DType::I32:
      return f.template operator()<int32_t>();
    case DType::U32:
      return f.template operator()<uint32_t>();
    case DType::I64:
      return f.template operator()<int64_t>();
    case DType::F64:
      return f.template operator()<double>();
    default:
      return f.template operator()<float>();
  }
}

inline bool is_index(Reduction kind) { return kind == Reduction::red_argmax || kind == Reduction::red_argmin; }

// How the work is cut, by shapes only: `chunks` of columns, `parts` of the reduced axis.
struct ReduceCut {
  int64_t columns, chunks, parts, part_rows;
};

inline ReduceCut cut_of(const ReduceTask& t) {
  ReduceCut cut{std::min(t.inner, kColumnChunk), (t.inner - 1) / kColumnChunk + 1, 1, t.reduced};
  if (t.n_parts > 0) {
    cut.parts = t.n_parts;
    return cut;
  }
  if (is_index(t.kinds[0]) || t.outer * cut.chunks >= 8) return cut;
  if (t.inner == 1) {
    cut.part_rows = kReduceBlock;
  } else {
    const int64_t least = std::max((kPartElements - 1) / cut.columns + 1, (t.reduced - 1) / kMostParts + 1);
    cut.part_rows = ((least - 1) / kRowBlock + 1) * kRowBlock;
  }
  cut.parts = std::max<int64_t>((t.reduced - 1) / cut.part_rows + 1, 1);
  return cut;
}

// The first row of a part.
inline int64_t start_of(const ReduceTask& t, const ReduceCut& cut, int64_t part) {
  if (t.n_parts == 0) return std::min(part * cut.part_rows, t.reduced);
  return part == 0 ? 0 : t.part_ends[part - 1];
}

// For each result of a unit: totals (or means) of its columns, then their sums of squared deviations.
inline int64_t state_size(const ReduceTask& t, const ReduceCut& cut) { return 2 * t.n_results * cut.columns; }

inline size_t reduce_part_bytes(const ReduceTask& t) {
  const ReduceCut cut = cut_of(t);
  return static_cast<size_t>(cut.chunks * state_size(t, cut)) * 8;
}

inline size_t prologue_bytes(const ReduceTask& t) {
  return t.prologue ? (map_scratch_bytes(*t.prologue) + 63) / 64 * 64 : 0;
}

inline Plan reduce_plan(const ReduceTask& t) {
  const auto count = static_cast<double>(t.outer) * static_cast<double>(t.reduced) * static_cast<double>(t.inner);
  const auto item = static_cast<size_t>(item_size(t.type));
  const auto results = static_cast<size_t>(t.n_results);
  Plan plan{1, 0, 0, 10.0 + 0.15 * count * static_cast<double>(item * results) / 4.0};
  if (t.prologue) plan.work += map_work(*t.prologue);
  const ReduceCut cut = cut_of(t);
  // States of all results, the block that rows are added up in, the prologue's results.
  plan.scratch_bytes = prologue_bytes(t) + static_cast<size_t>(state_size(t, cut)) * 8 + kBlockSpace * 8 +
                       (t.prologue ? results * kReduceBuffer * item : 0);
  if (cut.parts > 1) {
    plan.pieces = t.outer * cut.chunks * cut.parts;
    plan.shared_scratch_bytes = static_cast<size_t>(plan.pieces * state_size(t, cut)) * 8;
  } else if (plan.work > 8000.0) {
    plan.pieces = t.inner == 1 ? std::clamp<int64_t>(t.outer / 4, 1, 16) : std::max<int64_t>(t.outer * cut.chunks, 1);
  }
  return plan;
}

// Writes n finished results of reduction `r` from column `at` on: totals, or sums of squared deviations.
template <typename T>
inline void put_results(const ReduceTask& t, int r, int64_t at, int64_t n, const typename Wide<T>::type* values) {
  using A = typename Wide<T>::type;
  T* out = static_cast<T*>(t.out[r]) + at;
  if (t.kinds[r] == Reduction::red_variance) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(values[i] / A(t.reduced));
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(values[i]);
  }
}

// Which of the two states of a reduction its result is made of.
inline int result_state(Reduction kind) { return kind == Reduction::red_variance ? 1 : 0; }

// The mean is known with the variance of the same elements: which reduction gives that, n_results if none.
inline int variance_of(const ReduceTask& t) {
  if (t.prologue) return t.n_results;
  return static_cast<int>(std::find(t.kinds, t.kinds + t.n_results, Reduction::red_variance) - t.kinds);
}

// The sums of n rows of `count` elements whose means a variance gave.
template <typename T>
inline void put_sums(const ReduceTask& t, int64_t at, int64_t n, const typename Wide<T>::type* means, int64_t count) {
  using A = typename Wide<T>::type;
  for (int r = 0; r < t.n_results; ++r) {
    if (t.kinds[r] != Reduction::red_sum) continue;
    for (int64_t i = 0; i < n; ++i) static_cast<T*>(t.out[r])[at + i] = static_cast<T>(means[i] * A(count));
  }
}

// Where elements lie that a result is reduced from, and how far apart its rows are.
template <typename T>
struct Reduced {
  const T* x;
  int64_t step;
};

// The same for result r of a prologue that computed `rows` rows of n elements into `buffers`, which lie `step` apart
// there if given, else in whole results; `at` is where they stand in the prologue's space.
template <typename T>
inline Reduced<T> reduced_of(const ReduceTask& t, int r, int64_t at, int64_t rows, int64_t n, const T* buffers,
                             int64_t step) {
  const int first = t.prologue->n_outputs - t.n_results;
  if (const void* input = handed_input(*t.prologue, first + r, t.values))
    return {static_cast<const T*>(input) + at, t.inner == 1 ? n : t.inner};
  int64_t before = 0;  // results that lie in the buffers before this one
  for (int k = 0; k < r; ++k) before += !handed_input(*t.prologue, first + k, t.values);
  return {buffers + before * (step ? n : rows * n), step ? step : n};
}

// Rows [begin, end) of the reduced axis, columns [column, column + n), join the states of those from `start` on.
template <typename T>
void reduce_unit(const ReduceTask& t, int64_t outer, int64_t column, int64_t n, int64_t start, int64_t begin,
                 int64_t end, typename Wide<T>::type* states, char* scratch) {
  using A = typename Wide<T>::type;
  T* block = reinterpret_cast<T*>(scratch + prologue_bytes(t));
  T* buffers = block + kBlockSpace;
  for (int r = 0; begin == start && r < t.n_results; ++r) {
    with_kind<T>(t.kinds[r], [&]<Reduction K>() { std::fill_n(states + 2 * r * n, n, identity<K, A>()); });
    std::fill_n(states + (2 * r + 1) * n, n, A(0));
  }
  const int variance = variance_of(t);
  const auto is_known = [&](int r) { return variance < t.n_results && t.kinds[r] == Reduction::red_sum; };
  // The prologue computes whole rows at once where the unit has them, else row by row: `step` lie between two rows.
  const bool is_whole = n == t.inner;
  const int64_t step = is_whole ? n : t.n_results * n + kRowGap;
  const int64_t room = is_whole ? kReduceBuffer : t.n_results * kReduceBuffer;
  const int64_t together = t.prologue ? std::max<int64_t>(room / step, 1) : end - begin;
  for (int64_t row = begin; row < end; row += together) {
    const int64_t rows = std::min(together, end - row);
    const int64_t at = (outer * t.reduced + row) * t.inner + column;
    if (t.prologue && is_whole) map_run(*t.prologue, t.values, at, at + rows * n, nullptr, buffers, scratch);
    for (int64_t i = 0; t.prologue && !is_whole && i < rows; ++i) {
      const int64_t own = at + i * t.inner;
      if (row + i + 1 < end) map_fetch(*t.prologue, t.values, own + t.inner, own + t.inner + n);
      map_run(*t.prologue, t.values, own, own + n, nullptr, buffers + i * step, scratch);
    }
    for (int r = 0; r < t.n_results; ++r) {
      if (is_known(r)) continue;
      const Reduced<T> from = t.prologue ? reduced_of<T>(t, r, at, rows, n, buffers, is_whole ? 0 : step)
                                         : Reduced<T>{static_cast<const T*>(t.in) + at, t.inner};
      A* first = states + 2 * r * n;
      with_kind<T>(t.kinds[r], [&]<Reduction K>() {
        if (n == 1)
          add_run<K, T>(from.x, rows, row - start, first, first + n);
        else
          add_rows<K, T>(from.x, rows, n, from.step, row - start, block, first, first + n);
      });
    }
  }
  for (int r = 0; r < t.n_results; ++r) {
    if (!is_known(r)) continue;
    const A* means = states + 2 * variance * n;
    if constexpr (std::is_floating_point_v<A>)
      for (int64_t i = 0; i < n; ++i) states[2 * r * n + i] = means[i] * A(end - start);
  }
}

// Totals of kRowLanes rows of n elements.
template <Reduction K, typename T>
inline void fold_lanes(const T* x, int64_t n, typename Wide<T>::type* totals) {
  using A = typename Wide<T>::type;
  A total[kRowLanes];
  for (int64_t lane = 0; lane < kRowLanes; ++lane) total[lane] = identity<K, A>();
  for (int64_t i = 0; i < n; ++i)
    for (int64_t lane = 0; lane < kRowLanes; ++lane)
      total[lane] = combine<K, A>(total[lane], static_cast<A>(x[lane * n + i]));
  std::copy_n(total, kRowLanes, totals);
}

// Whole rows of up to kReduceBuffer elements, as many at a time as the byte code's results have room for.
template <typename T>
void reduce_whole_rows(const ReduceTask& t, int64_t first, int64_t last, char* scratch) {
  using A = typename Wide<T>::type;
  T* buffers = reinterpret_cast<T*>(scratch + prologue_bytes(t)) + kBlockSpace;
  const int64_t n = t.reduced, together = t.prologue ? kReduceBuffer / n : last - first;
  const int variance = variance_of(t);
  for (int64_t row = first; row < last; row += together) {
    const int64_t rows = std::min(together, last - row);
    const T* x = t.prologue ? nullptr : static_cast<const T*>(t.in) + row * n;
    if (t.prologue) map_run(*t.prologue, t.values, row * n, (row + rows) * n, nullptr, buffers, scratch);
    for (int r = 0; r < t.n_results; ++r) {
      if (variance < t.n_results && t.kinds[r] == Reduction::red_sum) continue;
      if (t.prologue) x = reduced_of<T>(t, r, row * n, rows, n, buffers, 0).x;
      with_kind<T>(t.kinds[r], [&]<Reduction K>() {
        constexpr bool is_summed =
            std::is_floating_point_v<T> && (K == Reduction::red_variance || K == Reduction::red_sum);
        int64_t i = 0;
        if (K != Reduction::red_variance && n <= (is_summed ? 2 * kLanes<T> : kShortRow)) {
          A totals[kRowLanes];
          for (; i + kRowLanes <= rows; i += kRowLanes) {
            fold_lanes<K>(x + i * n, n, totals);
            put_results<T>(t, r, row + i, kRowLanes, totals);
          }
        }
        if constexpr (is_summed) {
          constexpr int w = kLanes<T>;
          for (; i + w <= rows && n >= w && n <= kTile; i += w) {
            A states[2][w];
            sum_runs(x + i * n, n, states[0], [](int, auto v) { return v; });
            if constexpr (K == Reduction::red_variance) {
              T means[w];
              for (int k = 0; k < w; ++k) means[k] = static_cast<T>(states[0][k] /= A(n));
              sum_runs(x + i * n, n, states[1], [&means](int k, auto v) { return (v - means[k]) * (v - means[k]); });
              if (variance < t.n_results) put_sums<T>(t, row + i, w, states[0], n);
            }
            put_results<T>(t, r, row + i, w, states[result_state(K)]);
          }
        }
        for (; i < rows; ++i) {
          A state[2] = {identity<K, A>(), 0};
          add_run<K, T>(x + i * n, n, 0, state, state + 1);
          put_results<T>(t, r, row + i, 1, state + result_state(K));
          if (K == Reduction::red_variance && variance < t.n_results) put_sums<T>(t, row + i, 1, state, n);
        }
      });
    }
  }
}

// Where each of L runs of n elements, `step` apart, has its largest (smallest) element or first NaN; runs start `lane`
// apart.
template <bool kMax, int64_t L, typename T, typename I>
inline void find_lanes(const T* x, int64_t n, int64_t lane, int64_t step, I* out) {
  T value[L];
  I best[L];
  for (int64_t l = 0; l < L; ++l) value[l] = x[l * lane], best[l] = 0;
  for (int64_t i = 1; i < n; ++i) {
    for (int64_t l = 0; l < L; ++l) {
      const T other = x[l * lane + i * step];
      const bool is_better = value[l] == value[l] && !(kMax ? other <= value[l] : other >= value[l]);
      value[l] = is_better ? other : value[l];
      best[l] = is_better ? static_cast<I>(i) : best[l];
    }
  }
  std::copy_n(best, L, out);
}

template <bool kMax, typename T, typename I>
inline void find_runs(const T* x, int64_t runs, int64_t n, int64_t lane, int64_t step, I* out) {
  int64_t i = 0;
  for (; i + kRowLanes <= runs; i += kRowLanes) find_lanes<kMax, kRowLanes>(x + i * lane, n, lane, step, out + i);
  for (; i < runs; ++i) find_lanes<kMax, 1>(x + i * lane, n, lane, step, out + i);
}

template <bool kMax, typename T, typename I>
void reduce_to_index(const ReduceTask& t, const Plan& plan, int64_t piece) {
  const T* x = static_cast<const T*>(t.in);
  I* out = static_cast<I*>(t.out[0]);
  const ReduceCut cut = cut_of(t);
  const int64_t units = t.outer * cut.chunks;
  const int64_t first = units * piece / plan.pieces, last = units * (piece + 1) / plan.pieces;
  if (t.inner == 1) return find_runs<kMax>(x + first * t.reduced, last - first, t.reduced, t.reduced, 1, out + first);
  for (int64_t unit = first; unit < last; ++unit) {
    const int64_t outer = unit / cut.chunks, column = unit % cut.chunks * kColumnChunk;
    find_runs<kMax>(x + outer * t.reduced * t.inner + column, std::min(kColumnChunk, t.inner - column), t.reduced, 1,
                    t.inner, out + outer * t.inner + column);
  }
}

template <typename T>
void reduce_typed(const ReduceTask& t, const Plan& plan, char* shared, int64_t piece, char* scratch) {
  using A = typename Wide<T>::type;
  if (is_index(t.kinds[0])) {
    const bool is_wide = t.out_type == DType::I64;
    if (t.kinds[0] == Reduction::red_argmax)
      return is_wide ? reduce_to_index<true, T, int64_t>(t, plan, piece)
                     : reduce_to_index<true, T, int32_t>(t, plan, piece);
    return is_wide ? reduce_to_index<false, T, int64_t>(t, plan, piece)
                   : reduce_to_index<false, T, int32_t>(t, plan, piece);
  }
  const ReduceCut cut = cut_of(t);
  if (cut.parts > 1) {
    const int64_t part = piece % cut.parts, unit = piece / cut.parts, column = unit % cut.chunks * kColumnChunk;
    const int64_t n = std::min(cut.columns, t.inner - column), begin = start_of(t, cut, part);
    A* states = reinterpret_cast<A*>(shared) + piece * state_size(t, cut);
    reduce_unit<T>(t, unit / cut.chunks, column, n, begin, begin, start_of(t, cut, part + 1), states, scratch);
    return;
  }
  const int64_t units = t.outer * cut.chunks;
  const int64_t first = units * piece / plan.pieces, last = units * (piece + 1) / plan.pieces;
  if (t.inner == 1 && t.reduced > 0 && t.reduced <= kReduceBuffer) {
    reduce_whole_rows<T>(t, first, last, scratch);
    return;
  }
  A* states = reinterpret_cast<A*>(scratch + prologue_bytes(t) + kBlockSpace * 8 +
                                   (t.prologue ? static_cast<size_t>(t.n_results) * kReduceBuffer * sizeof(T) : 0));
  for (int64_t unit = first; unit < last; ++unit) {
    const int64_t outer = unit / cut.chunks, column = unit % cut.chunks * kColumnChunk;
    const int64_t n = std::min(cut.columns, t.inner - column);
    reduce_unit<T>(t, outer, column, n, 0, 0, t.reduced, states, scratch);
    for (int r = 0; r < t.n_results; ++r)
      put_results<T>(t, r, outer * t.inner + column, n, states + (2 * r + result_state(t.kinds[r])) * n);
  }
}

inline void reduce_run(const ReduceTask& t, const Plan& plan, char* shared, int64_t piece, char* scratch) {
  with_type(t.type, [&]<typename T>() { reduce_typed<T>(t, plan, shared, piece, scratch); });
}

template <typename T>
void reduce_rows_typed(const ReduceTask& t, int64_t part, Rows rows, char* shared, char* scratch) {
  const ReduceCut cut = cut_of(t);
  const int64_t start = start_of(t, cut, part);
  for (int64_t chunk = 0; chunk < cut.chunks; ++chunk) {
    const int64_t column = chunk * kColumnChunk, n = std::min(cut.columns, t.inner - column);
    auto* states = reinterpret_cast<typename Wide<T>::type*>(shared) + (chunk * cut.parts + part) * state_size(t, cut);
    reduce_unit<T>(t, 0, column, n, start, rows.begin, rows.end, states, scratch);
  }
}

inline void reduce_rows(const ReduceTask& t, int64_t part, Rows rows, char* shared, char* scratch) {
  with_type(t.type, [&]<typename T>() { reduce_rows_typed<T>(t, part, rows, shared, scratch); });
}

// Joins the states of all parts, in order.
template <typename T>
void finish_typed(const ReduceTask& t, char* shared) {
  using A = typename Wide<T>::type;
  const ReduceCut cut = cut_of(t);
  for (int64_t unit = 0; unit < t.outer * cut.chunks; ++unit) {
    const int64_t column = unit % cut.chunks * kColumnChunk, n = std::min(cut.columns, t.inner - column);
    A* parts = reinterpret_cast<A*>(shared) + unit * cut.parts * state_size(t, cut);
    for (int r = 0; r < t.n_results; ++r) {
      A* states = parts + 2 * r * n;
      with_kind<T>(t.kinds[r], [&]<Reduction K>() {
        for (int64_t part = 1; part < cut.parts; ++part) {
          const A* other = states + part * state_size(t, cut);
          const int64_t before = start_of(t, cut, part), count = start_of(t, cut, part + 1) - before;
          join<K>(states, states + n, before, other, other + n, count, n);
        }
      });
      put_results<T>(t, r, unit / cut.chunks * t.inner + column, n, states + result_state(t.kinds[r]) * n);
    }
  }
}

inline void reduce_finish(const ReduceTask& t, char* shared) {
  if (t.n_parts == 0 && cut_of(t).parts == 1) return;
  with_type(t.type, [&]<typename T>() { finish_typed<T>(t, shared); });
}

}  // namespace yeoul::YEOUL_ISA
