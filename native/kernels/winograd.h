// Convolution of 3x3 windows by Winograd's minimal filtering: a tile of 4x4 targets reads 6x6 elements and takes 36
// multiply-adds for each pair of channels instead of 144.
//
//   forward:          y  = A' [(G g G') . (B' x B)] A    the products of 36 places, summed over channels
//   input gradient:   the same with dy for x and the kernel turned round
//   kernel gradient:  dg = G' [sum over tiles of (B' x B) . (A dy A')] G
//
// The sums are matrix products, one for each place: tiles x channels times channels x filters.  A piece is some rows of
// tiles, whose targets follow each other in memory, with the kernel transformed once for all pieces; or, where tiles
// are few and filters many, some filters, with the tiles transformed once.
#pragma once

#include <algorithm>

#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "kernels/scratch.h"
#include "kernels/vector.h"
#include "kernels/winograd_transforms.h"

namespace yeoul::YEOUL_ISA {

// -- layout -----------------------------------------------------------------------------------------------------------
struct WinogradAxis {
  int64_t source, target, low, tiles;
};

struct WinogradLayout {
  int64_t images, channels, filters;  // channels of what is read, filters of what is written
  WinogradAxis rows, columns;
  int64_t tile_rows, tiles;         // of all images
  bool shares_tiles;                // pieces are blocks of filters that read all tiles, else rows of tiles
  int64_t block_rows, block_tiles;  // of a piece; of the kernel's gradient, of what is added up at once
  int64_t filters_at_once;          // of a product
  int64_t depth;                    // channels of a product
  int64_t chunks[2], chunk[2];      // of the kernel's gradient: pieces along channels and filters, and their sizes
  int64_t parts;                    // of its tiles
  int64_t source_place, kernel_place, target_place, sum_place;  // elements from one place's array to the next
  size_t map_bytes, source_bytes, kernel_bytes, target_bytes, out_bytes, sum_bytes, shared_bytes;

