// Reductions over the middle axis of a contiguous (outer, reduced, inner) array.
//
//   y[o, i] = reduce over r of x[o, r, i]
//
// Rows (inner = 1) are reduced with several lanes at once; columns by adding whole rows.  Long sums are cut into blocks of fixed size whose sums are
// added in order, in double precision for float32, so that the error stays that of pairwise summation and the bits never depend on threads.
#pragma once

#include <algorithm>
#include <limits>

#include "kernels/kernels.h"
#include "kernels/map.h"

namespace yeoul::YEOUL_ISA {

constexpr int64_t kReduceBlock = 16384;   // elements a piece of a long row covers
constexpr int64_t kColumnChunk = 256;     // columns a piece covers
constexpr int64_t kRowBlock = 64;         // rows added up before they join the total

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
  if constexpr (K == Reduction::red_sum) return A(0);
  else if constexpr (K == Reduction::red_prod) return A(1);
  else if constexpr (K == Reduction::red_max)
    return std::numeric_limits<A>::has_infinity ? -std::numeric_limits<A>::infinity() : std::numeric_limits<A>::lowest();
  else
    return std::numeric_limits<A>::has_infinity ? std::numeric_limits<A>::infinity() : std::numeric_limits<A>::max();
}

template <Reduction K, typename A>
inline A combine(A a, A b) {
  if constexpr (K == Reduction::red_sum) return static_cast<A>(Wrap<A>(a) + Wrap<A>(b));
  else if constexpr (K == Reduction::red_prod) return static_cast<A>(Wrap<A>(a) * Wrap<A>(b));
  else if constexpr (K == Reduction::red_max) return (a > b || a != a) ? a : b;
  else return (a < b || a != a) ? a : b;
}

// n contiguous elements, 16 lanes in the element's own type, at most kTile of them at a time.
template <Reduction K, typename T>
inline typename Wide<T>::type reduce_run_of(const T* x, int64_t n) {
  using A = typename Wide<T>::type;
  A total = identity<K, A>();
  constexpr int kWays = 16;
  while (n > 0) {
    const int64_t part = std::min<int64_t>(n, kTile);
    int64_t i = 0;
    if (part >= 2 * kWays) {
      T lanes[kWays];
      for (int l = 0; l < kWays; ++l) lanes[l] = x[l];
      for (i = kWays; i + kWays <= part; i += kWays)
        for (int l = 0; l < kWays; ++l) lanes[l] = combine<K, T>(lanes[l], x[i + l]);
      for (int width = kWays / 2; width > 0; width /= 2)
        for (int l = 0; l < width; ++l) lanes[l] = combine<K, T>(lanes[l], lanes[l + width]);
      total = combine<K, A>(total, static_cast<A>(lanes[0]));
    }
    for (; i < part; ++i) total = combine<K, A>(total, static_cast<A>(x[i]));
    x += part;
    n -= part;
  }
  return total;
}

// Elements [begin, end) of the input: in place, or computed by the prologue into `buffer` (kTile elements).
template <Reduction K, typename T>
inline typename Wide<T>::type reduce_range(const ReduceTask& task, int64_t begin, int64_t end, char* scratch, T* buffer) {
  using A = typename Wide<T>::type;
  if (!task.prologue) return reduce_run_of<K, T>(static_cast<const T*>(task.in) + begin, end - begin);
  A total = identity<K, A>();
  for (int64_t at = begin; at < end; at += kTile) {
    const int64_t stop = std::min(at + kTile, end);
    map_run(*task.prologue, task.values, at, stop, nullptr, buffer, scratch);
    total = combine<K, A>(total, reduce_run_of<K, T>(buffer, stop - at));
  }
  return total;
}

inline bool is_index(Reduction kind) { return kind == Reduction::red_argmax || kind == Reduction::red_argmin; }

inline int64_t blocks_of_row(const ReduceTask& t) {
  return t.inner == 1 && t.outer < 8 && !is_index(t.kind) ? std::max<int64_t>((t.reduced + kReduceBlock - 1) / kReduceBlock, 1) : 1;
}

