// Pooling over windows of up to three spatial axes, channels last.
//
//   max:       y[o, c] = max over places k of x[o stride + k - low, c]      sum: the sum; places outside x left out
//   max_grad:  dx at the first place of each window where x is y, or NaN, gains dy      sum_grad: at every place
//   max_pick:  g at that place
//
// Channels lie side by side in vectors.  Pieces are rows of windows; where windows write to x, bands of its rows, each
// with all windows that meet it.  There a row of windows goes in strips of up to four, each element of x being visited
// once per strip, and rows of x become zero just before the first window that meets them.  Overlapping maxima (3x3, two
// apart) go one by one, and write what no window has met before instead.
#pragma once

#include <algorithm>
#include <limits>

#include "kernels/depthwise.h"
#include "kernels/kernels.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

constexpr bool pool_writes_input(Pooling kind) {
  return kind == Pooling::pool_max_grad || kind == Pooling::pool_sum_grad;
}

constexpr int64_t kBands = 8;      // units of work, where images are fewer
constexpr int64_t kBandRows = 8;   // of x, at least
constexpr int64_t kLongRun = 512;  // bytes of channels

// Into how many bands of rows an image is cut.  A band meets the rows of a window in order up to its own end, which
// with several planes it would not.
inline int64_t pool_bands(const PoolTask& t) {
  if (t.axes[0].in > 1) return 1;
  const int64_t rows = std::max(t.axes[1].in / std::max(kBandRows, 2 * t.axes[1].window), int64_t{1});
  return std::clamp<int64_t>(kBands / std::max<int64_t>(t.batch, 1), 1, rows);
}

inline Plan pool_plan(const PoolTask& t) {
  double work = static_cast<double>(t.batch) * static_cast<double>(t.channels);
  int64_t rows = t.batch;
  for (int i = 0; i < kSpatial; ++i) {
    work *= static_cast<double>(t.axes[i].out) * static_cast<double>(t.axes[i].window);
    if (i < 2) rows *= t.axes[i].out;
  }
  Plan plan{};
  plan.work = 20.0 + work * (pool_writes_input(t.kind) ? 0.3 : 0.15) * static_cast<double>(item_size(t.type)) / 4.0;
  plan.pieces = 1;
  if (plan.work > 8000.0)
    plan.pieces = std::clamp<int64_t>(pool_writes_input(t.kind) ? t.batch * pool_bands(t) : rows, 1, 16);
  return plan;
}

template <typename T>
struct PoolPointers {
  const T *x, *y, *slope;
  T* out;
};

// The places of one window that lie within x: offsets of the first, steps between them, counts.
struct Window {
  int64_t at, count[kSpatial], step[kSpatial];

  // Y rows of X places in one plane, or as many as counted.
  template <int Y, int X, typename Visit>
  [[gnu::always_inline]] void each(Visit visit) const {
    if constexpr (Y > 0) {
#pragma GCC unroll 3
      for (int y = 0; y < Y; ++y)
#pragma GCC unroll 3
        for (int x = 0; x < X; ++x) visit(at + y * step[1] + x * step[2]);
      return;
    }
    for (int64_t z = 0; z < count[0]; ++z)
      for (int64_t y = 0; y < count[1]; ++y) {
        const int64_t row = at + z * step[0] + y * step[1];
        for (int64_t x = 0; x < count[2]; ++x) visit(row + x * step[2]);
      }
  }
};

