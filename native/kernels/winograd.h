// Convolution of 3x3 windows by Winograd's minimal filtering, F(4x4, 3x3): a tile of 4x4 targets reads 6x6 elements
// and takes 36 multiply-adds for each pair of channels instead of 144.
//
//   forward:          y  = A' [(G g G') . (B' x B)] A    the products of 36 places, summed over channels
//   input gradient:   the same with dy for x and the kernel turned round
//   kernel gradient:  dg = G' [sum over tiles of (B' x B) . (A dy A')] G
//
// The sums are matrix products, one for each place: tiles x channels times channels x filters.  The points are 0, 1,
// -1, 1/2, -2 and infinity: rounding is about seven times that of the plain sum (one part in a million), and half of
// what 0, 1, -1, 2, -2 give.  A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016;
// B. Barabasz et al., "Error analysis and improving the accuracy of Winograd convolution", TOMS 2020.
#pragma once

#include <algorithm>

#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "kernels/scratch.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

constexpr int kSide = 4, kReach = 6, kPlaces = kReach * kReach;  // of a tile: targets, elements read, products

// -- the transforms, along one axis -------------------------------------------------------------------------------
// B' x
struct SourceLine {
  template <typename V>
  static void apply(const V (&x)[kReach], V (&to)[kReach]) {
    const V u = x[3] - x[1], v = x[4] - x[2];
    to[0] = 1.5F * u + v + (x[0] - x[2]);
    to[1] = 1.5F * (x[3] + x[2]) + (v + u);
    to[2] = 1.5F * (x[3] - x[2]) + (v - u);
    to[3] = 2.0F * u + v;
    to[4] = v - 0.5F * u;
    to[5] = 1.5F * v + (x[5] - x[3]) - u;
  }
};

// G g
struct KernelLine {
  template <typename V>
  static void apply(const V (&g)[3], V (&to)[kReach]) {
    const V even = (g[0] + g[2]) * (1.0F / 3), odd = g[1] * (1.0F / 3);
    to[0] = g[0];
    to[1] = even + odd;
    to[2] = odd - even;
    to[3] = (g[0] + 0.5F * g[1] + 0.25F * g[2]) * (-16.0F / 15);
    to[4] = (g[0] - 2.0F * g[1] + 4.0F * g[2]) * (1.0F / 15);
    to[5] = g[2];
  }
};

// A' m
struct TargetLine {
  template <typename V>
  static void apply(const V (&m)[kReach], V (&to)[kSide]) {
    const V even = m[1] + m[2], odd = m[1] - m[2];
    to[0] = m[0] + even + (m[3] + m[4]);
    to[1] = odd + 0.5F * m[3] - 2.0F * m[4];
    to[2] = even + 0.25F * m[3] + 4.0F * m[4];
    to[3] = odd + 0.125F * m[3] - 8.0F * m[4] + m[5];
  }
};

// A dy
struct TargetGradLine {
  template <typename V>
  static void apply(const V (&dy)[kSide], V (&to)[kReach]) {
    const V even = dy[0] + dy[2], odd = dy[1] + dy[3];
    to[0] = dy[0];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = dy[0] + 0.5F * dy[1] + 0.25F * dy[2] + 0.125F * dy[3];
    to[4] = dy[0] - 2.0F * dy[1] + 4.0F * dy[2] - 8.0F * dy[3];
    to[5] = dy[3];
  }
};

// G' u
struct KernelGradLine {
  template <typename V>
  static void apply(const V (&u)[kReach], V (&to)[3]) {
    const V even = (u[1] + u[2]) * (1.0F / 3), odd = (u[1] - u[2]) * (1.0F / 3);
    const V half = u[3] * (-16.0F / 15), twice = u[4] * (1.0F / 15);
    to[0] = u[0] + odd + (half + twice);
    to[1] = even + 0.5F * half - 2.0F * twice;
    to[2] = odd + 0.25F * half + 4.0F * twice + u[5];
  }
};

// N x N values, load(i, j), to M x M, store(i, j, value).
template <typename Line, int N, int M, typename Load, typename Store>
[[gnu::always_inline]] inline void transform(Load load, Store store) {
  Vec<float> half[M][N], line[N], out[M];
#pragma GCC unroll 6
  for (int j = 0; j < N; ++j) {
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i) line[i] = load(i, j);
    Line::apply(line, out);
#pragma GCC unroll 6
    for (int i = 0; i < M; ++i) half[i][j] = out[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < M; ++i) {
    Line::apply(half[i], out);
#pragma GCC unroll 6
    for (int j = 0; j < M; ++j) store(i, j, out[j]);
  }
}

