// The geometry of a convolution: which elements of its source a block of targets reads, and where.
//
//   source(j, t) = j step + offset + t spread   along each axis, for tap t of target number j of a phase
//
// Forward and for the kernel's gradient targets are the outputs, in one phase.  For the input's gradient they are the
// inputs; those with one remainder by the stride are a phase and meet every (stride / gcd(stride, dilation))-th tap.
#pragma once

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernels/kernels.h"

namespace yeoul::YEOUL_ISA {

// A tap of a depthwise convolution: it lies at `at`; `length` is its place in the kernel.
struct Run {
  int64_t at, length;
};

// One axis of one phase: targets phase + j scale for j in [0, count).
struct Line {
  int64_t count, step;
  int64_t taps, offset, spread;
  int64_t place, place_step;  // tap t stands at place + t place_step of the kernel
  int64_t phase;
};

struct Lines {
  Line line[kSpatial];

  int64_t taps() const { return line[0].taps * line[1].taps * line[2].taps; }
  int64_t place(const ConvShape& s, int64_t t0, int64_t t1, int64_t t2) const {
    const int64_t k0 = line[0].place + t0 * line[0].place_step, k1 = line[1].place + t1 * line[1].place_step;
    return (k0 * s.axes[1].window + k1) * s.axes[2].window + line[2].place + t2 * line[2].place_step;
  }
  // visit(t0, t1, t2, place in the kernel) for each tap.
  template <typename Visit>
  void each_tap(const ConvShape& s, Visit visit) const {
    for (int64_t t0 = 0; t0 < line[0].taps; ++t0)
      for (int64_t t1 = 0; t1 < line[1].taps; ++t1)
        for (int64_t t2 = 0; t2 < line[2].taps; ++t2) visit(t0, t1, t2, place(s, t0, t1, t2));
  }
};

// What all blocks share.  Axes: batch, then the spatial ones.
struct PatchLayout {
  int64_t source_channels, target_channels;                   // of a group
  int64_t source[kSpatial], target[kSpatial];                 // sizes
  int64_t phases[kSpatial], scale[kSpatial];                  // targets phase + j scale
  int64_t step[kSpatial], lowest[kSpatial], reach[kSpatial];  // sources j step + lowest + [0, reach]
  int64_t taps;
  int64_t jobs[1 + kSpatial], block[1 + kSpatial], blocks[1 + kSpatial];
  int64_t rows, target_rows;  // of the largest block: in one phase, in all
  int64_t elements, spare;    // of a copied patch; between its pixels
  int64_t channels;           // of a pixel that a patch takes
  bool copies;                // even where the source could be read in place