// `c` of one window: V is a vector of channels, or one channel.
template <Pooling K, int Y, int X, typename V, typename T>
[[gnu::always_inline]] inline void pool_channels(const PoolPointers<T>& p, const Window& window, int64_t o, int64_t c) {
  if constexpr (K == Pooling::pool_max) {
    V largest = V{} - std::numeric_limits<T>::infinity();
    window.each<Y, X>([&](int64_t at) {
      const V x = load_as<V>(p.x + at + c);
      const V larger = largest > x ? largest : x;
      largest = largest != largest ? largest : larger;
    });
    store_as<V>(p.out + o + c, largest);
  } else if constexpr (K == Pooling::pool_sum) {
    V sum{};
    window.each<Y, X>([&](int64_t at) { sum += load_as<V>(p.x + at + c); });
    store_as<V>(p.out + o + c, sum);
  } else {
    const V largest = load_as<V>(p.y + o + c);
    using Mask = decltype(largest == largest);
    V picked{};
    Mask open = picked == picked;
    window.each<Y, X>([&](int64_t at) {
      const V x = load_as<V>(p.x + at + c);
      const Mask hit = ((x == largest) | (x != x)) & open;
      picked = hit ? load_as<V>(p.slope + at + c) : picked;
      open ^= hit;
    });
    store_as<V>(p.out + o + c, picked);
  }
}

// The part of x within window `o` of an axis: its first element and how many there are.
struct Part {
  int64_t first, count;
};
inline Part pool_part(const Spatial& a, int64_t o) {
  const int64_t start = o * a.stride - a.low, first = std::max<int64_t>(start, 0);
  return {first, std::max<int64_t>(std::min(start + a.window, a.in) - first, 0)};
}

inline void pool_steps(const PoolTask& t, int64_t* step) {
  step[2] = t.channels;
  step[1] = t.axes[2].in * step[2];
  step[0] = t.axes[1].in * step[1];
}

// The windows of row `o1` of plane `o0` of image `n`.
template <Pooling K, typename T>
void pool_row(const PoolTask& t, const PoolPointers<T>& p, int64_t n, int64_t o0, int64_t o1) {
  const Spatial* a = t.axes;
  Window window{};
  pool_steps(t, window.step);
  const Part z = pool_part(a[0], o0), y = pool_part(a[1], o1);
  window.count[0] = z.count, window.count[1] = y.count;
  const int64_t row = ((n * a[0].in + z.first) * a[1].in + y.first) * a[2].in;
  int64_t o = ((n * a[0].out + o0) * a[1].out + o1) * a[2].out * t.channels;
  for (int64_t o2 = 0; o2 < a[2].out; ++o2, o += t.channels) {
    const Part x = pool_part(a[2], o2);
    window.at = (row + x.first) * t.channels;
    window.count[2] = x.count;
    const auto pool = [&]<int Y, int X>() __attribute__((always_inline)) {
      each_channel<T>(t.channels, [p = p, window = window, o]<typename V>(int64_t c)
                                      __attribute__((always_inline)) { pool_channels<K, Y, X, V>(p, window, o, c); });
    };
    if (z.count == 1 && y.count == 2 && x.count == 2)
      pool.template operator()<2, 2>();
    else if (z.count == 1 && y.count == 3 && x.count == 3)
      pool.template operator()<3, 3>();
    else
      pool.template operator()<0, 0>();
  }
}

// -- gradients that windows write to x --------------------------------------------------------------------------------
// What a row of windows meets: `count` rows of x, the first of them at `at`; rows before `written` belong to
// another band, but may hold the place of a maximum.
struct PoolRows {
  int64_t at, count[2], step[2], written;
};

