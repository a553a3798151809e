// Depthwise convolution: channels side by side in a vector, nothing summed over them.
//
//   y[j, c] = sum over taps t of x[j, t, c] kernel[t, c],   dkernel[t, c] = sum over j of x[j, t, c] dy[j, c]
//
// The source is read in place, a row of targets at a time.  Targets that meet every tap along the last axis go in
// strips of up to eight: for each vector of channels and each row of the window, K weights stay in registers and each
// element of the source is loaded once.  Targets at the edges, and windows of other sizes, go one by one, tap by tap.
//
// A strip visits its pixels vector by vector, in steps that hardware does not foresee.  Where the images do not stay in
// the caches, it asks for its share of the next row of source and targets, line after line as they lie in memory.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/patch.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

// What the targets of one row read: for each row of the window where it starts in the source and in the kernel, and
// along it `taps` elements from `at` on, those within [0, size).  `weight_step` is below 0 where the kernel is read
// backwards.
struct Stretch {
  const Run* rows;  // length: the place in the kernel
  int64_t n_rows, taps;
  int64_t at, size, step, spread, weight_step;
  int64_t channels;
  bool fetches;   // what the next row of targets reads and writes
  int64_t fresh;  // behind each of the last `fresh` rows of the window, `source_ahead` elements on, lies a new one
  int64_t source_ahead, target_ahead, phase;
};

constexpr int64_t kStaysInCache = 9 << 20;  // bytes of source and targets
constexpr int64_t kForeseen = 128;          // bytes of a pixel: steps so short are foreseen by hardware
constexpr int64_t kFetchAhead = 32 * 1024;  // elements, at most

// Asks for the part of N pixels at `row` that falls to the vector of channels at `c`.
template <int N, typename V, typename T>
[[gnu::always_inline]] inline void fetch_share(const T* row, int64_t c) {
  constexpr int line = 64 / static_cast<int>(sizeof(T)), share = N * static_cast<int>(sizeof(V) / sizeof(T));
#pragma GCC unroll 32
  for (int i = 0; i < share; i += line) __builtin_prefetch(row + c * N + i);
}

// The elements of a strip that lie within its source.
struct Range {
  int64_t first, last;
};

// visit.operator()<V>(c) for whole vectors of channels, then visit.operator()<T>(c) for single ones.
template <typename T, typename Visit>
inline void each_channel(int64_t channels, Visit visit) {
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>) visit.template operator()<Vec<T>>(c);
  for (; c < channels; ++c) visit.template operator()<T>(c);
}

// visit(i, element i of the source) for those of a strip of X targets of K taps that lie within `inside`, from which
// at most K - 1 at each end are missing.
template <int X, int K, int S>
constexpr int kStripReach = (X - 1) * S + K;

template <typename V, int X, int K, int S, typename T, typename Visit>
[[gnu::always_inline]] inline void each_source(const Range& inside, const T* at, int64_t step, Visit visit) {
  constexpr int reach = kStripReach<X, K, S>;
#pragma GCC unroll 32
  for (int i = 0; i < reach; ++i) {
    if (i < K - 1 && i < inside.first) continue;
    if (i > reach - K && i >= inside.last) continue;
    visit(i, load_as<V>(at + i * step));
  }
}

// X targets whose K taps are neighbours in the source, S elements of which lie from target to target.
template <int X, int K, int S, bool FETCHES, typename T>
void depthwise_strip(const Stretch& a, const Range& inside, const T* x, const T* kernel, T* y, int64_t y_row) {
  const int64_t step = a.spread * a.channels, weight_step = a.weight_step * a.channels;
  each_channel<T>(a.channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    V sum[X];
#pragma GCC unroll 8
    for (int i = 0; i < X; ++i) sum[i] = V{};
    for (int64_t r = 0; r < a.n_rows; ++r) {
      const T* at = x + a.rows[r].at + c;
      const T* weights = kernel + a.rows[r].length * a.channels + c;
      V weight[K];
#pragma GCC unroll 8
      for (int t = 0; t < K; ++t) weight[t] = load_as<V>(weights + t * weight_step);
      if (FETCHES && r >= a.n_rows - a.fresh) fetch_share<X * S, V>(at - c + a.source_ahead, c);
      each_source<V, X, K, S>(inside, at, step, [&](int i, V source) __attribute__((always_inline)) {
#pragma GCC unroll 8
        for (int t = 0; t < K; ++t)
          if (i >= t && (i - t) % S == 0 && (i - t) / S < X) sum[(i - t) / S] += source * weight[t];
      });
    }
    if (FETCHES) fetch_share<X, V>(y + a.target_ahead + a.phase * (X - 1) * a.channels, c);
#pragma GCC unroll 8
    for (int i = 0; i < X; ++i) store_as<V>(y + i * y_row + c, sum[i]);
  });
}