// -- layout -----------------------------------------------------------------------------------------------------------
struct WinogradAxis {
  int64_t source, target, low, tiles;
};

struct WinogradLayout {
  int64_t images, channels, filters;  // channels of what is read, filters of what is written
  WinogradAxis rows, columns;
  int64_t tile_rows;           // of all images
  int64_t block;               // rows of tiles of a piece; of the kernel's gradient, tiles of a block
  int64_t tiles;               // of a piece or block, at most
  int64_t columns_at_once;     // of a product
  int64_t parts, chunks[2];    // of the kernel's gradient: parts of the tiles, pieces along channels and filters
  int64_t chunk[2];            // channels and filters of a piece
  int64_t source_place, product_place, target_place, sum_place;  // elements between the arrays of two places
  size_t map_bytes, zero_bytes, source_bytes, product_bytes, out_bytes, sum_bytes;

  size_t scratch_bytes() const {
    return map_bytes + zero_bytes + source_bytes + product_bytes + out_bytes + sum_bytes;
  }
  // The first row of targets of a row of tiles, counted through all images.
  int64_t target_row(int64_t tile_row) const {
    return tile_row / rows.tiles * rows.target + std::min(tile_row % rows.tiles * kSide, rows.target);
  }
};

constexpr int64_t kWinogradBytes = 320 * 1024;  // of what a piece transforms

// Arrays of different places never start on the same cache set.
inline int64_t place_size(int64_t count) { return count + 16; }

inline WinogradLayout winograd_layout(const ConvShape& s, const MapProgram* epilogue) {
  const bool is_back = s.kind == Convolution::conv_input_grad, is_grad = s.kind == Convolution::conv_kernel_grad;
  const auto bytes = [](int64_t count) { return round_up(static_cast<size_t>(count) * sizeof(float)) + 64; };
  WinogradLayout l{};
  l.images = s.batch * s.axes[0].in;
  l.channels = is_back ? s.filters : s.channels;
  l.filters = is_back ? s.channels : s.filters;
  const auto axis = [&](const Spatial& a) {
    const int64_t target = is_back ? a.in : a.out;
    return WinogradAxis{is_back ? a.out : a.in, target, is_back ? 2 - a.low : a.low, (target + kSide - 1) / kSide};
  };
  l.rows = axis(s.axes[1]), l.columns = axis(s.axes[2]);
  l.tile_rows = l.images * l.rows.tiles;
  l.map_bytes = epilogue ? round_up(map_scratch_bytes(*epilogue)) + 64 : 0;
  l.zero_bytes = bytes(std::max(l.channels, l.filters));
  if (!is_grad) {
    l.columns_at_once = std::min<int64_t>(l.filters, 4 * kTileColumns<float>);
    const int64_t per_tile = kPlaces * (l.channels + l.columns_at_once) * static_cast<int64_t>(sizeof(float));
    const int64_t wanted = std::clamp<int64_t>(kWinogradBytes / per_tile, 2 * kTileRows, 48);
    l.block = std::max<int64_t>(wanted / l.columns.tiles, 1);
    l.block = std::min(l.block, std::max<int64_t>(l.tile_rows / 4, 1));
    l.tiles = l.block * l.columns.tiles;
    l.source_place = place_size(l.tiles * l.channels);
    l.product_place = place_size(l.tiles * l.columns_at_once);
    l.source_bytes = bytes(kPlaces * l.source_place);
    l.product_bytes = bytes(kPlaces * l.product_place);
    const int64_t whole = (l.block / l.rows.tiles + 2) * l.rows.target;  // rows of targets, at most
    l.out_bytes = bytes(std::min(l.block * kSide, whole) * l.columns.target * l.filters);
    return l;
  }
  const int64_t all = l.tile_rows * l.columns.tiles;
  l.parts = std::clamp<int64_t>(all / 64, 1, 8);
  const int64_t channels[2] = {l.channels, l.filters};
  for (int i = 0; i < 2; ++i) {
    l.chunks[i] = (channels[i] + 95) / 96;
    l.chunk[i] = ((channels[i] + l.chunks[i] - 1) / l.chunks[i] + kLanes<float> - 1) / kLanes<float> * kLanes<float>;
    l.chunks[i] = (channels[i] + l.chunk[i] - 1) / l.chunk[i];
  }
  l.tiles = l.block = std::min<int64_t>(24, all / l.parts + 1);
  l.source_place = place_size(l.block * l.chunk[0]);
  l.target_place = place_size(l.block * l.chunk[1]);
  l.sum_place = place_size(l.chunk[0] * l.chunk[1]);
  l.source_bytes = bytes(kPlaces * l.source_place);
  l.product_bytes = bytes(kPlaces * l.target_place);
  l.sum_bytes = bytes(kPlaces * l.sum_place);
  return l;
}