// X windows of W elements along the last axis, S apart, from element `at` of a row on; W = 0: one window of any size.
// `within`: which elements lie within the row.
template <Pooling K, int X, int W, int S, bool ADDS, typename T>
void pool_strip(const PoolPointers<T>& pointers, const PoolRows& met, int64_t channels, int64_t at, const Range& within,
                int64_t o) {
  const PoolPointers<T> p = pointers;  // copies, which no store to x can change
  const PoolRows rows = met;
  const Range inside = within;
  constexpr bool is_max = K == Pooling::pool_max_grad;
  each_channel<T>(channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    V largest[X], slope[X];
#pragma GCC unroll 4
    for (int j = 0; j < X; ++j) {
      if constexpr (is_max) largest[j] = load_as<V>(p.y + o + j * channels + c);
      slope[j] = load_as<V>(p.slope + o + j * channels + c);
    }
    for (int64_t z = 0; z < rows.count[0]; ++z)
#pragma GCC unroll 1
      for (int64_t y = 0; y < rows.count[1]; ++y) {
        const int64_t row = rows.at + z * rows.step[0] + y * rows.step[1] + at + c;
        const bool is_written = y >= rows.written;
        // `i`: the element, which windows first to last meet.
        const auto visit = [&](int64_t i, int first, int last) __attribute__((always_inline)) {
          V gain;
          if constexpr (is_max) {
            const V x = load_as<V>(p.x + row + i * channels);
            const auto is_nan = x != x;
#pragma GCC unroll 4
            for (int j = first; j <= last; ++j) {
              const auto hit = (x == largest[j]) | is_nan;
              const V part = hit ? slope[j] : V{};
              gain = j == first ? part : gain + part;
              slope[j] = hit ? V{} : slope[j];
            }
          } else {
#pragma GCC unroll 4
            for (int j = first; j <= last; ++j) gain = j == first ? slope[j] : gain + slope[j];
          }
          T* to = p.out + row + i * channels;
          if (is_written) store_as<V>(to, ADDS ? load_as<V>(to) + gain : gain);
        };
        if constexpr (W == 0) {
#pragma GCC unroll 1
          for (int64_t i = inside.first; i < inside.last; ++i) visit(i, 0, 0);
        } else {
          constexpr int reach = kStripReach<X, W, S>;
#pragma GCC unroll 16
          for (int i = 0; i < reach; ++i) {
            if (i < W - 1 && i < inside.first) continue;
            if (i > reach - W && i >= inside.last) continue;
            visit(i, i < W ? 0 : (i - W) / S + 1, std::min(i / S, X - 1));
          }
        }
      }
  });
}

// Overlapping maxima: elements [FIRST, LAST) of the R rows of three of a window, the first at `at`, where windows are
// two apart.  What no window has met is written, not added to: all but the first row where ADDS_ROW, and all but the
// first element of a row where ADDS.
template <int R, int FIRST, int LAST, bool ADDS_ROW, bool ADDS, typename T>
void pool_max_overlap(const PoolPointers<T>& pointers, int64_t channels, int64_t step, int64_t at, int64_t o) {
  const PoolPointers<T> p = pointers;  // copies, which no store to x can change
  each_channel<T>(channels, [=]<typename V>(int64_t c) __attribute__((always_inline)) {
    const V largest = load_as<V>(p.y + o + c);
    V slope = load_as<V>(p.slope + o + c);
#pragma GCC unroll 3
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
      for (int i = FIRST; i < LAST; ++i) {
        const int64_t place = at + r * step + i * channels + c;
        const V x = load_as<V>(p.x + place);
        const auto hit = (x == largest) | (x != x);
        V gain = hit ? slope : V{};
        slope = hit ? V{} : slope;
        if ((ADDS_ROW && r == 0) || (ADDS && i == 0)) gain += load_as<V>(p.out + place);
        store_as<V>(p.out + place, gain);
      }
  });
}

// The same for all windows of a row, the first element of whose first window would be at `at`.
template <int R, bool ADDS_ROW, typename T>
void pool_max_overlaps(const PoolPointers<T>& p, const Spatial& a, int64_t channels, int64_t at, int64_t o) {
  const int64_t step = a.in * channels, whole = (a.in + a.low - 3) / 2 + 1;  // windows that end within the row
  if (a.low == 1)
    pool_max_overlap<R, 1, 3, ADDS_ROW, false, T>(p, channels, step, at, o);
  else
    pool_max_overlap<R, 0, 3, ADDS_ROW, false, T>(p, channels, step, at, o);
  int64_t i = 1;
  for (; i < std::min(whole, a.out); ++i)
    pool_max_overlap<R, 0, 3, ADDS_ROW, true, T>(p, channels, step, at + 2 * i * channels, o + i * channels);
  if (i < a.out)
    pool_max_overlap<R, 0, 2, ADDS_ROW, true, T>(p, channels, step, at + 2 * i * channels, o + i * channels);
}

