// Element-wise byte code.
//
//   for each tile of the iteration space:  r[dst] = op(r[a], r[b], r[c])  for each op;  store the outputs
//
// A tile is at most kTile elements, or as many whole short rows as fit, so that a broadcast row is one fixed pattern.
// Registers of contiguous inputs and outputs are the memory itself; all others live in scratch that stays in the
// first-level cache.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/map_prepare.h"

namespace yeoul::YEOUL_ISA {

// n elements of a strided input from flat position `at`, into `dst`.
inline void collect(const MapProgram& m, const MapInput& input, int64_t item, const char* base, int64_t at, int64_t n,
                    char* dst) {
  int64_t index[kMaxDims];
  int64_t rest = at, offset = 0;
  const int last = m.n_dims - 1;
  for (int d = last; d >= 0; --d) {
    index[d] = rest % m.dims[d];
    rest /= m.dims[d];
    offset += index[d] * input.strides[d];
  }
  const int64_t inner = m.dims[last], stride = input.strides[last];
  while (n > 0) {
    const int64_t run = std::min(n, inner - index[last]);
    const char* src = base + offset * item;
    if (stride == 1) {
      std::memcpy(dst, src, static_cast<size_t>(run * item));
    } else if (stride == 0) {
      splat(dst, src, item, run);
    } else {
      for (int64_t i = 0; i < run; ++i) std::memcpy(dst + i * item, src + i * stride * item, static_cast<size_t>(item));
    }
    dst += run * item;
    n -= run;
    offset -= index[last] * stride;
    index[last] = 0;
    if (n == 0) return;
    for (int d = last - 1; d >= 0; --d) {
      offset += input.strides[d];
      if (++index[d] < m.dims[d]) break;
      offset -= index[d] * input.strides[d];
      index[d] = 0;
    }
  }
}

// Asks for a share of what the next tile reads and writes in memory, before each op: the runs of a tile are too short
// to be foreseen, and all at once would wait for each other.
inline void fetch_share(const Prepared& p, const MapProgram& m, char* const* location, int64_t n, int64_t k,
                        int64_t ops) {
  const auto fetch = [&](const char* at, int64_t item) {
    const int64_t bytes = n * item, end = bytes + bytes * (k + 1) / ops / 64 * 64;
    for (int64_t i = bytes + bytes * k / ops / 64 * 64; i < end; i += 64) __builtin_prefetch(at + i);
  };
  for (int i = 0; i < m.n_inputs; ++i)
    if (p.inputs[i].access == Access::Contiguous) fetch(location[i], p.inputs[i].item);
  char* const* out = location + m.n_inputs + m.n_registers;
  for (int o = 0; o < m.n_outputs; ++o)
    if (m.outputs[o].value >= 0) fetch(out[o], p.outputs[o].item);
}

// n elements from flat position `at` of rows of `inner` elements, of which x has one each.
template <typename T>
inline void spread(const T* x, int64_t inner, int64_t at, int64_t n, T* dst) {
  constexpr int64_t w = kLanes<T>;
  x += at / inner;
  for (int64_t run = std::min(n, inner - at % inner); n > 0; n -= run, dst += run, run = std::min(n, inner), ++x) {
    int64_t i = 0;
    for (const Vec<T> v = broadcast(*x); i + w <= run; i += w) store(dst + i, v);
    for (; i < run; ++i) dst[i] = *x;
  }
}

inline void spread(const void* x, int64_t item, int64_t inner, int64_t at, int64_t n, void* dst) {
  const auto spread_as = [&](auto type) {
    using T = decltype(type);
    spread(static_cast<const T*>(x), inner, at, n, static_cast<T*>(dst));
  };
  switch (item) {
    case 1:
      return spread_as(uint8_t());
    case 2:
      return spread_as(uint16_t());
    case 4:
      return spread_as(uint32_t());
    default:
      return spread_as(uint64_t());
  }
}

// What the program hands to its caller as output o, where that is an input in memory; else null.
inline const void* handed_input(const MapProgram& m, int o, void* const* values) {
  return prepared(m).outputs[o].is_in_memory ? values[m.inputs[m.outputs[o].reg].value] : nullptr;
}

// Asks for elements [begin, end) of what a run over them reads in memory.
inline void map_fetch(const MapProgram& m, void* const* values, int64_t begin, int64_t end) {
  const Prepared& p = prepared(m);
  for (int i = 0; i < m.n_inputs; ++i) {
    if (p.inputs[i].access != Access::Contiguous) continue;
    const int64_t item = p.inputs[i].item;
    const char* x = static_cast<const char*>(values[m.inputs[i].value]);
    for (const char* at = x + begin * item; at < x + end * item; at += 64) __builtin_prefetch(at);
  }
}

inline void map_run(const MapProgram& m, void* const* values, int64_t begin, int64_t end, const void* accumulator,
                    void* result, char* scratch) {
  if (begin >= end) return;
  const Prepared& p = prepared(m);
  auto** location = reinterpret_cast<char**>(scratch);
  char* registers = scratch + (static_cast<size_t>(p.n_locations) * sizeof(void*) + 63) / 64 * 64;
  const int64_t longest = std::min(p.tile, end - begin);
  const int first_register = m.n_inputs, first_output = first_register + m.n_registers;
  for (int r = m.n_inputs; r < m.n_registers; ++r) location[first_register + r] = registers + p.register_offsets[r];
  bool is_each_tile = false;  // an input must be collected again for every tile
  for (int i = 0; i < m.n_inputs; ++i) {
    const PreparedInput& q = p.inputs[i];
    const MapInput& input = m.inputs[i];
    switch (q.access) {
      case Access::Accumulator:
        location[i] = static_cast<char*>(const_cast<void*>(accumulator));
        break;
      case Access::Contiguous:
        location[i] = static_cast<char*>(values[input.value]) + begin * q.item;
        break;
      case Access::Scalar:
        location[i] = registers + q.scratch;
        splat(location[i], values[input.value], q.item, q.is_read_once ? 1 : longest);
        break;
      case Access::Row:
        location[i] = registers + q.scratch;
        if (p.tile % p.inner == 0)
          collect(m, input, q.item, static_cast<char*>(values[input.value]), begin, longest, location[i]);
        else
          is_each_tile = true;
        break;
      case Access::Column:
        location[i] = registers + q.scratch;
        is_each_tile |= q.is_spread;
        break;
      case Access::General:
        location[i] = registers + q.scratch;
        is_each_tile = true;
        break;
    }
  }
  auto* handed = static_cast<char*>(result);
  for (int o = 0; o < m.n_outputs; ++o) {
    const MapOutput& output = m.outputs[o];
    if (output.value < 0) {
      location[first_output + o] = handed;
      if (!p.outputs[o].is_in_memory) handed += (end - begin) * p.outputs[o].item;
    } else {
      location[first_output + o] = static_cast<char*>(values[output.value]) + begin * p.outputs[o].item;
    }
  }
  for (const PreparedOp* op = p.ops; op != p.ops + p.n_constants; ++op)
    fill(location[op->dst], op->type, op->is_read_once ? 1 : longest, op->number);

  const PreparedOp* const ops_end = p.ops + m.n_ops;
  for (int64_t at = begin;;) {
    const int64_t n = std::min(p.tile, end - at);
    if (is_each_tile) {
      for (int i = 0; i < m.n_inputs; ++i) {
        const PreparedInput& q = p.inputs[i];
        if (q.access == Access::Column && q.is_spread) {
          spread(values[m.inputs[i].value], q.item, p.inner, at, n, location[i]);
        } else if (q.access == Access::General || (q.access == Access::Row && p.tile % p.inner != 0)) {
          const char* base = static_cast<char*>(values[m.inputs[i].value]);
          if (q.access == Access::Row && at % p.inner + n <= p.inner) {
            location[i] = const_cast<char*>(base) + at % p.inner * q.item;  // within one row: read in place
          } else {
            location[i] = registers + q.scratch;
            collect(m, m.inputs[i], q.item, base, at, n, location[i]);
          }
        }
      }
    }
    for (const PreparedOp* op = p.ops + p.n_constants; op != ops_end; ++op) {
      const int32_t* read = op->read;
      if (p.is_fetched) fetch_share(p, m, location, n, op - p.ops - p.n_constants, m.n_ops - p.n_constants);
      if (op->by_row) {
        op->by_row(m, values, location, *op, at, n);
      } else if (op->fused) {
        op->fused(location, op, n);
        op += 2;
      } else if (op->function) {
        op->function(location[op->dst], location[read[0]], location[read[1]], location[read[2]], n);
      } else if (op->wide) {
        op->wide(location[op->dst], location[read[0]], location[read[1]], location[read[2]], location[read[3]],
                 location[read[4]], n);
      } else {
        fill(location[op->dst], op->type, n, op->number);
      }
    }
    for (int o = 0; o < m.n_outputs; ++o) {
      const PreparedOutput& q = p.outputs[o];
      if (q.from >= 0) std::memmove(location[first_output + o], location[q.from], static_cast<size_t>(n * q.item));
    }
    at += n;
    if (at >= end) return;
    for (int i = 0; i < m.n_inputs; ++i)
      if (p.inputs[i].access <= Access::Contiguous) location[i] += n * p.inputs[i].item;
    for (int o = 0; o < m.n_outputs; ++o) location[first_output + o] += n * p.outputs[o].item;
  }
}

}  // namespace yeoul::YEOUL_ISA
