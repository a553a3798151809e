// Convolution over up to three spatial axes, channels last, and its gradients: products whose left operand is never
// formed.
//
//   forward          y[j, f] = sum over taps t, channels i of x[j stride + t dilation - low, i] kernel[t, i, f]
//
//   input gradient   x and y exchanged; targets with one remainder by the stride, a phase, meet the same taps
//
//   kernel gradient  dkernel[t, i, f] = sum over j of x[j stride + t dilation - low, i] dy[j, f]
//
// A piece is a block of targets j.  The part of the source that it reads, its patch, is read in place, or copied with
// zeros around where it reaches over an edge.  The element of target j for tap t and channel i stands where j starts to
// read plus the place of (t, i), so two tables make the left operand of a matrix product (`scattered.h`); the kernel's
// gradient has them exchanged.  Sums of a phase go straight to where its targets stand.  While a block is multiplied,
// the next one is fetched.  The kernel is packed into panels once for all pieces.  The kernel's gradient has the
// targets as k, in a number of parts that depends on the shape only, which are added up in order.
#pragma once

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernels/depthwise.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "kernels/map.h"
#include "kernels/parts.h"
#include "kernels/patch.h"
#include "kernels/scattered.h"
#include "kernels/scratch.h"
#include "kernels/vector.h"
#include "kernels/winograd.h"

namespace yeoul::YEOUL_ISA {

// -- layout -----------------------------------------------------------------------------------------------------------
constexpr int64_t kConvRows = 96;          // targets of a piece
constexpr int64_t kGradRows = 192;         // targets of a block of the kernel's gradient
constexpr int64_t kDepthwise = 32 * 1024;  // elements of a block without sums over channels
constexpr int64_t kPatchBytes = 192 * 1024;
constexpr int64_t kGradChannels = 96;  // of a piece of the kernel's gradient
constexpr int64_t kLargeKernel = 1 << 18;
constexpr int64_t kPartSums = 1 << 20;  // elements of all parts together
constexpr int64_t kParts = 8;           // of the kernel's gradient
constexpr int64_t kPartTargets = 384;   // at least, in each

struct ConvLayout {
  PatchLayout patch;
  bool is_depthwise;
  bool packs_own;                        // pieces pack the panels that they use
  int64_t panels, width;                 // of the right operand: columns of a panel
  int64_t column_blocks, block_panels;   // pieces along the columns
  int64_t parts, row_blocks, grad_rows;  // of the kernel's gradient: parts of targets, pieces along its rows
  int64_t chunks;                        // pieces along its channels
  int64_t kernel_size;
  size_t map_bytes, row_bytes, place_bytes, patch_bytes, panel_bytes, c_bytes, line_bytes;