inline bool is_winograd(const ConvShape& s) {
  if (s.type != DType::F32 || s.groups != 1) return false;
  const auto is = [](const Spatial& a, int64_t window) { return a.window == window && a.stride == 1 && a.dilation == 1; };
  if (!is(s.axes[0], 1) || s.axes[0].low != 0 || s.axes[0].in != s.axes[0].out) return false;
  if (!is(s.axes[1], 3) || !is(s.axes[2], 3)) return false;
  if (s.channels % kLanes<float> != 0 || s.filters % kLanes<float> != 0) return false;
  return s.channels >= 16 && s.filters >= 16;
}

inline Plan winograd_plan(const ConvShape& s, const MapProgram* epilogue, double work) {
  const WinogradLayout l = winograd_layout(s, epilogue);
  Plan plan{};
  plan.scratch_bytes = l.scratch_bytes();
  const int64_t pairs = s.channels * s.filters;
  if (s.kind == Convolution::conv_kernel_grad) {
    plan.pieces = l.parts * l.chunks[0] * l.chunks[1];
    plan.shared_scratch_bytes = static_cast<size_t>(l.parts * 9 * pairs) * sizeof(float) + 64;
    plan.finish_pieces = l.parts > 1 || epilogue ? std::clamp<int64_t>(9 * pairs / kTile / 16, 1, 16) : 0;
  } else {
    plan.pieces = (l.tile_rows + l.block - 1) / l.block;
    plan.shared_scratch_bytes = static_cast<size_t>(kPlaces * pairs) * sizeof(float) + 64;
  }
  plan.work = work;
  return plan;
}

// -- products ---------------------------------------------------------------------------------------------------------
// c (+)= a b for up to one panel of columns; b_row apart.
inline void panel_product(int64_t rows, int64_t columns, int64_t k, const float* a, int64_t a_row, int64_t a_col,
                          const float* b, int64_t b_row, float* c, int64_t c_row, bool adds) {
  constexpr int64_t w = kLanes<float>, nr = kTileColumns<float>;
  const int64_t height = columns == nr ? kTileRows : kTallRows, strips = (rows + height - 1) / height;
  for (int64_t depth = 0; depth < k; depth += kDepth, adds = true) {
    const int64_t own = std::min(kDepth, k - depth);
    for (int64_t i = 0; i < strips; ++i) {
      const int64_t top = rows * i / strips, count = rows * (i + 1) / strips - top;
      const float* left = a + top * a_row + depth * a_col;
      const float* right = b + depth * b_row;
      float* to = c + top * c_row;
      if (columns == nr) {
        tile_rows<float, kTileVectors>(count, own, left, a_row, a_col, right, b_row, to, c_row, adds);
      } else {
        for (int64_t j = 0; j < columns; j += w)
          tile_rows<float, 1>(count, own, left, a_row, a_col, right + j, b_row, to + j, c_row, adds);
      }
    }
  }
}

// -- the kernel, transformed --------------------------------------------------------------------------------------
// Place by place, panels of (channels x columns).
inline void winograd_prepare(const ConvTask& task, char* shared, int64_t piece, int64_t pieces) {
  const ConvShape& s = task.shape;
  if (s.kind == Convolution::conv_kernel_grad) return;
  const WinogradLayout l = winograd_layout(s, nullptr);
  constexpr int64_t w = kLanes<float>, nr = kTileColumns<float>;
  const int64_t pairs = l.channels * l.filters;
  const auto* kernel = static_cast<const float*>(task.b);
  auto* to = reinterpret_cast<float*>(shared);
  for (int64_t c = l.channels * piece / pieces; c < l.channels * (piece + 1) / pieces; ++c) {
    for (int64_t f = 0; f < l.filters; f += w) {
      const int64_t panel = f / nr * nr, width = std::min(nr, l.filters - panel);
      float* at = to + panel * l.channels + c * width + f - panel;
      const auto store_place = [&](int i, int j, Vec<float> v) { store(at + (i * kReach + j) * pairs, v); };
      if (s.kind == Convolution::conv_forward) {
        const float* from = kernel + c * l.filters + f;
        transform<KernelLine, 3, kReach>([&](int i, int j) { return load(from + (i * 3 + j) * pairs); }, store_place);
      } else {
        const float* from = kernel + f * l.channels + c;
        const auto turned = [&](int i, int j) {
          Vec<float> v;
          for (int64_t lane = 0; lane < w; ++lane) v[lane] = from[(8 - i * 3 - j) * pairs + lane * l.channels];
          return v;
        };
        transform<KernelLine, 3, kReach>(turned, store_place);
      }
    }
  }
}

