// What is settled about a piece of byte code before it runs: how each input is read, where registers and outputs lie,
// which function computes each op.
#pragma once

#include <algorithm>

#include "kernels/map_ops.h"
#include "kernels/vector.h"

namespace yeoul::YEOUL_ISA {

constexpr int64_t kFetchBytes = 1 << 23;  // what a map must move for its next tile to be asked for ahead,
constexpr int kFetchOps = 3;              // and how many ops it must have: fewer do not hide it

// Row: the same for every row of `inner` elements. Column: one element for each row.
enum class Access : uint8_t { Accumulator, Contiguous, Scalar, Row, Column, General };

struct PreparedInput {
  Access access;
  int64_t item;
  int64_t scratch;    // offset of its register there
  bool is_read_once;  // a scalar of which only the first element is read
  bool is_spread;     // a column that some op reads element by element
};

struct PreparedOp;
using FusedFunction = void (*)(char* const* location, const PreparedOp* ops, int64_t n);
using RowFunction = void (*)(const MapProgram& m, void* const* values, char* const* location, const PreparedOp& op,
                             int64_t at, int64_t n);

struct PreparedOp {
  MapOpCode code;
  MapFunction function;
  WideFunction wide;    // of ops with more than three operands
  FusedFunction fused;  // does this op and the next two
  RowFunction by_row;   // does this op where operands are columns: one bit of `columns` for each
  uint8_t columns;
  int32_t dst, read[kMaxOperands];  // locations: inputs, then registers in scratch, then outputs in memory
  bool is_constant;                 // filled once a call
  bool is_read_once;                // only the first element is read
  DType type;
  double number;
};

struct PreparedOutput {
  int64_t item;
  int32_t from;       // location to copy from at the tile's end, or -1 when it was written directly
  bool is_in_memory;  // handed to the caller, and nothing but a contiguous input: the caller reads that
};

struct Prepared {
  int64_t tile;
  int64_t scratch_bytes;
  int32_t n_locations, n_constants;
  int64_t inner;
  bool is_fetched;  // what tiles read and write is too much for the caches
  double cost;      // estimated nanoseconds an element
  PreparedInput* inputs;
  int64_t* register_offsets;  // per register, in scratch
  PreparedOp* ops;
  PreparedOutput* outputs;
};

constexpr int64_t kRowOps = 32;  // elements of rows that are worth going through one by one

// An op of which some operands are columns: each row reads one element of those, in memory. The tile begins at flat
// position `at`.
template <typename T, typename F>
void row_loop(const MapProgram& m, void* const* values, char* const* location, const PreparedOp& op, int64_t at,
              int64_t n) {
  const int64_t inner = m.dims[m.n_dims - 1];
  using V = Vec<T>;
  constexpr int64_t w = kLanes<T>;
  T* y = reinterpret_cast<T*>(location[op.dst]);
  V spread[kMaxOperands];
  const T* x[kMaxOperands];
  int64_t step[kMaxOperands];
  int64_t row = at / inner;
  for (int64_t i = 0, run = std::min(n, inner - at % inner); i < n; i += run, run = std::min(n - i, inner), ++row) {
    for (int k = 0; k < kMaxOperands; ++k) {
      step[k] = !(op.columns >> k & 1);
      if (step[k]) {
        x[k] = reinterpret_cast<const T*>(location[op.read[k]]) + i;
      } else {
        spread[k] = broadcast(static_cast<const T*>(values[m.inputs[op.read[k]].value])[row]);
        x[k] = reinterpret_cast<const T*>(spread + k);
      }
    }
    const auto result = [&]<typename R>(int64_t j) __attribute__((always_inline)) {
      const auto at_j = [&](int k) __attribute__((always_inline)) { return load_as<R>(x[k] + j * step[k]); };
      if constexpr (requires(R v) { F::of(v, v); })
        return F::of(at_j(0), at_j(1));
      else if constexpr (requires(R v) { F::of(v, v, v); })
        return F::of(at_j(0), at_j(1), at_j(2));
      else
        return F::of(at_j(0), at_j(1), at_j(2), at_j(3), at_j(4));
    };
    int64_t j = 0;
    for (; j + w <= run; j += w) store(y + i + j, result.template operator()<V>(j));
    for (; j < run; ++j) y[i + j] = result.template operator()<T>(j);
  }
}

template <typename T>
RowFunction row_function(MapOpCode code) {
  using M = MapOpCode;
  switch (code) {
    case M::op_add:
      return row_loop<T, Add>;
    case M::op_sub:
      return row_loop<T, Sub>;
    case M::op_mul:
      return row_loop<T, Mul>;
    case M::op_fma:
      return row_loop<T, Fma>;
    case M::op_sub_mul:
      return row_loop<T, SubMul>;
    case M::op_sub_fma:
      return row_loop<T, SubFma>;
    case M::op_sub_fma_add:
      return row_loop<T, SubFmaAdd>;
    case M::op_fma_add:
      return row_loop<T, FmaAdd>;
    default:
      return nullptr;
  }
}

inline RowFunction row_function(const PreparedOp& op) {
  return op.type == DType::F32   ? row_function<float>(op.code)
         : op.type == DType::F64 ? row_function<double>(op.code)
                                 : nullptr;
}

// Ops that read columns go row by row where they can; what no other op reads need not be spread over a tile.
inline void prepare_columns(Prepared& p, const MapProgram& m) {
  const auto is_column = [&](int32_t x) { return x < m.n_inputs && p.inputs[x].access == Access::Column; };
  for (int i = 0; i < m.n_inputs; ++i) p.inputs[i].is_spread = false;
  for (int o = 0; o < m.n_outputs; ++o)
    if (p.outputs[o].from >= 0 && is_column(p.outputs[o].from)) p.inputs[p.outputs[o].from].is_spread = true;
  int fused = 0;  // ops that one before does too
  for (PreparedOp* op = p.ops + p.n_constants; op < p.ops + m.n_ops; ++op, --fused) {
    if (op->fused) fused = 3;
    op->columns = 0;
    const int arity = arity_of(op->code);
    for (int k = 0; k < arity; ++k) op->columns |= static_cast<uint8_t>(is_column(op->read[k]) << k);
    op->by_row = op->columns && fused <= 0 && p.inner >= kRowOps ? row_function(*op) : nullptr;
    for (int k = 0; !op->by_row && k < arity; ++k)
      if (is_column(op->read[k])) p.inputs[op->read[k]].is_spread = true;
  }
}

// The whole update of Adam in one pass: what each op alone would store and the next one load again stays in registers.
template <typename T>
void adam_update(char* const* location, const PreparedOp* ops, int64_t n) {
  const PreparedOp &mean = ops[0], &square = ops[1], &step = ops[2];
  const auto at = [&](int32_t i) { return reinterpret_cast<T*>(location[i]); };
  const T *m = at(mean.read[0]), *g = at(mean.read[1]), *v = at(square.read[0]), *x = at(step.read[0]);
  T *new_m = at(mean.dst), *new_v = at(square.dst), *new_x = at(step.dst);
  const T mean_share = *at(mean.read[2]), square_share = *at(square.read[2]);
  const T rate = *at(step.read[2]), epsilon = *at(step.read[4]);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T old_x = x[i];
    const T average = Lerp::of(m[i], g[i], mean_share), moment = LerpSquare::of(v[i], g[i], square_share);
    new_m[i] = average;
    new_v[i] = moment;
    new_x[i] = AdamStep::of(old_x, average, rate, moment, epsilon);
  }
}

