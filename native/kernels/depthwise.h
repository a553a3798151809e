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

template <typename V, int R, typename T>
inline void depthwise_targets(const T* x, const int64_t* rows, const Run* taps, int64_t n_taps, const T* kernel,
                              int64_t channels, T* y, int64_t y_row) {
  V sum[R];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) sum[r] = V{};
  for (int64_t t = 0; t < n_taps; ++t) {
    const V weight = load_as<V>(kernel + taps[t].length * channels);
    const T* at = x + taps[t].at;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) sum[r] += load_as<V>(at + rows[r]) * weight;
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) store_as<V>(y + r * y_row, sum[r]);
}

template <int R, typename T>
inline void depthwise_channels(const T* x, const int64_t* rows, const Run* taps, int64_t n_taps, const T* kernel,
                               int64_t channels, T* y, int64_t y_row) {
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>)
    depthwise_targets<Vec<T>, R>(x + c, rows, taps, n_taps, kernel + c, channels, y + c, y_row);
  for (; c < channels; ++c) depthwise_targets<T, R>(x + c, rows, taps, n_taps, kernel + c, channels, y + c, y_row);
}

template <typename T>
void depthwise_rows(const T* x, const int64_t* rows, int64_t count, const Run* taps, int64_t n_taps, const T* kernel,
                    int64_t channels, T* y, int64_t y_row) {
  int64_t r = 0;
  for (; r + 6 <= count; r += 6)
    depthwise_channels<6>(x, rows + r, taps, n_taps, kernel, channels, y + r * y_row, y_row);
  for (; r < count; ++r) depthwise_channels<1>(x, rows + r, taps, n_taps, kernel, channels, y + r * y_row, y_row);
}

// N taps of the kernel's gradient over all targets.
template <typename V, int N, typename T>
inline void depthwise_sums(const T* x, const int64_t* rows, int64_t count, const Run* taps, const T* dy,
                           int64_t channels, T* sums, bool adds) {
  V sum[N];
#pragma GCC unroll 16
  for (int t = 0; t < N; ++t) sum[t] = adds ? load_as<V>(sums + taps[t].length * channels) : V{};
  for (int64_t r = 0; r < count; ++r) {
    const V slope = load_as<V>(dy + r * channels);
    const T* at = x + rows[r];
#pragma GCC unroll 16
    for (int t = 0; t < N; ++t) sum[t] += load_as<V>(at + taps[t].at) * slope;
  }
#pragma GCC unroll 16
  for (int t = 0; t < N; ++t) store_as<V>(sums + taps[t].length * channels, sum[t]);
}

template <typename V, typename T>
inline void depthwise_taps(const T* x, const int64_t* rows, int64_t count, const Run* taps, int64_t n_taps, const T* dy,
                           int64_t channels, T* sums, bool adds) {
  int64_t t = 0;
  for (; t + 5 <= n_taps; t += 5) depthwise_sums<V, 5>(x, rows, count, taps + t, dy, channels, sums, adds);
  for (; t + 3 <= n_taps; t += 3) depthwise_sums<V, 3>(x, rows, count, taps + t, dy, channels, sums, adds);
  for (; t < n_taps; ++t) depthwise_sums<V, 1>(x, rows, count, taps + t, dy, channels, sums, adds);
}

template <typename T>
void depthwise_kernel(const T* x, const int64_t* rows, int64_t count, const Run* taps, int64_t n_taps, const T* dy,
                      int64_t channels, T* sums, bool adds) {
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>)
    depthwise_taps<Vec<T>>(x + c, rows, count, taps, n_taps, dy + c, channels, sums + c, adds);
  for (; c < channels; ++c) depthwise_taps<T>(x + c, rows, count, taps, n_taps, dy + c, channels, sums + c, adds);
}

}  // namespace yeoul::YEOUL_ISA