// One target with the taps in `taps`.
template <typename T>
void depthwise_target(const Stretch& a, const Range& taps, const T* x, const T* kernel, T* y) {
  const int64_t step = a.spread * a.channels, weight_step = a.weight_step * a.channels;
  each_channel<T>(a.channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    V sum{};
    for (int64_t r = 0; r < a.n_rows; ++r) {
      const T* at = x + a.rows[r].at + c;
      const T* weights = kernel + a.rows[r].length * a.channels + c;
      for (int64_t t = taps.first; t < taps.last; ++t)
        sum += load_as<V>(at + t * step) * load_as<V>(weights + t * weight_step);
    }
    store_as<V>(y + c, sum);
  });
}

// The same for the kernel's gradient, which is added to `sums`.
template <int X, int K, int S, bool FETCHES, typename T>
void depthwise_kernel_strip(const Stretch& a, const Range& inside, const T* x, const T* dy, T* sums) {
  const int64_t step = a.spread * a.channels, weight_step = a.weight_step * a.channels;
  each_channel<T>(a.channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    V slope[X];
#pragma GCC unroll 8
    for (int i = 0; i < X; ++i) slope[i] = load_as<V>(dy + i * a.channels + c);
    if (FETCHES) fetch_share<X, V>(dy + a.target_ahead, c);
    for (int64_t r = 0; r < a.n_rows; ++r) {
      const T* at = x + a.rows[r].at + c;
      T* own = sums + a.rows[r].length * a.channels + c;
      V sum[K];
#pragma GCC unroll 8
      for (int t = 0; t < K; ++t) sum[t] = load_as<V>(own + t * weight_step);
      if (FETCHES && r >= a.n_rows - a.fresh) fetch_share<X * S, V>(at - c + a.source_ahead, c);
      each_source<V, X, K, S>(inside, at, step, [&](int i, V source) __attribute__((always_inline)) {
#pragma GCC unroll 8
        for (int t = 0; t < K; ++t)
          if (i >= t && (i - t) % S == 0 && (i - t) / S < X) sum[t] += source * slope[(i - t) / S];
      });
#pragma GCC unroll 8
      for (int t = 0; t < K; ++t) store_as<V>(own + t * weight_step, sum[t]);
    }
  });
}

template <typename T>
void depthwise_kernel_target(const Stretch& a, const Range& taps, const T* x, const T* dy, T* sums) {
  const int64_t step = a.spread * a.channels, weight_step = a.weight_step * a.channels;
  each_channel<T>(a.channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    const V slope = load_as<V>(dy + c);
    for (int64_t r = 0; r < a.n_rows; ++r) {
      const T* at = x + a.rows[r].at + c;
      T* own = sums + a.rows[r].length * a.channels + c;
      for (int64_t t = taps.first; t < taps.last; ++t)
        store_as<V>(own + t * weight_step, load_as<V>(own + t * weight_step) + load_as<V>(at + t * step) * slope);
    }
  });
}

inline int64_t ceil_div(int64_t a, int64_t b) { return -floor_div(-a, b); }

// Which of `taps` elements from `at` on, `spread` apart, lie within [0, size).
inline Range within(int64_t at, int64_t size, int64_t spread, int64_t taps) {
  const int64_t last = std::clamp<int64_t>(ceil_div(size - at, spread), 0, taps);
  return {std::clamp<int64_t>(ceil_div(-at, spread), 0, last), last};
}

// `count` targets in strips of 8, 7, 4, 2 and 1: visit.operator()<X, K, S>(first target, what lies within), where K is
// 0 for windows and targets without strips and the range that of a single target's taps.
template <typename Visit>
void depthwise_strips(const Stretch& a, int64_t count, Visit visit) {
  const Range inside{ceil_div(-a.at, a.spread), ceil_div(a.size - a.at, a.spread)};  // of the first target's elements
  const auto single = [&](int64_t i) __attribute__((always_inline)) {
    visit.template operator()<1, 0, 1>(i, within(a.at + i * a.step, a.size, a.spread, a.taps));
  };
  const auto strip = [&]<int X, int K, int S>(int64_t i) __attribute__((always_inline)) {
    const Range own{inside.first - i * S, inside.last - i * S};
    if (own.first < K && own.last > kStripReach<X, K, S> - K) return visit.template operator()<X, K, S>(i, own);
    for (int64_t j = i; j < i + X; ++j) single(j);
  };
  const auto strips = [&]<int K, int S>() __attribute__((always_inline)) {
    int64_t i = 0;
    if (count % 7 != 0)
      for (; i + 8 <= count; i += 8) strip.template operator()<8, K, S>(i);
    for (; i + 7 <= count; i += 7) strip.template operator()<7, K, S>(i);
    if (i + 4 <= count) strip.template operator()<4, K, S>(i), i += 4;
    if (i + 2 <= count) strip.template operator()<2, K, S>(i), i += 2;
    if (i < count) strip.template operator()<1, K, S>(i);
  };
  if (a.step == a.spread) switch (a.taps) {
      case 1:
        return strips.template operator()<1, 1>();
      case 2:
        return strips.template operator()<2, 1>();
      case 3:
        return strips.template operator()<3, 1>();
      case 5:
        return strips.template operator()<5, 1>();
      case 7:
        return strips.template operator()<7, 1>();
    }
  if (a.step == 2 * a.spread) switch (a.taps) {
      case 3:
        return strips.template operator()<3, 2>();
      case 5:
        return strips.template operator()<5, 2>();
    }
  for (int64_t i = 0; i < count; ++i) single(i);
}