inline bool is_uniform(const Prepared& p, const MapProgram& m, int32_t location) {
  if (location < m.n_inputs) return p.inputs[location].access == Access::Scalar;
  return std::any_of(p.ops, p.ops + p.n_constants, [&](const PreparedOp& op) { return op.dst == location; });
}

// m <- m + (g - m) a;  v <- v + (g^2 - v) b;  x <- x - m rate / (sqrt(v) + epsilon)
inline bool is_adam(const Prepared& p, const MapProgram& m, const PreparedOp* ops) {
  const PreparedOp &mean = ops[0], &square = ops[1], &step = ops[2];
  return mean.code == MapOpCode::op_lerp && square.code == MapOpCode::op_lerp_square &&
         step.code == MapOpCode::op_adam_step && mean.type == step.type && square.type == step.type &&
         square.read[1] == mean.read[1] && step.read[1] == mean.dst && step.read[3] == square.dst &&
         square.read[0] != mean.dst && square.read[1] != mean.dst && square.dst != mean.dst &&
         step.read[0] != mean.dst && step.read[0] != square.dst && is_uniform(p, m, mean.read[2]) &&
         is_uniform(p, m, square.read[2]) && is_uniform(p, m, step.read[2]) && is_uniform(p, m, step.read[4]);
}

