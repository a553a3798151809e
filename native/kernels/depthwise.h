// Depthwise convolution: channels side by side in a vector, nothing summed over them.
//
//   y[j, c] = sum over taps t of x[j, t, c] kernel[t, c],   dkernel[t, c] = sum over j of x[j, t, c] dy[j, c]
//
// Sums of a few targets (taps) stay in registers; targets and taps are read through tables of offsets.
#pragma once

#include <type_traits>

#include "kernels/patch.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

// One vector of channels, or one channel: the same loops.
template <typename V, typename T>
inline V load_as(const T* p) {
  if constexpr (std::is_same_v<V, T>)
    return *p;
  else
    return load(p);
}
template <typename V, typename T>
inline void store_as(T* p, V v) {
  if constexpr (std::is_same_v<V, T>)
    *p = v;
  else
    store(p, v);
}

// R targets of N vectors.
template <typename V, int R, int N, typename T>
inline void depthwise_targets(const T* x, const int64_t* rows, const Run* taps, int64_t n_taps, const T* kernel,
                              int64_t channels, T* y, int64_t y_row) {
  constexpr int64_t w = sizeof(V) / sizeof(T);
  V sum[R][N];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < N; ++v) sum[r][v] = V{};
  for (int64_t t = 0; t < n_taps; ++t) {
    V weight[N];
#pragma GCC unroll 2
    for (int v = 0; v < N; ++v) weight[v] = load_as<V>(kernel + taps[t].length * channels + v * w);
    const T* at = x + taps[t].at;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < N; ++v) sum[r][v] += load_as<V>(at + rows[r] + v * w) * weight[v];
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < N; ++v) store_as<V>(y + r * y_row + v * w, sum[r][v]);
}

template <int R, typename T>
inline void depthwise_channels(const T* x, const int64_t* rows, const Run* taps, int64_t n_taps, const T* kernel,
                               int64_t channels, T* y, int64_t y_row) {
  constexpr int64_t w = kLanes<T>;
  int64_t c = 0;
  for (; c + 2 * w <= channels; c += 2 * w)
    depthwise_targets<Vec<T>, R, 2>(x + c, rows, taps, n_taps, kernel + c, channels, y + c, y_row);
  for (; c + w <= channels; c += w)
    depthwise_targets<Vec<T>, R, 1>(x + c, rows, taps, n_taps, kernel + c, channels, y + c, y_row);
  for (; c < channels; ++c) depthwise_targets<T, R, 1>(x + c, rows, taps, n_taps, kernel + c, channels, y + c, y_row);
}

template <typename T>
void depthwise_rows(const T* x, const int64_t* rows, int64_t count, const Run* taps, int64_t n_taps, const T* kernel,
                    int64_t channels, T* y, int64_t y_row) {
  int64_t r = 0;
  for (; r + 5 <= count; r += 5)
    depthwise_channels<5>(x, rows + r, taps, n_taps, kernel, channels, y + r * y_row, y_row);
  for (; r + 2 <= count; r += 2)
    depthwise_channels<2>(x, rows + r, taps, n_taps, kernel, channels, y + r * y_row, y_row);
  for (; r < count; ++r) depthwise_channels<1>(x, rows + r, taps, n_taps, kernel, channels, y + r * y_row, y_row);
}

// K taps of the kernel's gradient over all targets, for N vectors.
template <typename V, int K, int N, typename T>
inline void depthwise_sums(const T* x, const int64_t* rows, int64_t count, const Run* taps, const T* dy,
                           int64_t channels, T* sums, bool adds) {
  constexpr int64_t w = sizeof(V) / sizeof(T);
  V sum[K][N];
  const T* at[K];
#pragma GCC unroll 8
  for (int t = 0; t < K; ++t) {
    at[t] = x + taps[t].at;
#pragma GCC unroll 2
    for (int v = 0; v < N; ++v) sum[t][v] = adds ? load_as<V>(sums + taps[t].length * channels + v * w) : V{};
  }
  for (int64_t r = 0; r < count; ++r, dy += channels) {
    V slope[N];
#pragma GCC unroll 2
    for (int v = 0; v < N; ++v) slope[v] = load_as<V>(dy + v * w);
    const int64_t row = rows[r];
#pragma GCC unroll 8
    for (int t = 0; t < K; ++t)
#pragma GCC unroll 2
      for (int v = 0; v < N; ++v) sum[t][v] += load_as<V>(at[t] + row + v * w) * slope[v];
  }
#pragma GCC unroll 8
  for (int t = 0; t < K; ++t)
#pragma GCC unroll 2
    for (int v = 0; v < N; ++v) store_as<V>(sums + taps[t].length * channels + v * w, sum[t][v]);
}

