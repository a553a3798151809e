// Pooling over windows of up to three spatial axes, channels last.
//
//   max:       y[o, c] = max over places k of x[o stride + k - low, c]      sum: the sum; places outside x left out
//   max_grad:  dx at the first place of each window where x is y, or NaN, gains dy      sum_grad: at every place
//   max_pick:  g at that place
//
// Channels lie side by side in vectors.  Pieces are rows of windows, or whole images where windows write to x.
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

inline Plan pool_plan(const PoolTask& t) {
  double work = static_cast<double>(t.batch) * static_cast<double>(t.channels);
  int64_t rows = t.batch;
  for (int i = 0; i < kSpatial; ++i) {
    work *= static_cast<double>(t.axes[i].out) * static_cast<double>(t.axes[i].window);
    if (i < 2) rows *= t.axes[i].out;
  }
  Plan plan{};
  plan.work = 20.0 + work * (pool_writes_input(t.kind) ? 0.4 : 0.15) * static_cast<double>(item_size(t.type)) / 4.0;
  plan.pieces = 1;
  if (plan.work > 8000.0) plan.pieces = std::clamp<int64_t>(pool_writes_input(t.kind) ? t.batch : rows, 1, 16);
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

  template <typename Visit>
  [[gnu::always_inline]] void each(Visit visit) const {
    for (int64_t z = 0; z < count[0]; ++z)
      for (int64_t y = 0; y < count[1]; ++y) {
        const int64_t row = at + z * step[0] + y * step[1];
        for (int64_t x = 0; x < count[2]; ++x) visit(row + x * step[2]);
      }
  }
};

// `c` of one window: V is a vector of channels, or one channel.
template <Pooling K, typename V, typename T>
[[gnu::always_inline]] inline void pool_channels(const PoolPointers<T>& p, const Window& window, int64_t o, int64_t c) {
  if constexpr (K == Pooling::pool_max) {
    V largest = V{} - std::numeric_limits<T>::infinity();
    window.each([&](int64_t at) {
      const V x = load_as<V>(p.x + at + c);
      largest = ((largest > x) | (largest != largest)) ? largest : x;
    });
    store_as<V>(p.out + o + c, largest);
  } else if constexpr (K == Pooling::pool_sum) {
    V sum{};
    window.each([&](int64_t at) { sum += load_as<V>(p.x + at + c); });
    store_as<V>(p.out + o + c, sum);
  } else if constexpr (K == Pooling::pool_sum_grad) {
    const V slope = load_as<V>(p.slope + o + c);
    window.each([&](int64_t at) { store_as<V>(p.out + at + c, load_as<V>(p.out + at + c) + slope); });
  } else if constexpr (K == Pooling::pool_max_grad) {
    const V largest = load_as<V>(p.y + o + c);
    V slope = load_as<V>(p.slope + o + c);
    window.each([&](int64_t at) {
      const V x = load_as<V>(p.x + at + c);
      const auto hit = (x == largest) | (x != x);
      store_as<V>(p.out + at + c, load_as<V>(p.out + at + c) + (hit ? slope : V{}));
      slope = hit ? V{} : slope;
    });
  } else {
    const V largest = load_as<V>(p.y + o + c);
    V picked{}, open = V{} + T(1);
    window.each([&](int64_t at) {
      const V x = load_as<V>(p.x + at + c);
      const auto hit = ((x == largest) | (x != x)) & (open > V{});
      picked = hit ? load_as<V>(p.slope + at + c) : picked;
      open = hit ? V{} : open;
    });
    store_as<V>(p.out + o + c, picked);
  }
}

// The windows of row `o1` of plane `o0` of image `n`.
template <Pooling K, typename T>
void pool_row(const PoolTask& t, const PoolPointers<T>& p, int64_t n, int64_t o0, int64_t o1) {
  const Spatial* a = t.axes;
  Window window{};
  window.step[2] = t.channels;
  window.step[1] = a[2].in * window.step[2];
  window.step[0] = a[1].in * window.step[1];
  const auto clip = [&](int i, int64_t o) {
    const int64_t start = o * a[i].stride - a[i].low;
    const int64_t first = std::max<int64_t>(start, 0), last = std::min(start + a[i].window, a[i].in);
    window.count[i] = std::max<int64_t>(last - first, 0);
    return first;
  };
  const int64_t z = clip(0, o0), y = clip(1, o1);
  const int64_t row = ((n * a[0].in + z) * a[1].in + y) * a[2].in;
  int64_t o = ((n * a[0].out + o0) * a[1].out + o1) * a[2].out * t.channels;
  for (int64_t o2 = 0; o2 < a[2].out; ++o2, o += t.channels) {
    window.at = (row + clip(2, o2)) * t.channels;
    int64_t c = 0;
    for (; c + kLanes<T> <= t.channels; c += kLanes<T>) pool_channels<K, Vec<T>>(p, window, o, c);
    for (; c < t.channels; ++c) pool_channels<K, T>(p, window, o, c);
  }
}

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
  const int64_t planes = t.axes[0].out, rows = t.axes[1].out;
  const int64_t units = pool_writes_input(K) ? t.batch : t.batch * planes * rows;
  const int64_t first = units * piece / plan.pieces, last = units * (piece + 1) / plan.pieces;
  if constexpr (pool_writes_input(K)) {
    const int64_t image = t.axes[0].in * t.axes[1].in * t.axes[2].in * t.channels;
    for (int64_t n = first; n < last; ++n) {
      std::fill_n(p.out + n * image, image, T(0));
      for (int64_t o0 = 0; o0 < planes; ++o0)
        for (int64_t o1 = 0; o1 < rows; ++o1) pool_row<K, T>(t, p, n, o0, o1);
    }
  } else {
    for (int64_t u = first; u < last; ++u) pool_row<K, T>(t, p, u / (planes * rows), u / rows % planes, u % rows);
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