  size_t scratch_bytes() const {
    return map_bytes + 2 * row_bytes + place_bytes + patch_bytes + panel_bytes + c_bytes + line_bytes;
  }
};

inline double conv_work(const ConvShape& s) {
  double work = static_cast<double>(s.batch * s.groups) * static_cast<double>(s.channels * s.filters);
  for (const Spatial& a : s.axes) work *= static_cast<double>(a.out) * static_cast<double>(a.window);
  return work;
}

inline int64_t kernel_size(const ConvShape& s) {
  int64_t size = s.channels * s.groups * s.filters;
  for (const Spatial& a : s.axes) size *= a.window;
  return size;
}

template <typename T>
ConvLayout conv_layout(const ConvShape& s, const MapProgram* epilogue) {
  constexpr int64_t w = kLanes<T>;
  const bool is_grad = s.kind == Convolution::conv_kernel_grad;
  const double work = conv_work(s);
  ConvLayout l{};
  l.is_depthwise = depthwise_group<T>(s) > 0;
  PatchLayout& p = l.patch;
  patch_axes(s, p);
  l.kernel_size = kernel_size(s);
  const int64_t columns = p.target_channels, vectors = std::max<int64_t>((columns + w - 1) / w, 1);
  l.panels = (vectors + kTileVectors - 1) / kTileVectors;
  l.width = (vectors + l.panels - 1) / l.panels * w;
  l.panels = (vectors * w + l.width - 1) / l.width;
  if (columns == 1 && !is_grad) l.width = 1;  // dot products
  const bool splits_columns = !is_grad && !l.is_depthwise && s.groups == 1 && p.n_phases() == 1;

  int64_t total = 1;
  for (const int64_t jobs : p.jobs) total *= std::max<int64_t>(jobs, 1);
  const int64_t least_rows = is_grad ? (l.kernel_size > kLargeKernel ? 2 * kGradRows : kGradRows) : kConvRows;
  int64_t rows = std::clamp<int64_t>(total / (is_grad ? 32 : 16), least_rows, 4 * least_rows);
  if (l.is_depthwise) rows = std::max<int64_t>(kDepthwise / (s.groups * s.channels), 16);
  if (work > 100000.0 && !(splits_columns && l.panels >= 8))
    rows = std::min(rows, std::max<int64_t>((total + 3) / 4, kTileRows));
  // Where the pixels of a patch lie a power of two apart, the same channel of many would fall on few cache sets.
  p.channels = s.groups * p.source_channels;
  l.chunks = 1;
  if (is_grad && s.groups == 1 && s.channels > kGradChannels) {
    l.chunks = (s.channels + 2 * kGradChannels - 1) / (2 * kGradChannels) * 2;  // even, to be shared evenly
    p.channels = ((s.channels + l.chunks - 1) / l.chunks + kTileRows - 1) / kTileRows * kTileRows;
    l.chunks = (s.channels + p.channels - 1) / p.channels;
  }
  const int64_t item = p.step[2] * static_cast<int64_t>(sizeof(T));
  p.copies = is_grad && !l.is_depthwise && s.groups * s.channels * item % 256 == 0;
  p.spare = p.copies && p.channels * item % 256 == 0 ? 64 / static_cast<int64_t>(sizeof(T)) : 0;
  const auto bytes_of = [](int64_t elements) { return elements * static_cast<int64_t>(sizeof(T)); };
  // Larger blocks cost less to begin with, as long as what they read and write stays in the first-level cache.
  const auto is_too_large = [&] {
    return rows > least_rows
               ? std::max(bytes_of(p.elements), bytes_of(p.target_rows * s.groups * (is_grad ? s.filters : columns))) >
                     kKeptBytes
               : rows > kTileRows && bytes_of(p.elements) > kPatchBytes * (is_grad ? 2 : 1);
  };
  for (patch_blocks(p, rows); !l.is_depthwise && is_too_large(); patch_blocks(p, rows))
    rows = rows > least_rows ? std::max(rows / 2, least_rows) : rows / 2;

  l.column_blocks = 1, l.block_panels = l.panels;
  if (splits_columns && work > 100000.0 && p.n_blocks() < 8) {
    const int64_t wanted =
        std::min(l.panels, ((8 + p.n_blocks() - 1) / p.n_blocks() + 1) / 2 * 2);  // even, to be shared evenly
    l.block_panels = (l.panels + wanted - 1) / wanted;
    l.column_blocks = (l.panels + l.block_panels - 1) / l.block_panels;
  }
  // A kernel that is read by one block of targets only is not worth writing down in panels for all.
  l.packs_own = l.column_blocks > 1 && p.n_blocks() == 1 && s.kind == Convolution::conv_forward && l.width > 1 &&
                l.kernel_size >= kThinWeights;
  l.parts = l.row_blocks = 1;
  l.grad_rows = p.taps * p.source_channels;
  if (is_grad) {
    l.parts = std::clamp<int64_t>(total / kPartTargets, 1, kParts);
    l.parts = std::min(l.parts, std::max<int64_t>(kPartSums / std::max<int64_t>(l.kernel_size, 1), 1));
    l.parts = std::clamp<int64_t>(l.parts, 1, std::max<int64_t>(p.n_blocks(), 1));
    if (work > 100000.0 && !l.is_depthwise && l.chunks == 1)
      l.row_blocks = std::clamp<int64_t>(kParts / l.parts, 1, std::max<int64_t>(l.grad_rows / (8 * kTileRows), 1));
  }
  const auto bytes = [](int64_t count, size_t item) { return round_up(static_cast<size_t>(count) * item) + 64; };
  l.map_bytes = epilogue ? round_up(map_scratch_bytes(*epilogue)) + 64 : 0;
  if (l.is_depthwise) {
    l.place_bytes = bytes(p.taps, sizeof(Run));
    l.line_bytes = bytes(p.phases[0] + p.phases[1] + p.phases[2], sizeof(Line));
    l.c_bytes = is_grad ? 0 : bytes(p.target_rows * s.groups * s.channels, sizeof(T));
    return l;
  }
  l.row_bytes = bytes(is_grad ? l.grad_rows : p.rows, sizeof(int64_t));
  l.place_bytes = bytes(is_grad ? p.rows : l.grad_rows, sizeof(int64_t));
  l.patch_bytes = bytes(p.elements, sizeof(T));
  if (is_grad) {
    l.panel_bytes = bytes(p.rows * l.panels * l.width, sizeof(T));
  } else {
    l.c_bytes = bytes(p.target_rows * std::min(s.groups * columns,
                                               l.column_blocks > 1 ? l.block_panels * l.width : s.groups * columns),
                      sizeof(T));
    l.panel_bytes = bytes(l.packs_own ? kDepth * l.block_panels * l.width : 0, sizeof(T));
  }
  return l;
}

// Whether the groups of a kernel are read turned round.
template <typename T>
bool is_turned(const ConvShape& s) {
  return s.kind == Convolution::conv_input_grad && depthwise_group<T>(s) > 1;
}

template <typename T>
double conv_nanoseconds(const ConvShape& s, const MapProgram* epilogue) {
  return 50.0 + conv_work(s) * 2.0 / (sizeof(T) == 4 ? 40.0 : 20.0) + (epilogue ? map_work(*epilogue) : 0.0);
}

template <typename T>
Plan conv_plan_typed(const ConvShape& s, const MapProgram* epilogue) {
  const ConvLayout l = conv_layout<T>(s, epilogue);
  Plan plan{};
  plan.scratch_bytes = l.scratch_bytes();
  const auto kernel = static_cast<size_t>(l.kernel_size);
  if (s.kind == Convolution::conv_kernel_grad) {
    plan.pieces = l.parts * l.row_blocks * l.chunks;
    plan.shared_scratch_bytes = (static_cast<size_t>(l.parts) * kernel) * sizeof(T) + 64;
    const auto tiles = static_cast<int64_t>((kernel + kTile - 1) / kTile);
    plan.finish_pieces = l.parts > 1 || epilogue ? std::clamp<int64_t>(tiles / 16, 1, 16) : 0;
  } else {
    plan.pieces = std::max<int64_t>(l.patch.n_blocks() * l.column_blocks, 1);
    if (is_turned<T>(s)) {
      plan.shared_scratch_bytes = kernel * sizeof(T) + 64;
      plan.prepare_pieces = 1;
    } else if (!l.is_depthwise && !l.packs_own) {
      plan.shared_scratch_bytes =
          static_cast<size_t>(l.patch.taps * l.patch.source_channels * s.groups * l.panels * l.width) * sizeof(T) + 64;
      plan.prepare_pieces = plan.pieces;
    }
  }
  plan.work = conv_nanoseconds<T>(s, epilogue);
  return plan;
}

inline Plan conv_plan(const ConvShape& s, const MapProgram* epilogue) {
  if (is_winograd(s)) return winograd_plan(s, epilogue, conv_nanoseconds<float>(s, epilogue));
  return s.type == DType::F64 ? conv_plan_typed<double>(s, epilogue) : conv_plan_typed<float>(s, epilogue);
}

// -- the kernel in panels ---------------------------------------------------------------------------------------------
// Phase by phase, group by group: panels of (taps x source channels) rows.
template <typename T>
void conv_prepare_typed(const ConvTask& task, char* shared, int64_t piece, int64_t pieces) {
  const ConvShape& s = task.shape;
  const ConvLayout l = conv_layout<T>(s, task.epilogue);
  const PatchLayout& p = l.patch;
  if (is_turned<T>(s))
    return transpose_groups<T>(s, static_cast<const T*>(task.b), p.taps, reinterpret_cast<T*>(shared));
  const bool is_back = s.kind == Convolution::conv_input_grad;
  const int64_t filters = s.groups * s.filters, per_phase = s.groups * l.panels;
  const int64_t units = p.n_phases() * per_phase;
  const int64_t first = units * piece / pieces, last = units * (piece + 1) / pieces;
  T* to = reinterpret_cast<T*>(shared);
  for (int64_t phase = 0, unit = 0; phase < p.n_phases() && unit < last; ++phase) {
    const Lines lines = lines_of(s, p, phase);
    const int64_t panel_size = lines.taps() * p.source_channels * l.width;
    for (int64_t i = 0; i < per_phase; ++i, ++unit, to += panel_size) {
      if (unit < first || unit >= last) continue;
      const int64_t group = i / l.panels, column = i % l.panels * l.width;
      const int64_t columns = std::min(l.width, p.target_channels - column);
      T* panel = to;
      lines.each_tap(s, [&](int64_t, int64_t, int64_t, int64_t place) {
        const T* kernel = static_cast<const T*>(task.b) + place * s.channels * filters + group * s.filters;
        if (is_back)
          pack_panel<T>(kernel + column * filters, 1, filters, s.filters, columns, panel, l.width);
        else
          pack_panel<T>(kernel + column, filters, 1, s.channels, columns, panel, l.width);
        panel += p.source_channels * l.width;
      });
    }
  }
}

inline void conv_prepare(const ConvTask& task, char* shared, int64_t piece, int64_t pieces) {
  if (is_winograd(task.shape)) return winograd_prepare(task, shared, piece, pieces);
  if (task.shape.type == DType::F64)
    conv_prepare_typed<double>(task, shared, piece, pieces);
  else
    conv_prepare_typed<float>(task, shared, piece, pieces);
}

// Blocks of k, as even as can be: use(first, count).
template <typename Use>
void each_depth(int64_t k, int64_t most, Use use) {
  const int64_t blocks = std::max<int64_t>((k + most - 1) / most, 1);
  for (int64_t i = 0; i < blocks; ++i) use(k * i / blocks, k * (i + 1) / blocks - k * i / blocks);
}

// c = left b for a few rows and `columns` columns of a large b whose rows are `b_row` apart.  While one block of b is
// multiplied, the next is fetched from memory.
template <typename T>
void products_with_weights(const Scattered<T>& all, int64_t count, int64_t depth, const T* b, int64_t b_row,
                           int64_t columns, int64_t width, T* packed, T* c) {
  constexpr int64_t line = 64 / static_cast<int64_t>(sizeof(T));
  const int64_t chunks = (count + 2 * kTileRows - 1) / (2 * kTileRows), panels = (columns + width - 1) / width;
  Ahead<T> ahead;
  each_depth(depth, kDepth, [&](int64_t first, int64_t k) {
    pack_panels<T>(b + first * b_row, b_row, 1, k, columns, packed, width);
    const Scattered<T> left{all.rows, all.places + first, all.to, all.run};
    const int64_t next_k = std::min(k, depth - first - k);
    int64_t chunk = 0, fetched = 0;
    for (int64_t j = 0; j < panels; ++j) {
      for (int64_t i = 0; i < chunks; ++i) {
        for (const int64_t until = next_k * ++chunk / (panels * chunks); fetched < until; ++fetched) {
          const T* row = b + (first + k + fetched) * b_row;
          for (int64_t x = 0; x < columns; x += line) __builtin_prefetch(row + x, 0, 2);
        }
        scattered_panel<T>(left, count * i / chunks, count * (i + 1) / chunks, k, packed + j * width * k, width,
                           std::min(width, columns - j * width), c + j * width, first > 0, ahead);
      }
    }
  });
}

// -- forward and the input's gradient ---------------------------------------------------------------------------------
template <typename T>
void conv_targets(const ConvTask& task, const char* shared, int64_t piece, char* memory) {
  const ConvShape& s = task.shape;
  const ConvLayout l = conv_layout<T>(s, task.epilogue);
  const PatchLayout& p = l.patch;
  Scratch scratch(memory);
  char* map_scratch = scratch.take<char>(l.map_bytes);
  const T** rows = scratch.take<const T*>(l.row_bytes);
  int64_t* to = scratch.take<int64_t>(l.row_bytes);
  int64_t* places = scratch.take<int64_t>(l.place_bytes);
  T* copied = scratch.take<T>(l.patch_bytes);
  T* packed = scratch.take<T>(l.panel_bytes);
  T* own_c = scratch.take<T>(l.c_bytes);

  const Block block = block_at(p, piece / l.column_blocks);
  const Targets targets = targets_of(s, p, block);
  const int64_t channels = s.groups * p.target_channels;
  const int64_t first_panel = piece % l.column_blocks * l.block_panels;
  const int64_t last_panel = std::min(first_panel + l.block_panels, l.panels);
  const bool is_split = l.column_blocks > 1;
  const int64_t first_column = is_split ? first_panel * l.width : 0;
  const int64_t columns = is_split ? std::min(last_panel * l.width, channels) - first_column : channels;
  T* c = task.out ? static_cast<T*>(task.out) + targets.first * channels + first_column : own_c;
  const int64_t c_row = task.out ? channels : columns;

  const Patch<T> patch = patch_of<T>(s, p, block, static_cast<const T*>(task.a), 0, copied);
  Ahead<T> ahead;
  if (l.column_blocks == 1 && piece + 1 < p.n_blocks()) {
    const Block after = block_at(p, piece + 1);
    const int64_t turns = turns_of<T>(targets.count, l.width, p.target_channels) * s.groups;
    ahead = Ahead<T>(source_extent(p, after, static_cast<const T*>(task.a), s.groups * p.source_channels),
                     target_extent(s, p, after, static_cast<const T*>(task.out), channels), turns);
  }
  const T* panels = reinterpret_cast<const T*>(shared);
  for (int64_t phase = 0; phase < p.n_phases(); ++phase) {
    const Lines lines = lines_of(s, p, phase);
    const int64_t depth = lines.taps() * p.source_channels;
    int64_t count = 0;
    each_target(p, lines, block, targets, patch, [&](const T* at, int64_t target) {
      rows[count] = at;
      to[count++] = target * c_row;
    });
    for (int64_t group = 0; group < s.groups; ++group, panels += l.panels * depth * l.width) {
      int64_t* place = places;
      each_product(s, p, lines, patch, group * p.source_channels, p.source_channels,
                   [&](int64_t at) { *place++ = at; });
      if (l.packs_own) {
        products_with_weights<T>({rows, places, to, 1}, count, depth, static_cast<const T*>(task.b) + first_column,
                                 s.filters, columns, l.width, packed, c);
        continue;
      }
      const T* b = panels + first_panel * depth * l.width;
      const int64_t own_columns = s.groups > 1 ? p.target_channels : columns;
      each_depth(depth, l.width == 1 ? std::max<int64_t>(depth, 1) : kDepth, [&](int64_t first, int64_t k) {
        scattered_product<T>({rows, places + first, to, run_of(p, lines, patch)}, count, k, b + first * l.width,
                             l.width, depth * l.width, l.width, own_columns, c + group * p.target_channels, first > 0,
                             ahead);
      });
    }
  }
  if (!task.epilogue) return;
  const int64_t at = targets.first * channels + first_column;
  if (!is_split) {
    map_run(*task.epilogue, task.values, at, at + targets.count * channels, c, nullptr, map_scratch);
  } else {
    for (int64_t i = 0; i < targets.count; ++i)
      map_run(*task.epilogue, task.values, at + i * channels, at + i * channels + columns, c + i * c_row, nullptr,
              map_scratch);
  }
}

// -- the kernel's gradient --------------------------------------------------------------------------------------------
template <typename T>
void conv_kernel_part(const ConvTask& task, char* shared, int64_t piece, char* memory) {
  const ConvShape& s = task.shape;
  const ConvLayout l = conv_layout<T>(s, task.epilogue);
  const PatchLayout& p = l.patch;
  Scratch scratch(memory);
  scratch.take<char>(l.map_bytes);
  const T** rows = scratch.take<const T*>(l.row_bytes);
  int64_t* to = scratch.take<int64_t>(l.row_bytes);
  int64_t* places = scratch.take<int64_t>(l.place_bytes);
  T* copied = scratch.take<T>(l.patch_bytes);
  T* packed = scratch.take<T>(l.panel_bytes);

  const int64_t pieces = l.row_blocks * l.chunks, part = piece / pieces;  // pieces of one part
  const int64_t row_block = piece % l.row_blocks, channel = piece % pieces / l.row_blocks * p.channels;
  const int64_t chunk = std::min(p.channels, s.channels - channel), all_rows = p.taps * chunk;
  const int64_t first_row = all_rows * row_block / l.row_blocks;
  const int64_t last_row = all_rows * (row_block + 1) / l.row_blocks;
  const int64_t filters = s.groups * s.filters;
  for (int64_t row = 0; row < all_rows; ++row) to[row] = (row / chunk * s.channels + channel + row % chunk) * filters;
  T* sums = l.parts == 1 && task.out ? static_cast<T*>(task.out) : reinterpret_cast<T*>(shared) + part * l.kernel_size;
  const Lines lines = lines_of(s, p, 0);
  const int64_t blocks = p.n_blocks();
  const int64_t first = blocks * part / l.parts, last = blocks * (part + 1) / l.parts;
  if (first == last)
    for (int64_t row = first_row; row < last_row; ++row) std::fill_n(sums + to[row], filters, T(0));
  for (int64_t i = first; i < last; ++i) {
    const Block block = block_at(p, i);
    const Targets targets = targets_of(s, p, block);
    const T* source = static_cast<const T*>(task.a);
    const T* dy = static_cast<const T*>(task.b) + targets.first * filters;
    const Patch<T> patch = patch_of<T>(s, p, block, source, channel, copied);
    Ahead<T> ahead;
    if (l.chunks == 1 && i + 1 < last) {
      const Block after = block_at(p, i + 1);
      const int64_t turns = turns_of<T>(last_row - first_row, l.width, s.filters) * s.groups;
      ahead = Ahead<T>(source_extent(p, after, source, s.groups * s.channels),
                       target_extent(s, p, after, static_cast<const T*>(task.b), filters), turns);
    }
    int64_t count = 0;
    each_target(p, lines, block, targets, patch, [&](const T* at, int64_t) { places[count++] = at - patch.at; });
    // A single panel lies packed; several need not be where they stay in the first-level cache beside the patch.
    const int64_t dy_bytes = count * s.filters * static_cast<int64_t>(sizeof(T));
    const int64_t patch_bytes = p.elements * static_cast<int64_t>(sizeof(T));
    const bool keeps_dy = dy_bytes <= kKeptBytes;
    const bool lies_packed = l.panels == 1 || dy_bytes + patch_bytes <= kKeptBytes + kKeptBytes / 3;
    const bool packs = s.groups > 1 || !keeps_dy || s.filters % l.width != 0 || !lies_packed;
    const int64_t columns = keeps_dy ? s.filters : l.width;
    for (int64_t group = 0; group < s.groups; ++group) {
      const T** row = rows;
      each_product(s, p, lines, patch, group * s.channels, chunk, [&](int64_t at) { *row++ = patch.at + at; });
      const Scattered<T> left{rows + first_row, places, to + first_row, 1};
      for (int64_t column = 0; column < s.filters; column += columns) {
        const int64_t own = std::min(columns, s.filters - column), first_own = group * s.filters + column;
        if (packs) pack_panels<T>(dy + first_own, filters, 1, count, own, packed, l.width);
        scattered_product<T>(left, last_row - first_row, count, packs ? packed : dy, packs ? l.width : filters,
                             packs ? count * l.width : l.width, l.width, own, sums + first_own, i > first, ahead);
      }
    }
  }
}

// -- without sums over channels ---------------------------------------------------------------------------------------
template <typename T>
void depthwise_targets(const ConvTask& task, const char* shared, int64_t piece, char* memory) {
  const ConvShape& s = task.shape;
  const ConvLayout l = conv_layout<T>(s, task.epilogue);
  Scratch scratch(memory);
  char* map_scratch = scratch.take<char>(l.map_bytes);
  Run* rows = scratch.take<Run>(l.place_bytes);
  Line* lines = scratch.take<Line>(l.line_bytes);
  T* own_c = scratch.take<T>(l.c_bytes);
  const Block block = block_at(l.patch, piece);
  const Targets targets = targets_of(s, l.patch, block);
  const int64_t all = s.groups * s.channels;
  const auto *x = static_cast<const T*>(task.a), *kernel = static_cast<const T*>(task.b);
  if (is_turned<T>(s)) kernel = reinterpret_cast<const T*>(shared);
  const int64_t begin = targets.first * all, scale = l.patch.scale[2];
  T* c = task.out ? static_cast<T*>(task.out) + begin : own_c;
  with_depthwise_group<T>(s, [&]<int G>() {
    depthwise_stretches(s, l.patch, block, lines, rows, [&](const Stretch& a, int64_t count, int64_t target) {
      depthwise_row<G, T>(a, count, x, kernel, c + target * all, scale * all);
    });
  });
  if (task.epilogue) map_run(*task.epilogue, task.values, begin, begin + targets.count * all, c, nullptr, map_scratch);
}

template <typename T>
void depthwise_kernel_part(const ConvTask& task, char* shared, int64_t part, char* memory) {
  const ConvShape& s = task.shape;
  const ConvLayout l = conv_layout<T>(s, task.epilogue);
  Scratch scratch(memory);
  scratch.take<char>(l.map_bytes);
  Run* rows = scratch.take<Run>(l.place_bytes);
  Line* lines = scratch.take<Line>(l.line_bytes);
  T* sums = l.parts == 1 && task.out ? static_cast<T*>(task.out) : reinterpret_cast<T*>(shared) + part * l.kernel_size;
  std::fill_n(sums, l.kernel_size, T(0));
  const int64_t blocks = l.patch.n_blocks(), all = s.groups * s.channels;
  for (int64_t i = blocks * part / l.parts; i < blocks * (part + 1) / l.parts; ++i) {
    const Block block = block_at(l.patch, i);
    const T* x = static_cast<const T*>(task.a);
    const T* dy = static_cast<const T*>(task.b) + targets_of(s, l.patch, block).first * all;
    with_depthwise_group<T>(s, [&]<int G>() {
      depthwise_stretches(s, l.patch, block, lines, rows, [&](const Stretch& a, int64_t count, int64_t target) {
        depthwise_kernel_row<G, T>(a, count, x, dy + target * all, sums);
      });
    });
  }
}

inline void conv_finish(const ConvTask& task, const Plan& plan, char* shared, int64_t piece, char* scratch) {
  const ConvShape& s = task.shape;
  const bool is_double = s.type == DType::F64;
  const int64_t parts = is_winograd(s) ? winograd_layout(s, task.epilogue).parts
                        : is_double    ? conv_layout<double>(s, task.epilogue).parts
                                       : conv_layout<float>(s, task.epilogue).parts;
  const PartSum sum{parts, kernel_size(s), shared, task.out, task.epilogue, task.values};
  is_double ? add_parts<double>(sum, plan, piece, scratch) : add_parts<float>(sum, plan, piece, scratch);
}

template <typename T>
void conv_run_typed(const ConvTask& task, char* shared, int64_t piece, char* scratch) {
  const bool is_grad = task.shape.kind == Convolution::conv_kernel_grad;
  if (depthwise_group<T>(task.shape) > 0)
    return is_grad ? depthwise_kernel_part<T>(task, shared, piece, scratch)
                   : depthwise_targets<T>(task, shared, piece, scratch);
  is_grad ? conv_kernel_part<T>(task, shared, piece, scratch) : conv_targets<T>(task, shared, piece, scratch);
}

inline void conv_run(const ConvTask& task, char* shared, int64_t piece, char* scratch) {
  if (is_winograd(task.shape)) {
    return task.shape.kind == Convolution::conv_kernel_grad ? winograd_kernel_part(task, shared, piece, scratch)
                                                            : winograd_targets(task, shared, piece, scratch);
  }
  if (task.shape.type == DType::F64)
    conv_run_typed<double>(task, shared, piece, scratch);
  else
    conv_run_typed<float>(task, shared, piece, scratch);
}

template <typename T>
Rows conv_rows_typed(const ConvShape& s, const MapProgram* epilogue, int64_t piece) {
  const ConvLayout l = conv_layout<T>(s, epilogue);
  if (l.column_blocks > 1) return {-1, -1};
  const Targets targets = targets_of(s, l.patch, block_at(l.patch, piece));
  return {targets.first, targets.first + targets.count};
}

inline Rows conv_rows(const ConvShape& s, const MapProgram* epilogue, int64_t piece) {
  if (s.kind == Convolution::conv_kernel_grad) return {-1, -1};
  if (is_winograd(s)) return winograd_rows_of(s, epilogue, piece);
  return s.type == DType::F64 ? conv_rows_typed<double>(s, epilogue, piece)
                              : conv_rows_typed<float>(s, epilogue, piece);
}

}  // namespace yeoul::YEOUL_ISA