// Adam's numbers need not fill a tile each where no other op reads them.
inline void prepare_adam(Prepared& p, const MapProgram& m, PreparedOp* ops) {
  ops->fused = ops->type == DType::F64 ? adam_update<double> : adam_update<float>;
  for (const int32_t location : {ops[0].read[2], ops[1].read[2], ops[2].read[2], ops[2].read[4]}) {
    const auto reads = [&](const PreparedOp& op) {
      return (&op < ops || &op > ops + 2) && std::count(op.read, op.read + kMaxOperands, location) > 0;
    };
    const auto stores = [&](const PreparedOutput& output) { return output.from == location; };
    if (std::any_of(p.ops + p.n_constants, p.ops + m.n_ops, reads)) continue;
    if (std::any_of(p.outputs, p.outputs + m.n_outputs, stores)) continue;
    if (location < m.n_inputs) p.inputs[location].is_read_once = true;
    for (PreparedOp* op = p.ops; op < p.ops + p.n_constants; ++op) op->is_read_once |= op->dst == location;
  }
}

inline double op_cost(MapOpCode code) {
  if (code >= MapOpCode::op_sin && code < MapOpCode::op_erf && code != MapOpCode::op_tanh &&
      code != MapOpCode::op_sigmoid)
    return 12.0;
  if (code == MapOpCode::op_pow || code == MapOpCode::op_atan2 || code == MapOpCode::op_mod ||
      code == MapOpCode::op_floordiv)
    return 15.0;
  if (code >= MapOpCode::op_exp && code <= MapOpCode::op_softplus) return 1.2;
  return 0.12;
}

inline size_t map_prepared_bytes(const MapProgram& m) {
  return sizeof(Prepared) + static_cast<size_t>(m.n_inputs) * sizeof(PreparedInput) +
         static_cast<size_t>(m.n_registers) * sizeof(int64_t) + static_cast<size_t>(m.n_ops) * sizeof(PreparedOp) +
         static_cast<size_t>(m.n_outputs) * sizeof(PreparedOutput) + 64;
}