// Whether all windows are of that kind: only the first along the last axis misses an element, at most one, and only the
// last one, at most one.
inline bool pool_overlaps(const Spatial* a) {
  const int64_t reach = 2 * a[2].out + 1 - a[2].low;
  return a[0].in == 1 && a[0].out == 1 && a[0].low == 0 && a[1].window == 3 && a[1].stride == 2 && a[2].window == 3 &&
         a[2].stride == 2 && a[2].low <= 1 && a[2].in > 2 && reach <= a[2].in + 1;
}

// A row of `count` windows.
template <Pooling K, int W, int S, bool ADDS, typename T>
void pool_strips(const PoolTask& t, const PoolPointers<T>& p, const PoolRows& rows, int64_t o) {
  const Spatial& a = t.axes[2];
  const auto strip = [&]<int X>(int64_t i) __attribute__((always_inline)) {
    const int64_t start = i * a.stride - a.low;
    const Range inside{-start, a.in - start};
    if (W > 0 && inside.first < W && inside.last > kStripReach<X, W, S> - W)
      return pool_strip<K, X, W, S, ADDS, T>(p, rows, t.channels, start * t.channels, inside, o + i * t.channels);
    for (int64_t j = i; j < i + X; ++j) {
      const int64_t own = j * a.stride - a.low;
      const int64_t last = std::min(a.window, a.in - own);
      pool_strip<K, 1, 0, 1, ADDS, T>(p, rows, t.channels, own * t.channels, {std::max<int64_t>(-own, 0), last},
                                      o + j * t.channels);
    }
  };
  int64_t i = 0;
  if constexpr (W > 0) {
    // Windows side by side share nothing, and where channels are many each is a few long runs.
    const bool is_alone = W == S && t.channels * static_cast<int64_t>(sizeof(T)) >= kLongRun;
    for (; is_alone && i < a.out; ++i) strip.template operator()<1>(i);
    for (; i + 4 <= a.out; i += 4) strip.template operator()<4>(i);
    if (i + 2 <= a.out) strip.template operator()<2>(i), i += 2;
  }
  for (; i < a.out; ++i) strip.template operator()<1>(i);
}

// Rows [first, last) of all planes of image `n`.
template <Pooling K, typename T>
void pool_band(const PoolTask& t, const PoolPointers<T>& p, int64_t n, int64_t first, int64_t last) {
  const Spatial* a = t.axes;
  int64_t step[kSpatial];
  pool_steps(t, step);
  const int64_t image = n * a[0].in * step[0];
  // Windows side by side with nothing between them: each element is written once.
  const bool is_tiled = a[2].window == a[2].stride && a[1].window <= a[1].stride && a[0].window <= a[0].stride;
  const int64_t covered = is_tiled ? std::clamp<int64_t>(a[2].out * a[2].stride - a[2].low, 0, a[2].in) : 0;
  const auto clear = [&](int64_t z, int64_t y, int64_t from) {
    std::fill_n(p.out + image + z * step[0] + y * step[1] + from * step[2], (a[2].in - from) * step[2], T(0));
  };
  const bool overlaps = K == Pooling::pool_max_grad && pool_overlaps(a);
  int64_t next_plane = 0;  // the first that no window has met
  for (int64_t o0 = 0; o0 < a[0].out; ++o0) {
    const Part z = pool_part(a[0], o0);
    if (z.count == 0) continue;
    const int64_t planes_end = std::max(z.first + z.count, next_plane);
    int64_t next = first;
    for (int64_t o1 = 0; o1 < a[1].out; ++o1) {
      const Part y = pool_part(a[1], o1);
      const int64_t end = std::min(y.first + y.count, last);
      if (y.count == 0 || end <= first || y.first >= last) continue;
      const int64_t o = ((n * a[0].out + o0) * a[1].out + o1) * a[2].out * t.channels;
      if (overlaps && y.count > 1 && first <= y.first && y.first + y.count <= last) {
        const int64_t covered_end = std::min(2 * a[2].out + 1 - a[2].low, a[2].in);
        const bool adds = next > y.first;
        for (; next < y.first; ++next) clear(0, next, 0);
        for (; next < end; ++next) clear(0, next, covered_end);
        const int64_t at = image + y.first * step[1] - a[2].low * step[2];
        if (y.count == 3)
          adds ? pool_max_overlaps<3, true, T>(p, a[2], t.channels, at, o)
               : pool_max_overlaps<3, false, T>(p, a[2], t.channels, at, o);
        else
          adds ? pool_max_overlaps<2, true, T>(p, a[2], t.channels, at, o)
               : pool_max_overlaps<2, false, T>(p, a[2], t.channels, at, o);
        continue;
      }
      for (int64_t i = next_plane; i < planes_end; ++i)
        for (int64_t j = next; j < end; ++j) clear(i, j, i >= z.first && j >= y.first ? covered : 0);
      next = std::max(next, end);
      const PoolRows rows{
          image + z.first * step[0] + y.first * step[1], {z.count, end - y.first}, {step[0], step[1]}, first - y.first};
      if (is_tiled && a[2].window == 2)
        pool_strips<K, 2, 2, false>(t, p, rows, o);
      else if (is_tiled)
        pool_strips<K, 0, 1, false>(t, p, rows, o);
      else if (a[2].window == 3 && a[2].stride == 2 && K == Pooling::pool_sum_grad)  // maxima: no faster in strips
        pool_strips<K, 3, 2, true>(t, p, rows, o);
      else if (a[2].window == 3 && a[2].stride == 1)
        pool_strips<K, 3, 1, true>(t, p, rows, o);
      else
        pool_strips<K, 0, 1, true>(t, p, rows, o);
    }
    for (int64_t i = next_plane; i < planes_end; ++i)
      for (int64_t j = next; j < last; ++j) clear(i, j, 0);
    next_plane = planes_end;
  }
  for (int64_t i = next_plane; i < a[0].in; ++i)
    for (int64_t j = first; j < last; ++j) clear(i, j, 0);
}