template <typename V, int N, typename T>
inline void depthwise_taps(const T* x, const int64_t* rows, int64_t count, const Run* taps, int64_t n_taps, const T* dy,
                           int64_t channels, T* sums, bool adds) {
  int64_t t = 0;
  const auto some = [&]<int K>() __attribute__((always_inline)) {
    depthwise_sums<V, K, N>(x, rows, count, taps + t, dy, channels, sums, adds);
    t += K;
  };
  while (n_taps - t >= 5) some.template operator()<5>();
  switch (n_taps - t) {
    case 4:
      return some.template operator()<4>();
    case 3:
      return some.template operator()<3>();
    case 2:
      return some.template operator()<2>();
    case 1:
      return some.template operator()<1>();
  }
}

template <typename T>
void depthwise_kernel(const T* x, const int64_t* rows, int64_t count, const Run* taps, int64_t n_taps, const T* dy,
                      int64_t channels, T* sums, bool adds) {
  constexpr int64_t w = kLanes<T>;
  int64_t c = 0;
  for (; c + 2 * w <= channels; c += 2 * w)
    depthwise_taps<Vec<T>, 2>(x + c, rows, count, taps, n_taps, dy + c, channels, sums + c, adds);
  for (; c + w <= channels; c += w)
    depthwise_taps<Vec<T>, 1>(x + c, rows, count, taps, n_taps, dy + c, channels, sums + c, adds);
  for (; c < channels; ++c) depthwise_taps<T, 1>(x + c, rows, count, taps, n_taps, dy + c, channels, sums + c, adds);
}

// visit(n, z, y, x, count, source, n_taps) for stretches of a block's targets along the last axis that meet the same
// taps, which stand in `taps`; `source` is the element of the source from which the first target's taps count.  Wide
// images are read in place like this: there is no patch.
template <typename Visit>
void depthwise_stretches(const ConvShape& s, const PatchLayout& p, const Lines& lines, const Block& block, Run* taps,
                         Visit visit) {
  const int64_t stride[kSpatial] = {p.source[1] * p.source[2] * s.groups, p.source[2] * s.groups, s.groups};
  const auto start = [&](int i, int64_t j) {
    return (block.first[1 + i] + j) * lines.line[i].step + lines.line[i].offset;
  };
  struct Range {
    int64_t first, last;
  };
  const auto inside = [&](int i, int64_t at) {
    const Line& line = lines.line[i];
    const int64_t first = at >= 0 ? 0 : (-at - 1) / line.spread + 1;
    const int64_t last = at >= p.source[i] ? 0 : std::min((p.source[i] - 1 - at) / line.spread + 1, line.taps);
    return Range{std::min(first, line.taps), last};
  };
  const Line& line = lines.line[2];
  const int64_t size = clipped(line, block, 2), lowest = start(2, 0);
  const int64_t room = p.source[2] - 1 - (line.taps - 1) * line.spread - lowest;
  const int64_t first = std::clamp<int64_t>(lowest >= 0 ? 0 : (-lowest - 1) / line.step + 1, 0, size);
  const int64_t last = std::clamp<int64_t>(room < 0 ? 0 : room / line.step + 1, first, size);
  for (int64_t n = 0; n < block.size[0]; ++n)
    for (int64_t z = 0; z < clipped(lines.line[0], block, 0); ++z)
      for (int64_t y = 0; y < clipped(lines.line[1], block, 1); ++y) {
        const Range over[2] = {inside(0, start(0, z)), inside(1, start(1, y))};
        const int64_t row =
            (block.first[0] + n) * p.source[0] * stride[0] + start(0, z) * stride[0] + start(1, y) * stride[1];
        for (int64_t x = 0; x < size;) {
          const int64_t count = x == first && last > first ? last - first : 1;
          const Range along = count > 1 ? Range{0, line.taps} : inside(2, start(2, x));
          int64_t n_taps = 0;
          for (int64_t t0 = over[0].first; t0 < over[0].last; ++t0)
            for (int64_t t1 = over[1].first; t1 < over[1].last; ++t1)
              for (int64_t t2 = along.first; t2 < along.last; ++t2)
                taps[n_taps++] = {t0 * lines.line[0].spread * stride[0] + t1 * lines.line[1].spread * stride[1] +
                                      t2 * line.spread * stride[2],
                                  lines.place(s, t0, t1, t2)};
          visit(n, z, y, x, count, row + start(2, x) * stride[2], n_taps);
          x += count;
        }
      }
}

}  // namespace yeoul::YEOUL_ISA
