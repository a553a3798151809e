// Depthwise convolution: channels side by side in a vector, nothing summed over them.
//
//   y[j, c] = sum over taps t of x[j, t, c] kernel[t, c],   dkernel[t, c] = sum over j of x[j, t, c] dy[j, c]
//
// And convolution in groups of G channels and as many filters, where vectors hold whole groups: with member(x, q)[c] =
// x[c - c % G + q],
//
//   y[j] = sum over t and q of member(x[j, t], q) kernel[t, q]
//
//   dkernel[t, q] = sum over j of member(x[j, t], q) dy[j]
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
#include <utility>

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
  int64_t channels;  // of all groups
  bool fetches;      // what the next row of targets reads and writes
  int64_t fresh;     // behind each of the last `fresh` rows of the window, `source_ahead` elements on, lies a new one
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

// visit.operator()<V>(c) for whole vectors of channels, then visit.operator()<T>(c) for single ones, which only groups
// of one channel have.
template <typename T, int G = 1, typename Visit>
inline void each_channel(int64_t channels, Visit visit) {
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>) visit.template operator()<Vec<T>>(c);
  if constexpr (G == 1)
    for (; c < channels; ++c) visit.template operator()<T>(c);
}

// visit.operator()<q>() for the members of a group.
template <int G, typename Visit>
[[gnu::always_inline]] inline void each_member(Visit visit) {
  [&]<int... q>(std::integer_sequence<int, q...>)
      __attribute__((always_inline)) { (visit.template operator()<q>(), ...); }(std::make_integer_sequence<int, G>());
}

// Member q of its group in every lane.
template <int G, int q, typename V>
[[gnu::always_inline]] inline V member(V x) {
  if constexpr (G == 1) {
    return x;
  } else {
    constexpr auto shuffled = []<int... lane>(V v, std::integer_sequence<int, lane...>) {
#if defined(__clang__)
      return __builtin_shufflevector(v, v, (lane - lane % G + q)...);
#else
      return __builtin_shuffle(v, Vec<int32_t>{(lane - lane % G + q)...});
#endif
    };
    return shuffled(x, std::make_integer_sequence<int, kLanes<float>>());
  }
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
template <int X, int K, int S, int G, bool FETCHES, typename T>
void depthwise_strip(const Stretch& a, const Range& inside, const T* x, const T* kernel, T* y, int64_t y_row) {
  const int64_t step = a.spread * a.channels, weight_step = a.weight_step * G * a.channels;
  each_channel<T, G>(a.channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    V sum[X];
#pragma GCC unroll 8
    for (int i = 0; i < X; ++i) sum[i] = V{};
    for (int64_t r = 0; r < a.n_rows; ++r) {
      const T* at = x + a.rows[r].at + c;
      const T* weights = kernel + a.rows[r].length * G * a.channels + c;
      if (FETCHES && r >= a.n_rows - a.fresh) fetch_share<X * S, V>(at - c + a.source_ahead, c);
      each_member<G>([&]<int q>() __attribute__((always_inline)) {
        V weight[K];
#pragma GCC unroll 8
        for (int t = 0; t < K; ++t) weight[t] = load_as<V>(weights + t * weight_step + q * a.channels);
        each_source<V, X, K, S>(inside, at, step, [&](int i, V source) __attribute__((always_inline)) {
          const V x = member<G, q>(source);
#pragma GCC unroll 8
          for (int t = 0; t < K; ++t)
            if (i >= t && (i - t) % S == 0 && (i - t) / S < X) sum[(i - t) / S] += x * weight[t];
        });
      });
    }
    if (FETCHES) fetch_share<X, V>(y + a.target_ahead + a.phase * (X - 1) * a.channels, c);
#pragma GCC unroll 8
    for (int i = 0; i < X; ++i) store_as<V>(y + i * y_row + c, sum[i]);
  });
}