template <typename T>
void depthwise_row(const Stretch& a, int64_t count, const T* x, const T* kernel, T* y, int64_t y_row) {
  depthwise_strips(a, count, [&]<int X, int K, int S>(int64_t i, const Range& inside) __attribute__((always_inline)) {
    const T* from = x + (a.at + i * a.step) * a.channels;
    if constexpr (K == 0)
      depthwise_target<T>(a, inside, from, kernel, y + i * y_row);
    else if (a.fetches && X > 4)
      depthwise_strip<X, K, S, (X > 4), T>(a, inside, from, kernel, y + i * y_row, y_row);
    else
      depthwise_strip<X, K, S, false, T>(a, inside, from, kernel, y + i * y_row, y_row);
  });
}

template <typename T>
void depthwise_kernel_row(const Stretch& a, int64_t count, const T* x, const T* dy, T* sums) {
  depthwise_strips(a, count, [&]<int X, int K, int S>(int64_t i, const Range& inside) __attribute__((always_inline)) {
    const T* from = x + (a.at + i * a.step) * a.channels;
    if constexpr (K == 0)
      depthwise_kernel_target<T>(a, inside, from, dy + i * a.channels, sums);
    else if (a.fetches && X > 4)
      depthwise_kernel_strip<X, K, S, (X > 4), T>(a, inside, from, dy + i * a.channels, sums);
    else
      depthwise_kernel_strip<X, K, S, false, T>(a, inside, from, dy + i * a.channels, sums);
  });
}

inline bool depthwise_fetches(const ConvShape& s) {
  int64_t input = s.batch * s.groups, output = input;
  for (const Spatial& axis : s.axes) input *= axis.in, output *= axis.out;
  const int64_t item = item_size(s.type);
  return s.groups * item > kForeseen && (input + output) * item > kStaysInCache;
}

// visit(stretch, count, where its first target stands among those of the block) for rows of a block's targets, phase by
// phase; each row of targets is finished before the next.
// `lines` and `rows` have room for all phases of the axes and for the rows of a window.
template <typename Visit>
void depthwise_stretches(const ConvShape& s, const PatchLayout& p, const Block& block, Line* lines, Run* rows,
                         Visit visit) {
  const Line* axis[kSpatial];
  for (int i = 0; i < kSpatial; ++i) {
    axis[i] = lines;
    for (int64_t phase = 0; phase < p.phases[i]; ++phase) *lines++ = line_of(s, i, phase);
  }
  const Targets targets = targets_of(s, p, block);
  Stretch a{};
  a.rows = rows;
  a.channels = s.groups;
  a.size = p.source[2];
  a.fetches = depthwise_fetches(s);
  const int64_t pixels_ahead = std::max<int64_t>(kFetchAhead / a.channels, 1);
  a.target_ahead = std::min(p.target[2], pixels_ahead) * a.channels;
  int64_t row = 0;  // the first of its targets
  for (int64_t n = 0; n < block.size[0]; ++n)
    for (int64_t z = 0; z < targets.size[1]; ++z)
      for (int64_t y = 0; y < targets.size[2]; ++y, row += targets.size[3]) {
        const Line &deep = axis[0][z % p.scale[0]], &high = axis[1][y % p.scale[1]];
        const int64_t at0 = (block.first[1] + z / p.scale[0]) * deep.step + deep.offset;
        const int64_t at1 = (block.first[2] + y / p.scale[1]) * high.step + high.offset;
        const Range over0 = within(at0, p.source[0], deep.spread, deep.taps),
                    over1 = within(at1, p.source[1], high.spread, high.taps);
        for (int64_t phase = 0; phase < p.phases[2]; ++phase) {
          const Line& line = axis[2][phase];
          a.taps = line.taps;
          a.at = block.first[3] * line.step + line.offset;
          a.step = line.step;
          a.spread = line.spread;
          a.weight_step = line.place_step;
          a.n_rows = 0;
          for (int64_t t0 = over0.first; t0 < over0.last; ++t0)
            for (int64_t t1 = over1.first; t1 < over1.last; ++t1) {
              const int64_t plane = ((block.first[0] + n) * p.source[0] + at0 + t0 * deep.spread) * p.source[1];
              const int64_t place = (deep.place + t0 * deep.place_step) * s.axes[1].window;
              rows[a.n_rows++] = {(plane + at1 + t1 * high.spread) * p.source[2] * a.channels,
                                  (place + high.place + t1 * high.place_step) * s.axes[2].window + line.place};
            }
          if (a.n_rows == 0) a.taps = 0;
          a.phase = phase;
          a.fresh = phase == 0 && y % p.scale[1] == 0 ? high.step : 0;
          a.source_ahead = std::min(a.size * high.step, pixels_ahead) * a.channels;
          visit(a, clipped(line, block, 2), row + phase);
        }
      }
}

}  // namespace yeoul::YEOUL_ISA