inline void map_prepare(const MapProgram& m, void* storage) {
  char* at = static_cast<char*>(storage);
  auto* p = new (at) Prepared;
  at += sizeof(Prepared);
  p->inputs = reinterpret_cast<PreparedInput*>(at);
  at += static_cast<size_t>(m.n_inputs) * sizeof(PreparedInput);
  p->register_offsets = reinterpret_cast<int64_t*>(at);
  at += static_cast<size_t>(m.n_registers) * sizeof(int64_t);
  p->ops = reinterpret_cast<PreparedOp*>(at);
  at += static_cast<size_t>(m.n_ops) * sizeof(PreparedOp);
  p->outputs = reinterpret_cast<PreparedOutput*>(at);

  p->inner = m.n_dims ? m.dims[m.n_dims - 1] : 1;
  p->tile = p->inner > 0 && p->inner < kTile ? kTile / p->inner * p->inner : kTile;
  p->cost = 0.05;
  const int64_t length = std::min(p->tile, std::max<int64_t>(m.count, 1));
  int64_t scratch = 0;
  const auto take = [&](int64_t item) {
    const int64_t offset = scratch;
    scratch += (length * item + 63) / 64 * 64 + 64;  // the gap keeps registers from falling on the same cache sets
    return offset;
  };
  for (int r = 0; r < m.n_registers; ++r) p->register_offsets[r] = -1;
  for (int i = 0; i < m.n_inputs; ++i) {
    const MapInput& input = m.inputs[i];
    PreparedInput& q = p->inputs[i];
    q.item = item_size(input.type);
    bool contiguous = true, scalar = true, row = true, column = p->inner > 1;
    int64_t step = 1;
    for (int d = m.n_dims - 1; d >= 0; --d) {
      if (m.dims[d] > 1) {
        contiguous &= input.strides[d] == step;
        scalar &= input.strides[d] == 0;
        row &= input.strides[d] == (d == m.n_dims - 1 ? 1 : 0);
        column &= input.strides[d] == (d == m.n_dims - 1 ? 0 : step / p->inner);
      }
      step *= m.dims[d];
    }
    q.access = input.value < 0 ? Access::Accumulator
               : contiguous    ? Access::Contiguous
               : scalar        ? Access::Scalar
               : row           ? Access::Row
               : column        ? Access::Column
                               : Access::General;
    q.scratch = q.access > Access::Contiguous ? take(q.item) : 0;
    q.is_read_once = false;
    p->cost += 0.05 * static_cast<double>(q.item) / 4.0;
  }
  const int32_t first_register = m.n_inputs, first_output = first_register + m.n_registers;
  p->n_locations = first_output + m.n_outputs;
  int32_t where[8192];
  for (int r = 0; r < m.n_registers; ++r) where[r] = r < m.n_inputs ? r : first_register + r;
  int32_t last_write[8192];
  int32_t writes[8192];
  for (int r = 0; r < m.n_registers; ++r) last_write[r] = -1, writes[r] = 0;
  int64_t widest[8192];
  for (int r = 0; r < m.n_registers; ++r) widest[r] = 0;
  for (int k = 0; k < m.n_ops; ++k) {
    const MapOp& op = m.ops[k];
    last_write[op.dst] = k;
    ++writes[op.dst];
    const bool is_bool = (op.code >= MapOpCode::op_eq && op.code <= MapOpCode::op_ge) ||
                         (op.code >= MapOpCode::op_isnan && op.code <= MapOpCode::op_isfinite);
    widest[op.dst] = std::max(widest[op.dst], is_bool ? 1 : item_size(op.target));
  }
  for (int r = m.n_inputs; r < m.n_registers; ++r)
    if (writes[r]) p->register_offsets[r] = take(widest[r]);
  // Which output each register's last write goes to directly.
  int32_t direct[8192];
  for (int r = 0; r < m.n_registers; ++r) direct[r] = -1;
  for (int o = 0; o < m.n_outputs; ++o) {
    const MapOutput& output = m.outputs[o];
    PreparedOutput& q = p->outputs[o];
    q.item = item_size(output.type);
    q.from = -1;
    if ((output.direct || output.value < 0) && output.reg >= m.n_inputs && direct[output.reg] < 0)
      direct[output.reg] = o;
    else
      q.from = -2;  // resolved below
    p->cost += 0.05 * static_cast<double>(q.item) / 4.0;
  }
  p->n_constants = 0;
  for (int k = 0; k < m.n_ops; ++k) {
    const MapOp& op = m.ops[k];
    PreparedOp& q = p->ops[k];
    for (int r = 0; r < kMaxOperands; ++r) q.read[r] = where[op.read[r]];
    const int32_t o = last_write[op.dst] == k ? direct[op.dst] : -1;
    q.dst = where[op.dst] = o >= 0 ? first_output + o : first_register + op.dst;
    q.code = op.code;
    q.type = op.type;
    q.number = op.number;
    q.fused = nullptr;
    q.by_row = nullptr;
    q.is_read_once = false;
    q.is_constant = op.code == MapOpCode::op_const && writes[op.dst] == 1 && o < 0;
    q.wide = wide_function(op);
    q.function = op.code == MapOpCode::op_const || q.wide ? nullptr : map_function(op);
    p->cost += op_cost(op.code) * static_cast<double>(item_size(op.type)) / 4.0;
  }
  for (int o = 0; o < m.n_outputs; ++o)
    if (p->outputs[o].from == -2) p->outputs[o].from = where[m.outputs[o].reg];
  const bool is_stored =
      std::any_of(m.outputs, m.outputs + m.n_outputs, [](const MapOutput& q) { return q.value >= 0; });
  for (int o = 0; o < m.n_outputs; ++o) {
    PreparedOutput& q = p->outputs[o];  // what is stored may take the input's place
    q.is_in_memory = !is_stored && q.from >= 0 && q.from < m.n_inputs && p->inputs[q.from].access == Access::Contiguous;
    if (q.is_in_memory) q.from = -1;
  }
  // Constants that are filled once come first, wherever they stood.
  std::stable_partition(p->ops, p->ops + m.n_ops, [](const PreparedOp& op) { return op.is_constant; });
  for (int k = 0; k < m.n_ops; ++k) p->n_constants += p->ops[k].is_constant;
  for (int k = p->n_constants; k + 2 < m.n_ops; ++k)
    if (is_adam(*p, m, p->ops + k)) prepare_adam(*p, m, p->ops + k);
  prepare_columns(*p, m);
  int64_t moved = 0;
  for (int i = 0; i < m.n_inputs; ++i)
    if (p->inputs[i].access == Access::Contiguous) moved += m.count * p->inputs[i].item;
  for (int o = 0; o < m.n_outputs; ++o)
    if (m.outputs[o].value >= 0) moved += m.count * p->outputs[o].item;
  p->is_fetched = moved >= kFetchBytes && m.n_ops - p->n_constants >= kFetchOps;
  p->scratch_bytes = scratch + static_cast<int64_t>(sizeof(void*)) * p->n_locations + 128;
}

inline const Prepared& prepared(const MapProgram& m) { return *static_cast<const Prepared*>(m.prepared); }

inline size_t map_scratch_bytes(const MapProgram& m) { return static_cast<size_t>(prepared(m).scratch_bytes); }

inline double map_work(const MapProgram& m) { return prepared(m).cost * static_cast<double>(m.count) + 20.0; }

}  // namespace yeoul::YEOUL_ISA