// -- pieces -----------------------------------------------------------------------------------------------------------
template <Pooling K, typename T>
void pool_piece(const PoolTask& t, const Plan& plan, int64_t piece) {
  PoolPointers<T> p{};
  p.out = static_cast<T*>(t.out);
  if constexpr (K == Pooling::pool_sum_grad) {
    p.slope = static_cast<const T*>(t.operands[0]);
  } else {
    p.x = static_cast<const T*>(t.operands[0]);
    p.y = static_cast<const T*>(t.operands[1]);
    p.slope = static_cast<const T*>(t.operands[2]);
  }
  const int64_t planes = t.axes[0].out, rows = t.axes[1].out, bands = pool_bands(t), size = t.axes[1].in;
  const int64_t units = t.batch * (pool_writes_input(K) ? bands : planes * rows);
  for (int64_t u = units * piece / plan.pieces; u < units * (piece + 1) / plan.pieces; ++u) {
    if constexpr (pool_writes_input(K))
      pool_band<K, T>(t, p, u / bands, size * (u % bands) / bands, size * (u % bands + 1) / bands);
    else
      pool_row<K, T>(t, p, u / (planes * rows), u / rows % planes, u % rows);
  }
}

template <typename T>
void pool_run_typed(const PoolTask& t, const Plan& plan, int64_t piece) {
  switch (t.kind) {
    case Pooling::pool_max:
      return pool_piece<Pooling::pool_max, T>(t, plan, piece);
    case Pooling::pool_max_grad:
      return pool_piece<Pooling::pool_max_grad, T>(t, plan, piece);
    case Pooling::pool_max_pick:
      return pool_piece<Pooling::pool_max_pick, T>(t, plan, piece);
    case Pooling::pool_sum:
      return pool_piece<Pooling::pool_sum, T>(t, plan, piece);
    default:
      return pool_piece<Pooling::pool_sum_grad, T>(t, plan, piece);
  }
}

inline void pool_run(const PoolTask& t, const Plan& plan, int64_t piece) {
  if (t.type == DType::F64)
    pool_run_typed<double>(t, plan, piece);
  else
    pool_run_typed<float>(t, plan, piece);
}

}  // namespace yeoul::YEOUL_ISA