inline Plan reduce_plan(const ReduceTask& t) {
  const auto count = static_cast<double>(t.outer) * static_cast<double>(t.reduced) * static_cast<double>(t.inner);
  Plan plan{1, 0, 0, 10.0 + 0.15 * count * static_cast<double>(item_size(t.type)) / 4.0};
  if (t.prologue) plan.work += map_work(*t.prologue);
  const size_t map_bytes = t.prologue ? (map_scratch_bytes(*t.prologue) + 63) / 64 * 64 : 0;
  const auto item = static_cast<size_t>(item_size(t.type));
  if (t.inner == 1) {
    const int64_t blocks = blocks_of_row(t);
    plan.scratch_bytes = map_bytes + kTile * item;
    if (blocks > 1) {
      plan.pieces = t.outer * blocks;
      plan.shared_scratch_bytes = static_cast<size_t>(plan.pieces) * 8;
    } else if (plan.work > 8000.0) {
      plan.pieces = std::clamp<int64_t>(t.outer / 4, 1, 16);
    }
  } else {
    plan.scratch_bytes = map_bytes + 3 * kColumnChunk * 8 + kTile * item;
    const int64_t chunks = (t.inner + kColumnChunk - 1) / kColumnChunk;
    if (plan.work > 8000.0) plan.pieces = std::max<int64_t>(t.outer * chunks, 1);
  }
  return plan;
}

template <Reduction K, typename T>
void reduce_rows(const ReduceTask& t, const Plan& plan, char* shared, int64_t piece, char* scratch) {
  using A = typename Wide<T>::type;
  const size_t map_bytes = t.prologue ? (map_scratch_bytes(*t.prologue) + 63) / 64 * 64 : 0;
  T* buffer = reinterpret_cast<T*>(scratch + map_bytes);
  T* out = static_cast<T*>(t.out);
  const int64_t blocks = blocks_of_row(t);
  if (blocks > 1) {
    const int64_t row = piece / blocks, block = piece % blocks;
    const int64_t begin = row * t.reduced + block * kReduceBlock;
    const int64_t end = std::min(begin + kReduceBlock, (row + 1) * t.reduced);
    reinterpret_cast<A*>(shared)[piece] = reduce_range<K, T>(t, begin, end, scratch, buffer);
    return;
  }
  const int64_t first = t.outer * piece / plan.pieces, last = t.outer * (piece + 1) / plan.pieces;
  if (t.prologue && t.reduced <= kTile / 2 && t.reduced > 0) {
    // Several short rows at a time go through the byte code.
    const int64_t rows = kTile / t.reduced;
    for (int64_t row = first; row < last; row += rows) {
      const int64_t stop = std::min(row + rows, last);
      map_run(*t.prologue, t.values, row * t.reduced, stop * t.reduced, nullptr, buffer, scratch);
      for (int64_t r = row; r < stop; ++r) out[r] = static_cast<T>(reduce_run_of<K, T>(buffer + (r - row) * t.reduced, t.reduced));
    }
    return;
  }
  for (int64_t row = first; row < last; ++row)
    out[row] = static_cast<T>(reduce_range<K, T>(t, row * t.reduced, (row + 1) * t.reduced, scratch, buffer));
}

template <Reduction K, typename T>
void reduce_columns(const ReduceTask& t, const Plan& plan, int64_t piece, char* scratch) {
  using A = typename Wide<T>::type;
  const size_t map_bytes = t.prologue ? (map_scratch_bytes(*t.prologue) + 63) / 64 * 64 : 0;
  A* total = reinterpret_cast<A*>(scratch + map_bytes);
  T* block = reinterpret_cast<T*>(total + kColumnChunk);
  T* buffer = reinterpret_cast<T*>(scratch + map_bytes + 3 * kColumnChunk * 8);
  const int64_t chunks = (t.inner + kColumnChunk - 1) / kColumnChunk;
  const int64_t units = t.outer * chunks;
  for (int64_t unit = units * piece / plan.pieces; unit < units * (piece + 1) / plan.pieces; ++unit) {
    const int64_t outer = unit / chunks, column = unit % chunks * kColumnChunk;
    const int64_t n = std::min(kColumnChunk, t.inner - column);
    std::fill_n(total, n, identity<K, A>());
    for (int64_t start = 0; start < t.reduced; start += kRowBlock) {
      const int64_t stop = std::min(start + kRowBlock, t.reduced);
      std::fill_n(block, n, identity<K, T>());
      // Whole short rows go through the byte code together.
      const int64_t together = t.prologue && n == t.inner ? std::max<int64_t>(kTile / n, 1) : 1;
      for (int64_t r = start; r < stop; r += together) {
        const int64_t rows = std::min(together, stop - r);
        const int64_t at = (outer * t.reduced + r) * t.inner + column;
        const T* x = buffer;
        if (t.prologue) {
          map_run(*t.prologue, t.values, at, at + (rows - 1) * t.inner + n, nullptr, buffer, scratch);
        } else {
          x = static_cast<const T*>(t.in) + at;
        }
        for (int64_t k = 0; k < rows; ++k, x += n) {
#pragma GCC ivdep
          for (int64_t i = 0; i < n; ++i) block[i] = combine<K, T>(block[i], x[i]);
        }
      }
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) total[i] = combine<K, A>(total[i], static_cast<A>(block[i]));
    }
    T* out = static_cast<T*>(t.out) + outer * t.inner + column;
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(total[i]);
  }
}