// One target with the taps in `taps`.
template <int G, typename T>
void depthwise_target(const Stretch& a, const Range& taps, const T* x, const T* kernel, T* y) {
  const int64_t step = a.spread * a.channels, weight_step = a.weight_step * G * a.channels;
  each_channel<T, G>(a.channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    V sum{};
    for (int64_t r = 0; r < a.n_rows; ++r) {
      const T* at = x + a.rows[r].at + c;
      const T* weights = kernel + a.rows[r].length * G * a.channels + c;
      for (int64_t t = taps.first; t < taps.last; ++t) {
        const V source = load_as<V>(at + t * step);
        each_member<G>([&]<int q>() __attribute__((always_inline)) {
          sum += member<G, q>(source) * load_as<V>(weights + t * weight_step + q * a.channels);
        });
      }
    }
    store_as<V>(y + c, sum);
  });
}

// The same for the kernel's gradient, which is added to `sums`.
template <int X, int K, int S, int G, bool FETCHES, typename T>
void depthwise_kernel_strip(const Stretch& a, const Range& inside, const T* x, const T* dy, T* sums) {
  const int64_t step = a.spread * a.channels, weight_step = a.weight_step * G * a.channels;
  each_channel<T, G>(a.channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    V slope[X];
#pragma GCC unroll 8
    for (int i = 0; i < X; ++i) slope[i] = load_as<V>(dy + i * a.channels + c);
    if (FETCHES) fetch_share<X, V>(dy + a.target_ahead, c);
    for (int64_t r = 0; r < a.n_rows; ++r) {
      const T* at = x + a.rows[r].at + c;
      T* own = sums + a.rows[r].length * G * a.channels + c;
      if (FETCHES && r >= a.n_rows - a.fresh) fetch_share<X * S, V>(at - c + a.source_ahead, c);
      each_member<G>([&]<int q>() __attribute__((always_inline)) {
        T* to = own + q * a.channels;
        V sum[K];
#pragma GCC unroll 8
        for (int t = 0; t < K; ++t) sum[t] = load_as<V>(to + t * weight_step);
        each_source<V, X, K, S>(inside, at, step, [&](int i, V source) __attribute__((always_inline)) {
          const V x = member<G, q>(source);
#pragma GCC unroll 8
          for (int t = 0; t < K; ++t)
            if (i >= t && (i - t) % S == 0 && (i - t) / S < X) sum[t] += x * slope[(i - t) / S];
        });
#pragma GCC unroll 8
        for (int t = 0; t < K; ++t) store_as<V>(to + t * weight_step, sum[t]);
      });
    }
  });
}

