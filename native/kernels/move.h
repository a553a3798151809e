// Movement of elements: strided copies, gather, scatter-add.
//
//   dst[sum_d i_d t_d] = src[sum_d i_d s_d]
//
// The last two axes are copied in squares, so that both sides of a transposition stay in the cache; runs are copied
// whole.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/map.h"

namespace yeoul::YEOUL_ISA {

inline Plan copy_plan(const CopyTask& t) {
  double count = 1.0;
  for (int d = 0; d < t.n_dims; ++d) count *= static_cast<double>(t.dims[d]);
  const bool is_run = t.n_dims == 0 || (t.src_strides[t.n_dims - 1] == 1 && t.dst_strides[t.n_dims - 1] == 1);
  Plan plan{1, 0, 0, 10.0 + count * (is_run ? 0.05 * static_cast<double>(t.elem_bytes) : 1.0)};
  if (plan.work > 8000.0 && t.n_dims > 0) plan.pieces = std::clamp<int64_t>(t.dims[0], 1, 16);
  return plan;
}

template <typename T>
void copy_square(const T* src, T* dst, int64_t rows, int64_t columns, int64_t src_row, int64_t src_column,
                 int64_t dst_row, int64_t dst_column) {
  if (src_column == 1 && dst_column == 1) {
    for (int64_t r = 0; r < rows; ++r)
      std::memcpy(dst + r * dst_row, src + r * src_row, static_cast<size_t>(columns) * sizeof(T));
    return;
  }
  constexpr int64_t kSide = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += kSide)
    for (int64_t c0 = 0; c0 < columns; c0 += kSide)
      for (int64_t r = r0; r < std::min(r0 + kSide, rows); ++r)
        for (int64_t c = c0; c < std::min(c0 + kSide, columns); ++c)
          dst[r * dst_row + c * dst_column] = src[r * src_row + c * src_column];
}

template <typename T>
void copy_typed(const CopyTask& t, int64_t first, int64_t last) {
  const T* src = reinterpret_cast<const T*>(t.src);
  T* dst = reinterpret_cast<T*>(t.dst);
  if (t.n_dims == 0) {
    *dst = *src;
    return;
  }
  if (t.n_dims == 1) {
    copy_square<T>(src + first * t.src_strides[0], dst + first * t.dst_strides[0], 1, last - first, 0, t.src_strides[0],
                   0, t.dst_strides[0]);
    return;
  }
  const int r = t.n_dims - 2, c = t.n_dims - 1;
  if (t.n_dims == 2) {
    copy_square<T>(src + first * t.src_strides[0], dst + first * t.dst_strides[0], last - first, t.dims[1],
                   t.src_strides[0], t.src_strides[1], t.dst_strides[0], t.dst_strides[1]);
    return;
  }
  int64_t index[kMaxDims] = {first};
  int64_t from = first * t.src_strides[0], to = first * t.dst_strides[0];
  for (int d = 0; d < t.n_dims; ++d)
    if (t.dims[d] == 0) return;
  while (index[0] < last) {
    copy_square<T>(src + from, dst + to, t.dims[r], t.dims[c], t.src_strides[r], t.src_strides[c], t.dst_strides[r],
                   t.dst_strides[c]);
    for (int d = r - 1; d >= 0; --d) {
      from += t.src_strides[d], to += t.dst_strides[d];
      if (++index[d] < t.dims[d] || d == 0) break;
      from -= index[d] * t.src_strides[d], to -= index[d] * t.dst_strides[d];
      index[d] = 0;
    }
  }
}

inline void copy_run(const CopyTask& t, const Plan& plan, int64_t piece) {
  const int64_t rows = t.n_dims ? t.dims[0] : 1;
  const int64_t first = rows * piece / plan.pieces, last = rows * (piece + 1) / plan.pieces;
  if (first >= last) return;
  switch (t.elem_bytes) {
    case 1:
      return copy_typed<uint8_t>(t, first, last);
    case 2:
      return copy_typed<uint16_t>(t, first, last);
    case 4:
      return copy_typed<uint32_t>(t, first, last);
    default:
      return copy_typed<uint64_t>(t, first, last);
  }
}

inline int64_t index_at(const void* idx, bool is_wide, int64_t i) {
  return is_wide ? static_cast<const int64_t*>(idx)[i] : static_cast<const int32_t*>(idx)[i];
}

inline int64_t gather(const GatherTask& t, int64_t piece, int64_t pieces) {
  const int64_t bytes = t.inner * t.elem_bytes;
  const char* src = static_cast<const char*>(t.src);
  char* dst = static_cast<char*>(t.dst);
  const int64_t total = t.outer * t.count;
  for (int64_t u = total * piece / pieces; u < total * (piece + 1) / pieces; ++u) {
    const int64_t outer = u / t.count, i = u % t.count;
    int64_t index = index_at(t.idx, t.wide_index, i);
    if (t.clip) {
      index = std::clamp<int64_t>(index, 0, t.axis - 1);
    } else {
      if (index < 0) index += t.axis;
      if (index < 0 || index >= t.axis) return i;
    }
    std::memcpy(dst + (outer * t.count + i) * bytes, src + (outer * t.axis + index) * bytes,
                static_cast<size_t>(bytes));
  }
  return -1;
}

template <typename T>
int64_t scatter_typed(const ScatterTask& t) {
  T* dst = static_cast<T*>(t.dst);
  const T* updates = static_cast<const T*>(t.updates);
  if (t.zero_first) std::fill_n(dst, t.outer * t.axis * t.inner, T(0));
  for (int64_t outer = 0; outer < t.outer; ++outer) {
    for (int64_t i = 0; i < t.count; ++i) {
      int64_t index = index_at(t.idx, t.wide_index, i);
      if (index < 0) index += t.axis;
      if (index < 0 || index >= t.axis) return i;
      T* y = dst + (outer * t.axis + index) * t.inner;
      const T* x = updates + (outer * t.count + i) * t.inner;
#pragma GCC ivdep
      for (int64_t k = 0; k < t.inner; ++k) y[k] = static_cast<T>(Wrap<T>(y[k]) + Wrap<T>(x[k]));
    }
  }
  return -1;
}

inline int64_t scatter_add(const ScatterTask& t) {
  switch (t.type) {
    case DType::I32:
      return scatter_typed<int32_t>(t);
    case DType::I64:
      return scatter_typed<int64_t>(t);
    case DType::F64:
      return scatter_typed<double>(t);
    default:
      return scatter_typed<float>(t);
  }
}

}  // namespace yeoul::YEOUL_ISA