// -- tiles ------------------------------------------------------------------------------------------------------------
// A tile of N x N elements of an image, `top` and `left` its first; what lies outside reads as zeros.
template <typename Line, int N>
void transform_tile(const float* image, int64_t rows, int64_t columns, int64_t pixel, int64_t top, int64_t left,
                    int64_t channels, const float* zeros, float* to, int64_t place) {
  const int64_t row = columns * pixel;
  const float* first = image + top * row + left * pixel;
  if (top >= 0 && left >= 0 && top + N <= rows && left + N <= columns) {
    for (int64_t c = 0; c < channels; c += kLanes<float>)
      transform<Line, N, kReach>([&](int i, int j) { return load(first + i * row + j * pixel + c); },
                                 [&](int i, int j, Vec<float> v) { store(to + (i * kReach + j) * place + c, v); });
    return;
  }
  const float* at[N][N];
  for (int64_t i = 0; i < N; ++i)
    for (int64_t j = 0; j < N; ++j) {
      const bool is_inside = top + i >= 0 && top + i < rows && left + j >= 0 && left + j < columns;
      at[i][j] = is_inside ? first + i * row + j * pixel : zeros;
    }
  for (int64_t c = 0; c < channels; c += kLanes<float>)
    transform<Line, N, kReach>([&](int i, int j) { return load(at[i][j] + c); },
                               [&](int i, int j, Vec<float> v) { store(to + (i * kReach + j) * place + c, v); });
}

// One tile of targets; rows and columns that exist are kept.
inline void transform_back(const float* from, int64_t place, int64_t channels, float* to, int64_t row, int64_t pixel,
                           int64_t rows, int64_t columns) {
  const auto loads = [&](int64_t c) { return [=](int i, int j) { return load(from + (i * kReach + j) * place + c); }; };
  if (rows >= kSide && columns >= kSide) {
    for (int64_t c = 0; c < channels; c += kLanes<float>)
      transform<TargetLine, kReach, kSide>(
          loads(c), [&](int i, int j, Vec<float> v) { store(to + i * row + j * pixel + c, v); });
    return;
  }
  for (int64_t c = 0; c < channels; c += kLanes<float>)
    transform<TargetLine, kReach, kSide>(loads(c), [&](int i, int j, Vec<float> v) {
      if (i < rows && j < columns) store(to + i * row + j * pixel + c, v);
    });
}

// -- forward and the input's gradient ---------------------------------------------------------------------------------
inline void winograd_targets(const ConvTask& task, const char* shared, int64_t piece, char* memory) {
  const ConvShape& s = task.shape;
  const WinogradLayout l = winograd_layout(s, task.epilogue);
  Scratch scratch(memory);
  char* map_scratch = scratch.take<char>(l.map_bytes);
  float* zeros = scratch.take<float>(l.zero_bytes);
  float* sources = scratch.take<float>(l.source_bytes);
  float* products = scratch.take<float>(l.product_bytes);
  float* own = scratch.take<float>(l.out_bytes);
  std::fill_n(zeros, l.channels, 0.0F);

  const int64_t first = piece * l.block, last = std::min(first + l.block, l.tile_rows);
  const int64_t tiles = (last - first) * l.columns.tiles;
  const int64_t row = l.columns.target * l.filters;
  const int64_t begin = l.target_row(first) * row, end = l.target_row(last) * row;
  float* c = task.out ? static_cast<float*>(task.out) + begin : own;
  const auto* source = static_cast<const float*>(task.a);
  const auto* kernels = reinterpret_cast<const float*>(shared);

  float* to = sources;
  for (int64_t i = first; i < last; ++i) {
    const float* image = source + i / l.rows.tiles * l.rows.source * l.columns.source * l.channels;
    const int64_t top = i % l.rows.tiles * kSide - l.rows.low;
    for (int64_t j = 0; j < l.columns.tiles; ++j, to += l.channels)
      transform_tile<SourceLine, kReach>(image, l.rows.source, l.columns.source, l.channels, top,
                                         j * kSide - l.columns.low, l.channels, zeros, to, l.source_place);
  }
  constexpr int64_t nr = kTileColumns<float>;
  for (int64_t f = 0; f < l.filters; f += l.columns_at_once) {
    const int64_t columns = std::min(l.columns_at_once, l.filters - f);
    for (int place = 0; place < kPlaces; ++place) {
      const float* b = kernels + (place * l.filters + f) * l.channels;
      for (int64_t j = 0; j < columns; j += nr) {
        const int64_t width = std::min(nr, columns - j);
        panel_product(tiles, width, l.channels, sources + place * l.source_place, l.channels, 1, b + j * l.channels,
                      width, products + place * l.product_place + j, columns, false);
      }
    }
    const float* from = products;
    for (int64_t i = first; i < last; ++i) {
      const int64_t rows = l.rows.target - i % l.rows.tiles * kSide;
      float* line = c + l.target_row(i) * row - begin + f;
      for (int64_t j = 0; j < l.columns.tiles; ++j, from += columns)
        transform_back(from, l.product_place, columns, line + j * kSide * l.filters, row, l.filters, rows,
                       l.columns.target - j * kSide);
    }
  }
  if (task.epilogue) map_run(*task.epilogue, task.values, begin, end, c, nullptr, map_scratch);
}