template <typename T, typename I>
void reduce_to_index(const ReduceTask& t, const Plan& plan, int64_t piece) {
  const T* x = static_cast<const T*>(t.in);
  I* out = static_cast<I*>(t.out);
  const bool is_max = t.kind == Reduction::red_argmax;
  const int64_t total = t.outer * t.inner;
  const int64_t chunks = t.inner == 1 ? 1 : (t.inner + kColumnChunk - 1) / kColumnChunk;
  const int64_t units = t.inner == 1 ? total : t.outer * chunks;
  for (int64_t unit = units * piece / plan.pieces; unit < units * (piece + 1) / plan.pieces; ++unit) {
    const int64_t outer = unit / chunks, first = unit % chunks * kColumnChunk;
    const int64_t last = std::min(first + kColumnChunk, t.inner);
    for (int64_t i = first; i < last; ++i) {
      const T* column = x + outer * t.reduced * t.inner + i;
      int64_t best = 0;
      T value = column[0];
      for (int64_t r = 1; r < t.reduced && value == value; ++r) {
        const T other = column[r * t.inner];
        if ((is_max ? other > value : other < value) || other != other) value = other, best = r;
      }
      out[outer * t.inner + i] = static_cast<I>(best);
    }
  }
}

template <typename T>
void reduce_typed(const ReduceTask& t, const Plan& plan, char* shared, int64_t piece, char* scratch) {
  const auto run = [&]<Reduction K>() {
    if (t.inner == 1) reduce_rows<K, T>(t, plan, shared, piece, scratch);
    else reduce_columns<K, T>(t, plan, piece, scratch);
  };
  switch (t.kind) {
    case Reduction::red_sum:
      if constexpr (!std::is_same_v<T, bool>) run.template operator()<Reduction::red_sum>();
      break;
    case Reduction::red_prod:
      if constexpr (!std::is_same_v<T, bool>) run.template operator()<Reduction::red_prod>();
      break;
    case Reduction::red_max: run.template operator()<Reduction::red_max>(); break;
    case Reduction::red_min: run.template operator()<Reduction::red_min>(); break;
    default:
      if (t.out_type == DType::I64) reduce_to_index<T, int64_t>(t, plan, piece);
      else reduce_to_index<T, int32_t>(t, plan, piece);
  }
}

inline void reduce_run(const ReduceTask& t, const Plan& plan, char* shared, int64_t piece, char* scratch) {
  switch (t.type) {
    case DType::Bool: return reduce_typed<bool>(t, plan, shared, piece, scratch);
    case DType::I32: return reduce_typed<int32_t>(t, plan, shared, piece, scratch);
    case DType::U32: return reduce_typed<uint32_t>(t, plan, shared, piece, scratch);
    case DType::I64: return reduce_typed<int64_t>(t, plan, shared, piece, scratch);
    case DType::F64: return reduce_typed<double>(t, plan, shared, piece, scratch);
    default: return reduce_typed<float>(t, plan, shared, piece, scratch);
  }
}

template <typename T>
void finish_typed(const ReduceTask& t, const char* shared) {
  using A = typename Wide<T>::type;
  const int64_t blocks = blocks_of_row(t);
  const A* partial = reinterpret_cast<const A*>(shared);
  const auto run = [&]<Reduction K>() {
    for (int64_t row = 0; row < t.outer; ++row) {
      A total = partial[row * blocks];
      for (int64_t b = 1; b < blocks; ++b) total = combine<K, A>(total, partial[row * blocks + b]);
      static_cast<T*>(t.out)[row] = static_cast<T>(total);
    }
  };
  switch (t.kind) {
    case Reduction::red_sum:
      if constexpr (!std::is_same_v<T, bool>) run.template operator()<Reduction::red_sum>();
      break;
    case Reduction::red_prod:
      if constexpr (!std::is_same_v<T, bool>) run.template operator()<Reduction::red_prod>();
      break;
    case Reduction::red_max: run.template operator()<Reduction::red_max>(); break;
    case Reduction::red_min: run.template operator()<Reduction::red_min>(); break;
    default: break;
  }
}

inline void reduce_finish(const ReduceTask& t, const Plan&, char* shared) {
  if (blocks_of_row(t) <= 1) return;
  switch (t.type) {
    case DType::Bool: return finish_typed<bool>(t, shared);
    case DType::I32: return finish_typed<int32_t>(t, shared);
    case DType::U32: return finish_typed<uint32_t>(t, shared);
    case DType::I64: return finish_typed<int64_t>(t, shared);
    case DType::F64: return finish_typed<double>(t, shared);
    default: return finish_typed<float>(t, shared);
  }
}

}  // namespace yeoul::YEOUL_ISA