  size_t scratch_bytes() const {
    return map_bytes + source_bytes + kernel_bytes + target_bytes + out_bytes + sum_bytes;
  }
  int64_t image_of(int64_t tile_row) const { return tile_row / rows.tiles; }
  // Within its image: the first row of targets of a row of tiles.
  int64_t top_of(int64_t tile_row) const { return tile_row % rows.tiles * kTargetSide; }
  // Where the source of a row of tiles starts.
  int64_t source_at(int64_t tile_row) const {
    const int64_t row = std::clamp<int64_t>(top_of(tile_row) - rows.low, 0, rows.source);
    const int64_t image_row = std::min(image_of(tile_row) * rows.source + row, images * rows.source);
    return image_row * columns.source * channels;
  }
  // The same as top_of through all images.
  int64_t target_row(int64_t tile_row) const { return image_of(tile_row) * rows.target + top_of(tile_row); }
};

constexpr int64_t kTileBytes = 320 * 1024;          // of the arrays of a piece
constexpr int64_t kFewTiles = 24, kMostTiles = 48;  // of a piece
constexpr int64_t kSharedDepth = 128;               // channels of a kernel's panel that is made where it is used
constexpr int64_t kGradTiles = 32;                  // of a block of the kernel's gradient
constexpr int64_t kGradChunk = 64;                  // channels and filters of its pieces

// Arrays of neighbouring places never start on the same cache set.
inline int64_t place_size(int64_t count) { return count + 16; }

inline WinogradLayout winograd_layout(const ConvShape& s, const MapProgram* epilogue) {
  constexpr int64_t nr = kTileColumns<float>;
  constexpr auto size = static_cast<int64_t>(sizeof(float));
  const bool is_back = s.kind == Convolution::conv_input_grad, is_grad = s.kind == Convolution::conv_kernel_grad;
  const auto bytes = [](int64_t count) { return round_up(static_cast<size_t>(count * size)) + 64; };
  WinogradLayout l{};
  l.images = s.batch * s.axes[0].in;
  l.channels = is_back ? s.filters : s.channels;
  l.filters = is_back ? s.channels : s.filters;
  const auto axis = [&](const Spatial& a) {
    const int64_t target = is_back ? a.in : a.out;
    return WinogradAxis{is_back ? a.out : a.in, target, is_back ? 2 - a.low : a.low,
                        (target + kTargetSide - 1) / kTargetSide};
  };
  l.rows = axis(s.axes[1]), l.columns = axis(s.axes[2]);
  l.tile_rows = l.images * l.rows.tiles;
  l.tiles = l.tile_rows * l.columns.tiles;
  l.map_bytes = epilogue ? round_up(map_scratch_bytes(*epilogue)) + 64 : 0;
  if (is_grad) {
    const int64_t channels[2] = {l.channels, l.filters};
    for (int i = 0; i < 2; ++i) {
      l.chunks[i] = (channels[i] + kGradChunk - 1) / kGradChunk;
      l.chunk[i] = (channels[i] / kLanes<float> + l.chunks[i] - 1) / l.chunks[i] * kLanes<float>;
      l.chunks[i] = (channels[i] + l.chunk[i] - 1) / l.chunk[i];
    }
    l.parts = std::clamp<int64_t>(std::min(l.tiles / 64, 8 / (l.chunks[0] * l.chunks[1])), 1, 8);
    l.block_tiles = std::min<int64_t>(kGradTiles, (l.tiles + l.parts - 1) / l.parts);
    l.source_place = place_size(l.block_tiles * l.chunk[0]);
    l.target_place = place_size(l.block_tiles * l.chunk[1]);
    l.sum_place = place_size(l.chunk[0] * l.chunk[1]);
    l.source_bytes = bytes(kPlaces * l.source_place);
    l.target_bytes = bytes(kPlaces * l.target_place);
    l.sum_bytes = bytes(kPlaces * l.sum_place);
    l.shared_bytes = bytes(l.parts * 9 * l.channels * l.filters);
    return l;
  }
  l.shares_tiles = 2 * l.tiles <= l.filters;
  if (l.shares_tiles) {
    l.block_tiles = l.tiles;
    l.filters_at_once = std::clamp<int64_t>(l.filters / 8 / nr, 1, 4) * nr;
    l.depth = std::min(kSharedDepth, l.channels);
    l.source_place = place_size(l.tiles * l.channels);
    l.kernel_place = place_size(l.depth * nr);
    l.kernel_bytes = bytes(l.filters_at_once / nr * kPlaces * l.kernel_place);
    l.shared_bytes = bytes(kPlaces * l.source_place);
    l.out_bytes = bytes(l.images * l.rows.target * l.columns.target * l.filters_at_once);
  } else {
    l.filters_at_once = std::min<int64_t>(l.filters, 4 * nr);
    l.depth = l.channels;
    const int64_t per_tile = kPlaces * (l.channels + l.filters_at_once) * size;
    const int64_t wanted = std::clamp<int64_t>(kTileBytes / per_tile, kFewTiles, kMostTiles);
    l.block_rows = std::max<int64_t>(wanted / l.columns.tiles, 1);
    l.block_rows = std::min(l.block_rows, std::max<int64_t>(l.tile_rows / 4, 1));
    l.block_tiles = l.block_rows * l.columns.tiles;
    l.source_place = place_size(l.block_tiles * l.channels);
    l.source_bytes = bytes(kPlaces * l.source_place);
    l.kernel_place = place_size(l.channels * nr);
    l.shared_bytes = bytes((l.filters + nr - 1) / nr * kPlaces * l.kernel_place);
    const int64_t most_rows = (l.block_rows / l.rows.tiles + 2) * l.rows.target;
    l.out_bytes = bytes(std::min(l.block_rows * kTargetSide, most_rows) * l.columns.target * l.filters);
  }
  l.target_place = place_size(l.block_tiles * l.filters_at_once);
  l.target_bytes = bytes(kPlaces * l.target_place);
  return l;
}

// Whether it pays: 3x3 windows over enough tiles, half of which are targets, and channels enough for the transforms to
// be a small part of the work.
inline bool is_winograd(const ConvShape& s) {
  constexpr int64_t kLeastChannels = 16, kLeastTiles = 8;
  const auto is_plain = [](const Spatial& a) { return a.stride == 1 && a.dilation == 1; };
  const auto [depth, height, width] = s.axes;
  if (s.type != DType::F32 || s.groups != 1 || !is_plain(depth) || !is_plain(height) || !is_plain(width)) return false;
  if (depth.window != 1 || depth.low != 0 || depth.in != depth.out || height.window != 3 || width.window != 3)
    return false;
  if (std::min(s.channels, s.filters) < kLeastChannels || (s.channels | s.filters) % kLanes<float> != 0) return false;
  const bool is_back = s.kind == Convolution::conv_input_grad;
  const int64_t rows = is_back ? height.in : height.out, columns = is_back ? width.in : width.out;
  const int64_t tiles = ((rows + kTargetSide - 1) / kTargetSide) * ((columns + kTargetSide - 1) / kTargetSide);
  return s.batch * depth.in * tiles >= kLeastTiles && 2 * rows * columns >= tiles * kTargetSide * kTargetSide;
}

inline Plan winograd_plan(const ConvShape& s, const MapProgram* epilogue, double work) {
  const WinogradLayout l = winograd_layout(s, epilogue);
  Plan plan{};
  plan.work = work;
  plan.scratch_bytes = l.scratch_bytes();
  plan.shared_scratch_bytes = l.shared_bytes;
  if (s.kind == Convolution::conv_kernel_grad) {
    const int64_t weights = 9 * s.channels * s.filters;
    plan.pieces = l.parts * l.chunks[0] * l.chunks[1];
    plan.finish_pieces = l.parts > 1 || epilogue ? std::clamp<int64_t>(weights / kTile / 16, 1, 16) : 0;
  } else {
    plan.pieces = l.shares_tiles ? (l.filters + l.filters_at_once - 1) / l.filters_at_once
                                 : (l.tile_rows + l.block_rows - 1) / l.block_rows;
    plan.prepare_pieces = plan.pieces;
  }
  return plan;
}

// -- products ---------------------------------------------------------------------------------------------------------
// c (+)= a b for up to one panel of columns; b_row apart.
inline void panel_product(int64_t rows, int64_t columns, int64_t k, const float* a, int64_t a_row, int64_t a_col,
                          const float* b, int64_t b_row, float* c, int64_t c_row, bool adds) {
  constexpr int64_t w = kLanes<float>;
  for (int64_t depth = 0; depth < k; depth += kDepth, adds = true) {
    const int64_t own = std::min(kDepth, k - depth);
    const float *left = a + depth * a_col, *right = b + depth * b_row;
    if (columns == kTileColumns<float>) {
      even_strips<float, kTileVectors>(rows, own, left, a_row, a_col, right, b_row, c, c_row, adds);
      continue;
    }
    for (int64_t j = 0; j < columns; j += w)
      even_strips<float, 1>(rows, own, left, a_row, a_col, right + j, b_row, c + j, c_row, adds);
  }
}

// -- the kernel ---------------------------------------------------------------------------------------------------
// For each place a panel: channels [first, last) x up to a tile's columns of filters from `filter` on.
inline void transform_kernel(const ConvTask& task, const WinogradLayout& l, int64_t first, int64_t last, int64_t filter,
                             int64_t width, float* to) {
  constexpr int64_t w = kLanes<float>, kTogether = 16;  // channels whose transposes are read together
  const int64_t pairs = l.channels * l.filters;
  const auto* kernel = static_cast<const float*>(task.b);
  if (task.shape.kind == Convolution::conv_forward) {
    for (int64_t c = first; c < last; ++c)
      for (int64_t f = 0; f < width; f += w)
        transform<KernelLine, 3, kSourceSide>(columns_of(kernel + c * l.filters + filter + f, 3 * pairs, pairs),
                                              rows_of_places(to + (c - first) * width + f, l.kernel_place));
    return;
  }
  alignas(64) float turned[9][kTogether][w];
  for (int64_t c = first; c < last; c += kTogether) {
    const int64_t channels = std::min(kTogether, last - c);
    for (int64_t f = 0; f < width; f += w) {
      for (int64_t tap = 0; tap < 9; ++tap)
        for (int64_t lane = 0; lane < w; ++lane) {
          const float* from = kernel + (8 - tap) * pairs + (filter + f + lane) * l.channels + c;
          for (int64_t i = 0; i < channels; ++i) turned[tap][i][lane] = from[i];
        }
      for (int64_t i = 0; i < channels; ++i)
        transform<KernelLine, 3, kSourceSide>(columns_of(turned[0][i], 3 * kTogether * w, kTogether * w),
                                              rows_of_places(to + (c + i - first) * width + f, l.kernel_place));
    }
  }
}

// -- tiles ------------------------------------------------------------------------------------------------------------
// Some channels of tiles [first, last), side by side in each place's array; `source` stands for the first of these
// channels.
inline void transform_sources(const WinogradLayout& l, const float* source, int64_t first, int64_t last,
                              int64_t channels, float* to) {
  const int64_t image = l.rows.source * l.columns.source * l.channels;
  for (int64_t i = first; i < last; ++i, to += channels) {
    const int64_t row = i / l.columns.tiles;
    transform_tile<SourceLine, kSourceSide>(
        source + l.image_of(row) * image, l.rows.source, l.columns.source, l.channels, l.top_of(row) - l.rows.low,
        i % l.columns.tiles * kTargetSide - l.columns.low, channels, to, l.source_place);
  }
}

// Tiles [first, last) of some filters to where their targets are; c stands for the first row of targets of the first.
inline void transform_targets(const WinogradLayout& l, int64_t first, int64_t last, int64_t filters, const float* from,
                              float* c, int64_t c_pixel) {
  const int64_t c_row = l.columns.target * c_pixel, origin = l.target_row(first / l.columns.tiles);
  for (int64_t i = first; i < last; ++i, from += filters) {
    const int64_t row = i / l.columns.tiles, left = i % l.columns.tiles * kTargetSide;
    transform_back(from, l.target_place, filters, c + (l.target_row(row) - origin) * c_row + left * c_pixel, c_row,
                   c_pixel, l.rows.target - l.top_of(row), l.columns.target - left);
  }
}

// One place of some tiles and filters: k channels of the sources times panels of the kernel.
inline void multiply_place(const WinogradLayout& l, int place, int64_t tiles, int64_t filters, int64_t k,
                           const float* sources, const float* kernels, float* targets, bool adds) {
  constexpr int64_t nr = kTileColumns<float>;
  for (int64_t j = 0; j < filters; j += nr) {
    const int64_t width = std::min(nr, filters - j);
    panel_product(tiles, width, k, sources + place * l.source_place, l.channels, 1,
                  kernels + (j / nr * kPlaces + place) * l.kernel_place, width, targets + place * l.target_place + j,
                  filters, adds);
  }
}

// -- forward and the input's gradient ---------------------------------------------------------------------------------
// What all pieces read: the kernel's places, panel by panel, or those of all tiles.
inline void winograd_prepare(const ConvTask& task, char* shared, int64_t piece, int64_t pieces) {
  const ConvShape& s = task.shape;
  constexpr int64_t nr = kTileColumns<float>, kUnit = 32;
  const WinogradLayout l = winograd_layout(s, task.epilogue);
  auto* to = reinterpret_cast<float*>(shared);
  if (l.shares_tiles) {
    const int64_t first = l.tiles * piece / pieces, last = l.tiles * (piece + 1) / pieces;
    transform_sources(l, static_cast<const float*>(task.a), first, last, l.channels, to + first * l.channels);
    return;
  }
  const int64_t panels = (l.filters + nr - 1) / nr, chunks = (l.channels + kUnit - 1) / kUnit, units = panels * chunks;
  for (int64_t i = units * piece / pieces; i < units * (piece + 1) / pieces; ++i) {
    const int64_t panel = i / chunks, c = i % chunks * kUnit, width = std::min(nr, l.filters - panel * nr);
    transform_kernel(task, l, c, std::min(c + kUnit, l.channels), panel * nr, width,
                     to + panel * kPlaces * l.kernel_place + c * width);
  }
}

// Rows of tiles, all filters.
inline void winograd_rows(const ConvTask& task, const WinogradLayout& l, const char* shared, int64_t piece,
                          char* memory) {
  constexpr int64_t nr = kTileColumns<float>;
  Scratch scratch(memory);
  char* map_scratch = scratch.take<char>(l.map_bytes);
  float* sources = scratch.take<float>(l.source_bytes);
  float* targets = scratch.take<float>(l.target_bytes);
  float* own = scratch.take<float>(l.out_bytes);

  const int64_t first = piece * l.block_rows, last = std::min(first + l.block_rows, l.tile_rows);
  const int64_t first_tile = first * l.columns.tiles, last_tile = last * l.columns.tiles;
  const int64_t row = l.columns.target * l.filters;
  const int64_t begin = l.target_row(first) * row, end = l.target_row(last) * row;
  float* c = task.out ? static_cast<float*>(task.out) + begin : own;
  const auto* source = static_cast<const float*>(task.a);
  transform_sources(l, source, first_tile, last_tile, l.channels, sources);
  const int64_t turns = kPlaces * ((l.filters + l.filters_at_once - 1) / l.filters_at_once);
  Fetch sources_ahead(source + l.source_at(last), source + l.source_at(last + l.block_rows), turns);
  Fetch targets_ahead(c, c + (end - begin), turns);
  for (int64_t f = 0; f < l.filters; f += l.filters_at_once) {
    const int64_t filters = std::min(l.filters_at_once, l.filters - f);
    for (int place = 0; place < kPlaces; ++place) {
      sources_ahead.turn<0>();
      targets_ahead.turn<1>();
      multiply_place(l, place, last_tile - first_tile, filters, l.channels, sources,
                     reinterpret_cast<const float*>(shared) + f / nr * kPlaces * l.kernel_place, targets, false);
    }
    transform_targets(l, first_tile, last_tile, filters, targets, c + f, l.filters);
  }
  if (task.epilogue) map_run(*task.epilogue, task.values, begin, end, c, nullptr, map_scratch);
}

// All tiles, some filters, whose kernels are transformed here.
inline void winograd_columns(const ConvTask& task, const WinogradLayout& l, const char* shared, int64_t piece,
                             char* memory) {
  constexpr int64_t nr = kTileColumns<float>;
  Scratch scratch(memory);
  char* map_scratch = scratch.take<char>(l.map_bytes);
  float* kernels = scratch.take<float>(l.kernel_bytes);
  float* targets = scratch.take<float>(l.target_bytes);
  float* own = scratch.take<float>(l.out_bytes);

  const int64_t f = piece * l.filters_at_once, filters = std::min(l.filters_at_once, l.filters - f);
  float* c = task.out ? static_cast<float*>(task.out) + f : own;
  const int64_t c_pixel = task.out ? l.filters : filters;
  for (int64_t depth = 0; depth < l.channels; depth += l.depth) {
    const int64_t k = std::min(l.depth, l.channels - depth);
    for (int64_t j = 0; j < filters; j += nr)
      transform_kernel(task, l, depth, depth + k, f + j, std::min(nr, filters - j),
                       kernels + j / nr * kPlaces * l.kernel_place);
    for (int place = 0; place < kPlaces; ++place)
      multiply_place(l, place, l.tiles, filters, k, reinterpret_cast<const float*>(shared) + depth, kernels, targets,
                     depth > 0);
  }
  transform_targets(l, 0, l.tiles, filters, targets, c, c_pixel);
  if (!task.epilogue) return;
  const int64_t count = l.images * l.rows.target * l.columns.target;
  for (int64_t i = 0; i < count; ++i)
    map_run(*task.epilogue, task.values, i * l.filters + f, i * l.filters + f + filters, c + i * c_pixel, nullptr,
            map_scratch);
}

inline void winograd_targets(const ConvTask& task, const char* shared, int64_t piece, char* memory) {
  const WinogradLayout l = winograd_layout(task.shape, task.epilogue);
  l.shares_tiles ? winograd_columns(task, l, shared, piece, memory) : winograd_rows(task, l, shared, piece, memory);
}

inline Rows winograd_rows_of(const ConvShape& s, const MapProgram* epilogue, int64_t piece) {
  const WinogradLayout l = winograd_layout(s, epilogue);
  if (l.shares_tiles) return {-1, -1};
  const int64_t first = piece * l.block_rows, last = std::min(first + l.block_rows, l.tile_rows);
  return {l.target_row(first) * l.columns.target, l.target_row(last) * l.columns.target};
}

// -- the kernel's gradient --------------------------------------------------------------------------------------------
inline void winograd_kernel_part(const ConvTask& task, char* shared, int64_t piece, char* memory) {
  const ConvShape& s = task.shape;
  const WinogradLayout l = winograd_layout(s, task.epilogue);
  Scratch scratch(memory);
  scratch.take<char>(l.map_bytes);
  float* sources = scratch.take<float>(l.source_bytes);
  float* targets = scratch.take<float>(l.target_bytes);
  float* sums = scratch.take<float>(l.sum_bytes);

  const int64_t pieces = l.chunks[0] * l.chunks[1], part = piece / pieces;
  const int64_t channel = piece % pieces / l.chunks[1] * l.chunk[0], filter = piece % l.chunks[1] * l.chunk[1];
  const int64_t channels = std::min(l.chunk[0], l.channels - channel);
  const int64_t filters = std::min(l.chunk[1], l.filters - filter);
  const int64_t first = l.tiles * part / l.parts, last = l.tiles * (part + 1) / l.parts;
  const auto *x = static_cast<const float*>(task.a) + channel, *dy = static_cast<const float*>(task.b) + filter;
  const int64_t dy_row = l.columns.target * l.filters, dy_image = l.rows.target * dy_row;
  const bool is_whole = pieces == 1;  // all channels and filters: what comes next is one stretch of memory
  if (first == last) std::fill_n(sums, kPlaces * l.sum_place, 0.0F);
  for (int64_t begin = first; begin < last; begin += l.block_tiles) {
    const int64_t count = std::min(l.block_tiles, last - begin);
    transform_sources(l, x, begin, begin + count, channels, sources);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = (begin + i) / l.columns.tiles, n = row / l.rows.tiles;
      const int64_t top = row % l.rows.tiles * kTargetSide, left = (begin + i) % l.columns.tiles * kTargetSide;
      transform_tile<TargetGradLine, kTargetSide>(dy + n * dy_image, l.rows.target, l.columns.target, l.filters, top,
                                                  left, filters, targets + i * filters, l.target_place);
    }
    const int64_t next = begin + count, after = is_whole ? std::min(next + l.block_tiles, last) : next;
    const int64_t next_row = next / l.columns.tiles;
    const int64_t row_after = after > next ? (after - 1) / l.columns.tiles + 1 : next_row;
    Fetch x_ahead(x + l.source_at(next_row), x + l.source_at(row_after), kPlaces);
    Fetch dy_ahead(dy + l.target_row(next_row) * dy_row, dy + l.target_row(row_after) * dy_row, kPlaces);
    constexpr int64_t nr = kTileColumns<float>;
    for (int place = 0; place < kPlaces; ++place) {
      x_ahead.turn<0>();
      dy_ahead.turn<0>();
      for (int64_t j = 0; j < filters; j += nr)
        panel_product(channels, std::min(nr, filters - j), count, sources + place * l.source_place, 1, channels,
                      targets + place * l.target_place + j, filters, sums + place * l.sum_place + j, filters,
                      begin > first);
    }
  }
  const int64_t pairs = l.channels * l.filters;
  float* to =
      l.parts == 1 && task.out ? static_cast<float*>(task.out) : reinterpret_cast<float*>(shared) + part * 9 * pairs;
  to += channel * l.filters + filter;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t f = 0; f < filters; f += kLanes<float>)
      transform<KernelGradLine, kSourceSide, 3>(columns_of_places(sums + c * filters + f, l.sum_place),
                                                rows_of(to + c * l.filters + f, 3 * pairs, pairs));
}

}  // namespace yeoul::YEOUL_ISA