// -- the kernel's gradient --------------------------------------------------------------------------------------------
inline void winograd_kernel_part(const ConvTask& task, char* shared, int64_t piece, char* memory) {
  const ConvShape& s = task.shape;
  const WinogradLayout l = winograd_layout(s, task.epilogue);
  Scratch scratch(memory);
  scratch.take<char>(l.map_bytes);
  float* zeros = scratch.take<float>(l.zero_bytes);
  float* sources = scratch.take<float>(l.source_bytes);
  float* targets = scratch.take<float>(l.product_bytes);
  scratch.take<char>(l.out_bytes);
  float* sums = scratch.take<float>(l.sum_bytes);
  std::fill_n(zeros, std::max(l.channels, l.filters), 0.0F);

  const int64_t pieces = l.chunks[0] * l.chunks[1], part = piece / pieces;
  const int64_t channel = piece % pieces / l.chunks[1] * l.chunk[0], filter = piece % l.chunks[1] * l.chunk[1];
  const int64_t channels = std::min(l.chunk[0], l.channels - channel);
  const int64_t filters = std::min(l.chunk[1], l.filters - filter);
  const int64_t all = l.tile_rows * l.columns.tiles, first = all * part / l.parts, last = all * (part + 1) / l.parts;
  const auto *x = static_cast<const float*>(task.a) + channel, *dy = static_cast<const float*>(task.b) + filter;
  const int64_t image = l.rows.source * l.columns.source * l.channels;
  const int64_t dy_image = l.rows.target * l.columns.target * l.filters;
  if (first == last) std::fill_n(sums, kPlaces * l.sum_place, 0.0F);
  for (int64_t begin = first; begin < last; begin += l.block) {
    const int64_t count = std::min(l.block, last - begin);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = (begin + i) / l.columns.tiles, n = row / l.rows.tiles;
      const int64_t top = row % l.rows.tiles * kSide, left = (begin + i) % l.columns.tiles * kSide;
      transform_tile<SourceLine, kReach>(x + n * image, l.rows.source, l.columns.source, l.channels, top - l.rows.low,
                                         left - l.columns.low, channels, zeros, sources + i * channels,
                                         l.source_place);
      transform_tile<TargetGradLine, kSide>(dy + n * dy_image, l.rows.target, l.columns.target, l.filters, top, left,
                                            filters, zeros, targets + i * filters, l.target_place);
    }
    constexpr int64_t nr = kTileColumns<float>;
    for (int place = 0; place < kPlaces; ++place)
      for (int64_t j = 0; j < filters; j += nr)
        panel_product(channels, std::min(nr, filters - j), count, sources + place * l.source_place, 1, channels,
                      targets + place * l.target_place + j, filters, sums + place * l.sum_place + j, filters,
                      begin > first);
  }
  const int64_t pairs = l.channels * l.filters;
  float* to = l.parts == 1 && task.out ? static_cast<float*>(task.out) : reinterpret_cast<float*>(shared) + part * 9 * pairs;
  to += channel * l.filters + filter;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t f = 0; f < filters; f += kLanes<float>)
      transform<KernelGradLine, kReach, 3>(
          [&](int i, int j) { return load(sums + (i * kReach + j) * l.sum_place + c * filters + f); },
          [&](int i, int j, Vec<float> v) { store(to + ((i * 3 + j) * l.channels + c) * l.filters + f, v); });
}

}  // namespace yeoul::YEOUL_ISA