  int64_t n_phases() const { return phases[0] * phases[1] * phases[2]; }
  int64_t n_blocks() const { return blocks[0] * blocks[1] * blocks[2] * blocks[3]; }
};

inline int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

inline void patch_axes(const ConvShape& s, PatchLayout& p) {
  const bool is_back = s.kind == Convolution::conv_input_grad;
  p.source_channels = is_back ? s.filters : s.channels;
  p.target_channels = is_back ? s.channels : s.filters;
  p.taps = 1;
  p.jobs[0] = s.batch;
  for (int i = 0; i < kSpatial; ++i) {
    const Spatial& a = s.axes[i];
    const int64_t span = (a.window - 1) * a.dilation;
    p.taps *= a.window;
    p.source[i] = is_back ? a.out : a.in;
    p.target[i] = is_back ? a.in : a.out;
    p.scale[i] = is_back ? a.stride : 1;
    p.phases[i] = is_back ? std::max<int64_t>(std::min(a.stride, a.in), 1) : 1;
    p.step[i] = is_back ? 1 : a.stride;
    p.jobs[1 + i] = (p.target[i] + p.scale[i] - 1) / p.scale[i];
    p.lowest[i] = is_back ? -floor_div(span - a.low, a.stride) : -a.low;
    p.reach[i] =
        std::max<int64_t>((is_back ? floor_div(p.phases[i] - 1 + a.low, a.stride) : span - a.low) - p.lowest[i], 0);
  }
}

// Cuts the targets into blocks of about `rows`, whole along all axes inside the one that is cut, and inside those with
// several phases: the targets of a block follow each other in memory.
inline void patch_blocks(PatchLayout& p, int64_t rows) {
  int64_t left = std::max<int64_t>(rows, 1);
  p.rows = p.target_rows = 1;
  p.elements = p.channels + p.spare;
  for (int i = kSpatial; i >= 0; --i) {
    const int64_t jobs = std::max<int64_t>(p.jobs[i], 1);
    bool is_whole = false;
    for (int outer = 0; outer < i - 1; ++outer) is_whole = is_whole || (p.scale[outer] > 1 && p.target[outer] > 1);
    int64_t size = is_whole ? jobs : std::min(left, jobs);
    const int64_t blocks = (jobs + size - 1) / size;
    size = (jobs + blocks - 1) / blocks;
    left = size == jobs ? std::max<int64_t>(left / jobs, 1) : 1;
    p.block[i] = size;
    p.blocks[i] = (p.jobs[i] + size - 1) / size;
    p.rows *= size;
    p.target_rows *= i == 0 ? size : std::min(size * p.scale[i - 1], std::max<int64_t>(p.target[i - 1], 1));
    p.elements *= i == 0 ? size : (size - 1) * p.step[i - 1] + p.reach[i - 1] + 1;
  }
}

struct Block {
  int64_t first[1 + kSpatial], size[1 + kSpatial];
};

inline Block block_at(const PatchLayout& p, int64_t index) {
  Block block;
  for (int i = kSpatial; i >= 0; --i) {
    block.first[i] = index % p.blocks[i] * p.block[i];
    block.size[i] = std::min(p.block[i], p.jobs[i] - block.first[i]);
    index /= p.blocks[i];
  }
  return block;
}

// The targets of all phases of a block, which follow each other in memory.
struct Targets {
  int64_t first, count;
  int64_t size[1 + kSpatial];
};

inline Targets targets_of(const ConvShape&, const PatchLayout& p, const Block& block) {
  Targets targets{block.first[0], block.size[0], {block.size[0]}};
  for (int i = 0; i < kSpatial; ++i) {
    const int64_t first = block.first[1 + i] * p.scale[i];
    const int64_t last = std::min((block.first[1 + i] + block.size[1 + i]) * p.scale[i], p.target[i]);
    targets.first = targets.first * p.target[i] + first;
    targets.size[1 + i] = last - first;
    targets.count *= last - first;
  }
  return targets;
}

// The targets of axis `i` with remainder `own` by its scale.
inline Line line_of(const ConvShape& s, int i, int64_t own) {
  const Spatial& a = s.axes[i];
  if (s.kind != Convolution::conv_input_grad) return {a.out, a.stride, a.window, -a.low, a.dilation, 0, 1, 0};
  const int64_t period = a.stride / std::gcd(a.stride, a.dilation);
  Line line{own < a.in ? (a.in - own - 1) / a.stride + 1 : 0, 1, 0, 0, a.dilation * period / a.stride, 0, -period, own};
  const int64_t stop = std::min(period, a.window);
  int64_t k = 0;
  while (k < stop && (own + a.low - k * a.dilation) % a.stride != 0) ++k;
  if (k < stop) {
    line.taps = (a.window - 1 - k) / period + 1;
    line.place = k + (line.taps - 1) * period;
    line.offset = (own + a.low - line.place * a.dilation) / a.stride;
  }
  return line;
}

inline Lines lines_of(const ConvShape& s, const PatchLayout& p, int64_t phase) {
  Lines lines;
  for (int i = kSpatial - 1; i >= 0; --i) {
    lines.line[i] = line_of(s, i, phase % p.phases[i]);
    phase /= p.phases[i];
  }
  return lines;
}

// The source from the lowest element on that the block's first target reads, and from channel `channel` on; `stride` in
// elements.
template <typename T>
struct Patch {
  const T* at;
  int64_t image, stride[kSpatial];
};

template <typename T>
Patch<T> patch_of(const ConvShape& s, const PatchLayout& p, const Block& block, const T* source, int64_t channel,
                  T* copied) {
  const int64_t channels = s.groups * p.source_channels, taken = std::min(p.channels, channels - channel);
  int64_t first[kSpatial], size[kSpatial];
  bool is_inside = true;
  for (int i = 0; i < kSpatial; ++i) {
    first[i] = block.first[1 + i] * p.step[i] + p.lowest[i];
    size[i] = (block.size[1 + i] - 1) * p.step[i] + p.reach[i] + 1;
    is_inside = is_inside && first[i] >= 0 && first[i] + size[i] <= p.source[i];
  }
  const int64_t row = p.source[2] * channels, plane = p.source[1] * row, image = p.source[0] * plane;
  source += block.first[0] * image + channel;
  if (is_inside && !p.copies)
    return {source + first[0] * plane + first[1] * row + first[2] * channels, image, {plane, row, channels}};

  const int64_t pixel = taken + p.spare;
  const int64_t left = std::clamp<int64_t>(-first[2], 0, size[2]);
  const int64_t right = std::clamp<int64_t>(p.source[2] - first[2], left, size[2]);
  T* to = copied;
  for (int64_t n = 0; n < block.size[0]; ++n, source += image) {
    for (int64_t z = first[0]; z < first[0] + size[0]; ++z) {
      for (int64_t y = first[1]; y < first[1] + size[1]; ++y, to += size[2] * pixel) {
        if (z < 0 || z >= p.source[0] || y < 0 || y >= p.source[1] || left == right) {
          std::fill_n(to, size[2] * pixel, T(0));
          continue;
        }
        const T* from = source + z * plane + y * row + (first[2] + left) * channels;
        std::fill_n(to, left * pixel, T(0));
        if (pixel == channels) {
          std::memcpy(to + left * pixel, from, static_cast<size_t>((right - left) * channels) * sizeof(T));
        } else {
          for (int64_t x = left; x < right; ++x, from += channels)
            std::memcpy(to + x * pixel, from, static_cast<size_t>(taken) * sizeof(T));
        }
        std::fill_n(to + right * pixel, (size[2] - right) * pixel, T(0));
      }
    }
  }
  return {copied, size[0] * size[1] * size[2] * pixel, {size[1] * size[2] * pixel, size[2] * pixel, pixel}};
}

// Elements from the first to the last of some.
template <typename T>
struct Extent {
  const T *begin, *end;
};

// What a block reads, if that is most of what lies between.
template <typename T>
Extent<T> source_extent(const PatchLayout& p, const Block& block, const T* source, int64_t channels) {
  if (p.blocks[3] > 1) return {source, source};
  int64_t begin = block.first[0], end = block.first[0] + block.size[0] - 1;
  for (int i = 0; i < kSpatial; ++i) {
    const int64_t most = std::max<int64_t>(p.source[i] - 1, 0), first = block.first[1 + i] * p.step[i] + p.lowest[i];
    const int64_t last = first + (block.size[1 + i] - 1) * p.step[i] + p.reach[i];
    begin = begin * p.source[i] + std::clamp<int64_t>(first, 0, most);
    end = end * p.source[i] + std::clamp<int64_t>(last, 0, most);
  }
  return {source + begin * channels, source + (end + 1) * channels};
}

// What a block writes, unless `target` is null.
template <typename T>
Extent<T> target_extent(const ConvShape& s, const PatchLayout& p, const Block& block, const T* target,
                        int64_t channels) {
  if (!target) return {};
  const Targets targets = targets_of(s, p, block);
  return {target + targets.first * channels, target + (targets.first + targets.count) * channels};
}

// How many targets of a phase the block has along an axis.
inline int64_t clipped(const Line& line, const Block& block, int axis) {
  return std::clamp<int64_t>(line.count - block.first[1 + axis], 0, block.size[1 + axis]);
}

// Where target (n, z, y, x) of a block's phase stands among all its targets.
inline int64_t target_at(const PatchLayout& p, const Lines& lines, const Targets& targets, int64_t n, int64_t z,
                         int64_t y, int64_t x) {
  const int64_t plane = n * targets.size[1] + lines.line[0].phase + z * p.scale[0];
  const int64_t row = plane * targets.size[2] + lines.line[1].phase + y * p.scale[1];
  return row * targets.size[3] + lines.line[2].phase + x * p.scale[2];
}

// visit(where in the patch it starts to read, where it stands among the block's targets) for each target of the phase.
template <typename T, typename Visit>
void each_target(const PatchLayout& p, const Lines& lines, const Block& block, const Targets& targets,
                 const Patch<T>& patch, Visit visit) {
  const Line* line = lines.line;
  const int64_t size[kSpatial] = {clipped(line[0], block, 0), clipped(line[1], block, 1), clipped(line[2], block, 2)};
  const int64_t step[kSpatial] = {line[0].step * patch.stride[0], line[1].step * patch.stride[1],
                                  line[2].step * patch.stride[2]};
  const int64_t scale = p.scale[2];
  for (int64_t n = 0; n < block.size[0]; ++n)
    for (int64_t z = 0; z < size[0]; ++z)
      for (int64_t y = 0; y < size[1]; ++y) {
        const T* at = patch.at + n * patch.image + z * step[0] + y * step[1];
        int64_t target = target_at(p, lines, targets, n, z, y, 0);
        for (int64_t x = 0; x < size[2]; ++x, at += step[2], target += scale) visit(at, target);
      }
}

// Where tap (t0, t1, t2) lies in the patch, from where a target starts to read.
template <typename T>
int64_t tap_at(const PatchLayout& p, const Lines& lines, const Patch<T>& patch, int64_t t0, int64_t t1, int64_t t2) {
  const Line* line = lines.line;
  return (line[0].offset - p.lowest[0] + t0 * line[0].spread) * patch.stride[0] +
         (line[1].offset - p.lowest[1] + t1 * line[1].spread) * patch.stride[1] +
         (line[2].offset - p.lowest[2] + t2 * line[2].spread) * patch.stride[2];
}

// visit(where it lies, from where a target starts to read) for `count` channels of each tap.
template <typename T, typename Visit>
void each_product(const ConvShape& s, const PatchLayout& p, const Lines& lines, const Patch<T>& patch, int64_t channel,
                  int64_t count, Visit visit) {
  lines.each_tap(s, [&](int64_t t0, int64_t t1, int64_t t2, int64_t) {
    const int64_t at = tap_at(p, lines, patch, t0, t1, t2) + channel;
    for (int64_t i = 0; i < count; ++i) visit(at + i);
  });
}

// How many of these are neighbours.
template <typename T>
int64_t run_of(const PatchLayout& p, const Lines& lines, const Patch<T>& patch) {
  const bool joins = lines.line[2].spread * patch.stride[2] == p.source_channels;
  return joins ? lines.line[2].taps * p.source_channels : p.source_channels;
}

}  // namespace yeoul::YEOUL_ISA