template <int G, typename T>
void depthwise_kernel_target(const Stretch& a, const Range& taps, const T* x, const T* dy, T* sums) {
  const int64_t step = a.spread * a.channels, weight_step = a.weight_step * G * a.channels;
  each_channel<T, G>(a.channels, [&]<typename V>(int64_t c) __attribute__((always_inline)) {
    const V slope = load_as<V>(dy + c);
    for (int64_t r = 0; r < a.n_rows; ++r) {
      const T* at = x + a.rows[r].at + c;
      T* own = sums + a.rows[r].length * G * a.channels + c;
      for (int64_t t = taps.first; t < taps.last; ++t) {
        const V source = load_as<V>(at + t * step);
        each_member<G>([&]<int q>() __attribute__((always_inline)) {
          T* to = own + t * weight_step + q * a.channels;
          store_as<V>(to, load_as<V>(to) + member<G, q>(source) * slope);
        });
      }
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
// 0 for windows and targets without strips and the range that of a single target's taps.  Groups, whose code is as much
// longer as they have members, have strips of 7, 4 and 1 for fewer windows.
template <int G, typename Visit>
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
    if constexpr (G == 1) {
      if (count % 7 != 0)
        for (; i + 8 <= count; i += 8) strip.template operator()<8, K, S>(i);
    }
    for (; i + 7 <= count; i += 7) strip.template operator()<7, K, S>(i);
    if (i + 4 <= count) strip.template operator()<4, K, S>(i), i += 4;
    if constexpr (G == 1) {
      if (i + 2 <= count) strip.template operator()<2, K, S>(i), i += 2;
    }
    for (; i < count; ++i) strip.template operator()<1, K, S>(i);
  };
  const bool is_dense = a.step == a.spread, is_halved = a.step == 2 * a.spread;
  if (is_dense && a.taps == 1) return strips.template operator()<1, 1>();
  if (is_dense && a.taps == 2) return strips.template operator()<2, 1>();
  if (is_dense && a.taps == 3) return strips.template operator()<3, 1>();
  if (is_halved && a.taps == 3) return strips.template operator()<3, 2>();
  if constexpr (G == 1) {
    if (is_dense && a.taps == 5) return strips.template operator()<5, 1>();
    if (is_dense && a.taps == 7) return strips.template operator()<7, 1>();
    if (is_halved && a.taps == 5) return strips.template operator()<5, 2>();
  }
  for (int64_t i = 0; i < count; ++i) single(i);
}

template <int G, typename T>
void depthwise_row(const Stretch& a, int64_t count, const T* x, const T* kernel, T* y, int64_t y_row) {
  depthwise_strips<G>(a, count,
                      [&]<int X, int K, int S>(int64_t i, const Range& inside) __attribute__((always_inline)) {
                        const T* from = x + (a.at + i * a.step) * a.channels;
                        if constexpr (K == 0)
                          depthwise_target<G, T>(a, inside, from, kernel, y + i * y_row);
                        else if (X > 4 && a.fetches)
                          depthwise_strip<X, K, S, G, (X > 4), T>(a, inside, from, kernel, y + i * y_row, y_row);
                        else
                          depthwise_strip<X, K, S, G, false, T>(a, inside, from, kernel, y + i * y_row, y_row);
                      });
}

template <int G, typename T>
void depthwise_kernel_row(const Stretch& a, int64_t count, const T* x, const T* dy, T* sums) {
  depthwise_strips<G>(a, count,
                      [&]<int X, int K, int S>(int64_t i, const Range& inside) __attribute__((always_inline)) {
                        const T* from = x + (a.at + i * a.step) * a.channels;
                        if constexpr (K == 0)
                          depthwise_kernel_target<G, T>(a, inside, from, dy + i * a.channels, sums);
                        else if (X > 4 && a.fetches)
                          depthwise_kernel_strip<X, K, S, G, (X > 4), T>(a, inside, from, dy + i * a.channels, sums);
                        else
                          depthwise_kernel_strip<X, K, S, G, false, T>(a, inside, from, dy + i * a.channels, sums);
                      });
}

// Channels of a group that this file is for, or 0.
template <typename T>
int64_t depthwise_group(const ConvShape& s) {
  if (s.groups == 1 || s.channels != s.filters) return 0;
  if (s.channels == 1) return 1;
  const bool is_whole = std::is_same_v<T, float> && s.groups * s.channels % kLanes<T> == 0;
  return is_whole && (s.channels == 2 || s.channels == 4) ? s.channels : 0;
}

// use.operator()<G>() for the group of a shape.
template <typename T, typename Use>
void with_depthwise_group(const ConvShape& s, Use use) {
  if constexpr (std::is_same_v<T, float>) {
    if (s.channels == 2) return use.template operator()<2>();
    if (s.channels == 4) return use.template operator()<4>();
  }
  use.template operator()<1>();
}

// A kernel for targets of G channels from one for sources of G: rows and columns of each group change places.
template <typename T>
void transpose_groups(const ConvShape& s, const T* kernel, int64_t taps, T* to) {
  const int64_t all = s.groups * s.channels;
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t q = 0; q < s.channels; ++q)
      for (int64_t c = 0; c < all; ++c) {
        const int64_t own = c % s.channels;
        to[(tap * s.channels + q) * all + c] = kernel[(tap * s.channels + own) * all + c - own + q];
      }
}

inline bool depthwise_fetches(const ConvShape& s) {
  int64_t input = s.batch * s.groups * s.channels, output = input;
  for (const Spatial& axis : s.axes) input *= axis.in, output *= axis.out;
  const int64_t item = item_size(s.type);
  return s.groups * s.channels * item > kForeseen && (input + output) * item > kStaysInCache;
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
  a.channels = s.groups * s.channels;
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
