#include "runtime/program.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace yeoul {
namespace {

const char* const kOpcodeNames[] = {
#define X(name) #name,
    YEOUL_OPCODES(X)
#undef X
};

const int kArity[] = {
#define X(name, arity) arity,
    YEOUL_MAP_OPS(X)
#undef X
};

constexpr int64_t kMaxElements = int64_t{1} << 46;

const KernelTable& choose_kernels() {
#if defined(__x86_64__)
  const char* wanted = std::getenv("YEOUL_ISA");
  const std::string limit = wanted ? wanted : "";
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (has_avx512 && limit != "baseline" && limit != "avx2") return kernels_avx512();
  if (has_avx2 && limit != "baseline") return kernels_avx2();
#endif
  return kernels_baseline();
}

bool computes(DType type) {
  switch (type) {
    case DType::Bool:
    case DType::I32:
    case DType::I64:
    case DType::U32:
    case DType::F32:
    case DType::F64:
      return true;
    default:
      return false;
  }
}

bool is_float(DType type) { return type == DType::F32 || type == DType::F64; }

bool is_comparison(MapOpCode code) {
  return (code >= MapOpCode::op_eq && code <= MapOpCode::op_ge) ||
         (code >= MapOpCode::op_isnan && code <= MapOpCode::op_isfinite);
}

// Ops that only have a meaning for floats, only for numbers, or only for bits.
bool accepts(MapOpCode code, DType type) {
  using M = MapOpCode;
  const bool real = is_float(type);
  const bool logical = type == DType::Bool;
  switch (code) {
    case M::op_and:
    case M::op_or:
    case M::op_xor:
    case M::op_not:
      return !real;
    case M::op_shl:
    case M::op_shr:
      return !real && !logical;
    case M::op_const:
    case M::op_copy:
    case M::op_select:
    case M::op_eq:
    case M::op_ne:
    case M::op_lt:
    case M::op_le:
    case M::op_gt:
    case M::op_ge:
    case M::op_max:
    case M::op_min:
      return true;
    case M::op_neg:
    case M::op_abs:
    case M::op_sign:
    case M::op_square:
    case M::op_add:
    case M::op_sub:
    case M::op_mul:
    case M::op_floordiv:
    case M::op_mod:
    case M::op_pow:
      return true;
    case M::op_floor:
    case M::op_ceil:
    case M::op_round:
    case M::op_trunc:
    case M::op_isnan:
    case M::op_isinf:
    case M::op_isfinite:
      return true;
    default:
      return real;
  }
}

}  // namespace

const KernelTable& kernels() {
  static const KernelTable& table = choose_kernels();
  return table;
}

// Reads the words of one instruction after the other and refuses what does not fit.
class Decoder {
 public:
  Decoder(Program& program, std::span<const int64_t> code, std::span<const double> numbers, int64_t n_host)
      : program_(program), code_(code), numbers_(numbers), n_host_(n_host) {}

  void run() {
    size_t at = 0;
    while (at < code_.size()) {
      const int64_t opcode = code_[at];
      name_ = "?";
      if (code_.size() - at < 2) fail("the code ends in the middle of an instruction");
      if (opcode < 0 || opcode >= static_cast<int64_t>(Opcode::Count)) fail("unknown opcode " + std::to_string(opcode));
      name_ = kOpcodeNames[opcode];
      const int64_t words = code_[at + 1];
      if (words < 0 || static_cast<uint64_t>(words) > code_.size() - at - 2) fail("it claims more words than there are");
      at_ = at + 2;
      end_ = at_ + static_cast<size_t>(words);
      Instruction instruction{};
      instruction.code = static_cast<Opcode>(opcode);
      decode(instruction);
      if (at_ != end_) fail("it has words left over");
      instruction.parallel = instruction.plan.pieces > 1;
      program_.thread_scratch = std::max(program_.thread_scratch, instruction.plan.scratch_bytes);
      program_.shared_scratch = std::max(program_.shared_scratch, instruction.plan.shared_scratch_bytes);
      program_.instructions.push_back(std::move(instruction));
      at = end_;
      ++index_;
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument("instruction " + std::to_string(index_) + " (" + name_ + "): " + what);
  }

  int64_t word() {
    if (at_ >= end_) fail("it ends too early");
    return code_[at_++];
  }

  int64_t between(const char* what, int64_t low, int64_t high) {
    const int64_t value = word();
    if (value < low || value > high)
      fail(std::string(what) + " is " + std::to_string(value) + ", and must be " + std::to_string(low) + " to " +
           std::to_string(high));
    return value;
  }

  int64_t size(const char* what) { return between(what, 0, kMaxElements); }

  DType dtype() { return static_cast<DType>(between("the dtype", 0, static_cast<int64_t>(DType::Count) - 1)); }

  DType dtype_among(std::initializer_list<DType> allowed) {
    const DType type = dtype();
    if (std::find(allowed.begin(), allowed.end(), type) == allowed.end())
      fail("dtype " + std::to_string(static_cast<int>(type)) + " is not supported");
    return type;
  }

  int64_t times(int64_t a, int64_t b) const {
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product) || product > kMaxElements || product < -kMaxElements) fail("a size overflows");
    return product;
  }

  int64_t plus(int64_t a, int64_t b) const {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) fail("an offset overflows");
    return sum;
  }

  int32_t value_id() {
    return static_cast<int32_t>(between("a value", 0, static_cast<int64_t>(program_.values.size()) - 1));
  }

  const Value& value(int32_t id) const { return program_.values[static_cast<size_t>(id)]; }

  // The value must hold `count` elements of `type`.
  void needs(int32_t id, DType type, int64_t count) const {
    if (value(id).type != type)
      fail("value " + std::to_string(id) + " has dtype " + std::to_string(static_cast<int>(value(id).type)) +
           ", and the instruction needs " + std::to_string(static_cast<int>(type)));
    needs_bytes(id, times(count, item_size(type)));
  }

  void needs_bytes(int32_t id, int64_t bytes) const {
    if (value(id).size < bytes)
      fail("value " + std::to_string(id) + " holds " + std::to_string(value(id).size) +
           " bytes, and the instruction reaches " + std::to_string(bytes));
  }

  void needs_writable(int32_t id) const {
    const Value& v = value(id);
    if (v.place == Place::Constant || (v.place == Place::Slot && !program_.slots[static_cast<size_t>(v.slot)].writable))
      fail("value " + std::to_string(id) + " cannot be written");
  }

  bool overlap(int32_t x, int32_t y) const {
    const Value &a = value(x), &b = value(y);
    if (a.place != b.place || a.slot != b.slot || !a.size || !b.size) return false;
    return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
  }

  void must_not_overlap(int32_t out, int32_t in) const {
    if (out >= 0 && in >= 0 && overlap(out, in))
      fail("value " + std::to_string(out) + " is written while value " + std::to_string(in) + ", which shares its memory, is read");
  }

  // Elements reached by strides over dims, counted from `start`: lowest and highest, or {0, -1} if nothing is reached.
  std::pair<int64_t, int64_t> reach(std::span<const int64_t> dims, std::span<const int64_t> strides, int64_t start) const {
    int64_t low = start, high = start;
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] == 0) return {0, -1};
      if (strides[i] > kMaxElements || strides[i] < -kMaxElements) fail("a stride is too large");
      const int64_t span = times(dims[i] - 1, strides[i]);
      if (span > 0) high = plus(high, span);
      else low = plus(low, span);
    }
    return {low, high};
  }

  // Decodes a map over a space of `elements` (or any, if -1).
  OwnedMap* map(int64_t elements, DType accumulator, bool has_accumulator, DType* reduced) {
    auto owned = std::make_unique<OwnedMap>();
    MapProgram& m = owned->program;
    m.n_dims = static_cast<int32_t>(between("the number of dims", 0, kMaxDims));
    m.count = 1;
    for (int i = 0; i < m.n_dims; ++i) m.count = times(m.count, m.dims[i] = size("a dim"));
    if (elements >= 0 && m.count != elements) fail("its byte code covers another number of elements");
    const std::span<const int64_t> dims(m.dims, static_cast<size_t>(m.n_dims));
    m.n_inputs = static_cast<int32_t>(between("the number of inputs", 0, 4096));
    if (has_accumulator && m.n_inputs == 0) fail("an epilogue needs the accumulator as input 0");
    std::vector<DType> registers;
    for (int i = 0; i < m.n_inputs; ++i) {
      MapInput input{};
      input.value = static_cast<int32_t>(between("an input", -1, static_cast<int64_t>(program_.values.size()) - 1));
      int64_t strides[kMaxDims] = {};
      for (int d = 0; d < m.n_dims; ++d) strides[d] = input.strides[d] = between("a stride", 0, kMaxElements);
      if (input.value < 0) {
        if (!has_accumulator || i != 0) fail("only input 0 of an epilogue can be the accumulator");
        int64_t step = 1;
        for (int d = m.n_dims - 1; d >= 0; --d) {
          if (strides[d] != step && m.dims[d] > 1) fail("the accumulator must be contiguous");
          step *= m.dims[d];
        }
        input.type = accumulator;
      } else {
        if (has_accumulator && i == 0) fail("input 0 of an epilogue must be the accumulator");
        input.type = value(input.value).type;
        const auto [low, high] = reach(dims, {strides, static_cast<size_t>(m.n_dims)}, 0);
        needs(input.value, input.type, high + 1);
      }
      registers.push_back(input.type);
      owned->inputs.push_back(input);
    }
    m.n_outputs = static_cast<int32_t>(between("the number of outputs", 0, 4096));
    for (int i = 0; i < m.n_outputs; ++i) {
      MapOutput output{};
      output.value = static_cast<int32_t>(between("an output", -1, static_cast<int64_t>(program_.values.size()) - 1));
      output.reg = static_cast<uint16_t>(between("a register", 0, 65535));
      if (output.value < 0 && (!reduced || i + 1 != m.n_outputs)) fail("only the last output of a reduction can have no value");
      owned->outputs.push_back(output);
    }
    if (reduced && (m.n_outputs == 0 || owned->outputs.back().value >= 0)) fail("a reduction needs a last output without a value");
    m.n_registers = static_cast<int32_t>(between("the number of registers", m.n_inputs, 8192));
    constexpr DType kUnset = DType::Count;
    registers.resize(static_cast<size_t>(m.n_registers), kUnset);
    m.n_ops = static_cast<int32_t>(between("the number of ops", 0, 65536));
    for (int i = 0; i < m.n_ops; ++i) {
      MapOp op{};
      op.code = static_cast<MapOpCode>(between("a byte code", 0, static_cast<int64_t>(MapOpCode::Count) - 1));
      op.type = dtype();
      op.target = op.type;
      op.dst = static_cast<uint16_t>(between("a register", 0, m.n_registers - 1));
      if (op.dst < m.n_inputs) fail("byte code writes an input register");
      const int64_t operands[3] = {word(), word(), word()};
      const int arity = kArity[static_cast<int>(op.code)];
      uint16_t* fields[3] = {&op.a, &op.b, &op.c};
      int64_t reads_width[3] = {0, 0, 0};  // of the operands that the op writes over
      for (int k = 0; k < arity; ++k) {
        if (operands[k] < 0 || operands[k] >= m.n_registers) fail("a register is out of range");
        *fields[k] = static_cast<uint16_t>(operands[k]);
        const DType have = registers[static_cast<size_t>(operands[k])];
        const bool is_condition = op.code == MapOpCode::op_select && k == 0;
        if (have == kUnset) fail("a register is read before it is written");
        if (have != (is_condition ? DType::Bool : op.type)) fail("a register holds another dtype than the op reads");
        reads_width[k] = operands[k] == op.dst ? item_size(have) : 0;
      }
      if (op.code == MapOpCode::op_const) {
        if (operands[0] < 0 || operands[0] >= static_cast<int64_t>(numbers_.size())) fail("a number is out of range");
        op.number = numbers_[static_cast<size_t>(operands[0])];
      }
      if (op.code == MapOpCode::op_cast) {
        if (operands[1] < 0 || operands[1] >= static_cast<int64_t>(DType::Count)) fail("the target dtype is unknown");
        op.target = static_cast<DType>(operands[1]);
      } else if (!computes(op.type) || !accepts(op.code, op.type)) {
        fail("an op of the byte code does not work on its dtype");
      }
      registers[op.dst] = is_comparison(op.code) ? DType::Bool : op.target;
      for (const int64_t width : reads_width)
        if (width && width != item_size(registers[op.dst])) fail("an op writes over an operand of another width");
      owned->ops.push_back(op);
    }
    for (MapOutput& output : owned->outputs) {
      if (output.reg >= m.n_registers || registers[output.reg] == kUnset) fail("an output's register is never written");
      output.type = registers[output.reg];
      if (output.value < 0) {
        *reduced = output.type;
        continue;
      }
      needs(output.value, output.type, m.count);
      needs_writable(output.value);
      for (const MapInput& input : owned->inputs) {
        if (input.value < 0 || !overlap(output.value, input.value)) continue;
        const Value &a = value(output.value), &b = value(input.value);
        bool same = a.offset == b.offset && item_size(a.type) == item_size(b.type);
        int64_t step = 1;
        for (int d = m.n_dims - 1; d >= 0; --d) {
          if (input.strides[d] != step && m.dims[d] > 1) same = false;
          step *= m.dims[d];
        }
        if (!same) fail("an output shares part of an input's memory without being the same elements");
      }
      for (const MapOutput& other : owned->outputs)
        if (&other != &output && other.value >= 0 && overlap(output.value, other.value)) fail("two outputs share memory");
    }
    // An output may be written by the op that computes it unless something read later shares its memory.
    for (MapOutput& output : owned->outputs) {
      if (output.value < 0) continue;
      size_t written = owned->ops.size();
      for (size_t k = 0; k < owned->ops.size(); ++k)
        if (owned->ops[k].dst == output.reg) written = k;
      bool is_read_later = false;
      for (size_t k = written; k < owned->ops.size(); ++k) {
        const MapOp& op = owned->ops[k];
        const uint16_t operands[3] = {op.a, op.b, op.c};
        for (int q = 0; q < kArity[static_cast<int>(op.code)] && k > written; ++q)
          is_read_later |= operands[q] < m.n_inputs && owned->inputs[operands[q]].value >= 0 && overlap(output.value, owned->inputs[operands[q]].value);
      }
      for (const MapOutput& other : owned->outputs)
        is_read_later |= other.reg < m.n_inputs && owned->inputs[other.reg].value >= 0 && overlap(output.value, owned->inputs[other.reg].value);
      output.direct = !is_read_later;
    }
    m.inputs = owned->inputs.data();
    m.outputs = owned->outputs.data();
    m.ops = owned->ops.data();
    owned->prepared = std::make_unique<char[]>(kernels().map_prepared_bytes(m) + 64);
    char* aligned = owned->prepared.get();
    aligned += (64 - reinterpret_cast<uintptr_t>(aligned) % 64) % 64;
    kernels().map_prepare(m, aligned);
    m.prepared = aligned;
    program_.maps_.push_back(std::move(owned));
    return program_.maps_.back().get();
  }

  void decode(Instruction& i) {
    switch (i.code) {
      case Opcode::op_map:
        return decode_map(i);
      case Opcode::op_gemm:
        return decode_gemm(i);
      case Opcode::op_reduce:
        return decode_reduce(i);
      case Opcode::op_copy:
        return decode_copy(i);
      case Opcode::op_fill:
        i.out = value_id();
        i.type = dtype();
        i.number = numbers_.empty() ? 0.0 : numbers_[static_cast<size_t>(between("a number", 0, static_cast<int64_t>(numbers_.size()) - 1))];
        i.count = value(i.out).size / item_size(i.type);
        needs_writable(i.out);
        if (value(i.out).type != i.type) fail("the value has another dtype");
        return;
      case Opcode::op_gather:
        return decode_gather(i);
      case Opcode::op_scatter_add:
        return decode_scatter(i);
      case Opcode::op_random:
        i.a = value_id();
        i.out = value_id();
        needs(i.a, DType::U32, 2);
        i.count = value(i.out).size / 4;
        needs(i.out, DType::U32, i.count);
        needs_writable(i.out);
        must_not_overlap(i.out, i.a);
        i.plan.work = 2.0 * static_cast<double>(i.count);
        i.plan.pieces = std::clamp<int64_t>(i.count / 8192, 1, 32);
        return;
      case Opcode::op_host:
        return decode_host(i);
      default:
        fail("unknown opcode");
    }
  }

  void decode_map(Instruction& i) {
    i.map = map(-1, DType::Count, false, nullptr);
    const MapProgram& m = i.map->program;
    i.plan.scratch_bytes = kernels().map_scratch_bytes(m);
    i.plan.work = kernels().map_work(m);
    const int64_t tiles = (m.count + kTile - 1) / kTile;
    i.plan.pieces = std::clamp<int64_t>(std::min<int64_t>(tiles, static_cast<int64_t>(i.plan.work / 4000.0)), 1, 32);
  }

  void decode_gemm(Instruction& i) {
    GemmShape& s = i.gemm;
    s.type = dtype_among({DType::F32, DType::F64});
    s.batch = size("the batch"), s.m = size("m"), s.n = size("n"), s.k = size("k");
    const auto operand = [&](int32_t& id, int64_t& step, int64_t& row, int64_t& column, int64_t rows, int64_t columns) {
      id = value_id();
      step = size("a stride"), row = size("a stride"), column = size("a stride");
      if (row != 1 && column != 1 && rows > 1 && columns > 1) fail("one stride of each operand must be 1");
      const int64_t dims[3] = {s.batch, rows, columns}, strides[3] = {step, row, column};
      needs(id, s.type, reach(dims, strides, 0).second + 1);
    };
    operand(i.a, s.a_batch, s.a_row, s.a_col, s.m, s.k);
    operand(i.b, s.b_batch, s.b_row, s.b_col, s.k, s.n);
    const int64_t count = times(s.batch, times(s.m, s.n));
    i.out = static_cast<int32_t>(between("the output", -1, static_cast<int64_t>(program_.values.size()) - 1));
    if (i.out >= 0) {
      needs(i.out, s.type, count);
      needs_writable(i.out);
      must_not_overlap(i.out, i.a);
      must_not_overlap(i.out, i.b);
    }
    if (between("has_epilogue", 0, 1)) {
      i.map = map(count, s.type, true, nullptr);
      for (const MapOutput& output : i.map->outputs) {
        must_not_overlap(output.value, i.a);
        must_not_overlap(output.value, i.b);
        must_not_overlap(output.value, i.out);
      }
    } else if (i.out < 0) {
      fail("it has neither output nor epilogue");
    }
    i.plan = kernels().gemm_plan(s, i.map ? &i.map->program : nullptr);
  }

  void decode_reduce(Instruction& i) {
    ReduceTask& r = i.reduce;
    r.kind = static_cast<Reduction>(between("the kind", 0, static_cast<int64_t>(Reduction::Count) - 1));
    const bool is_index = r.kind == Reduction::red_argmax || r.kind == Reduction::red_argmin;
    r.type = dtype();
    if (!computes(r.type) || r.type == DType::U32) fail("the dtype is not supported");
    if (r.type == DType::Bool && (r.kind == Reduction::red_sum || r.kind == Reduction::red_prod))
      fail("sums and products of bool are not supported");
    r.outer = size("outer"), r.reduced = size("reduced"), r.inner = size("inner");
    const int64_t count = times(r.outer, times(r.reduced, r.inner));
    i.a = static_cast<int32_t>(between("the input", -1, static_cast<int64_t>(program_.values.size()) - 1));
    i.out = value_id();
    r.out_type = value(i.out).type;
    if (is_index ? (r.out_type != DType::I32 && r.out_type != DType::I64) : r.out_type != r.type)
      fail("the output has the wrong dtype");
    if (r.reduced == 0 && r.kind != Reduction::red_sum && r.kind != Reduction::red_prod) fail("an extreme of nothing");
    needs(i.out, r.out_type, times(r.outer, r.inner));
    needs_writable(i.out);
    if (between("has_prologue", 0, 1)) {
      if (i.a >= 0) fail("it has both an input and a prologue");
      if (is_index) fail("a prologue cannot feed argmax or argmin");
      DType reduced = DType::Count;
      i.map = map(count, DType::Count, false, &reduced);
      if (reduced != r.type) fail("the prologue computes another dtype than is reduced");
      for (const MapInput& input : i.map->inputs) must_not_overlap(i.out, input.value);
      for (const MapOutput& output : i.map->outputs) must_not_overlap(i.out, output.value);
    } else {
      if (i.a < 0) fail("it has neither an input nor a prologue");
      needs(i.a, r.type, count);
      must_not_overlap(i.out, i.a);
    }
    r.prologue = i.map ? &i.map->program : nullptr;
    i.plan = kernels().reduce_plan(r);
  }

  void decode_copy(Instruction& i) {
    CopyTask& c = i.copy;
    c.elem_bytes = between("the element's size", 1, 8);
    if (c.elem_bytes & (c.elem_bytes - 1)) fail("the element's size must be 1, 2, 4 or 8");
    c.n_dims = static_cast<int32_t>(between("the number of dims", 0, kMaxDims));
    int64_t count = 1;
    for (int d = 0; d < c.n_dims; ++d) count = times(count, c.dims[d] = size("a dim"));
    const std::span<const int64_t> dims(c.dims, static_cast<size_t>(c.n_dims));
    const auto side = [&](int32_t& id, int64_t& bytes, int64_t* strides, bool is_target) {
      id = value_id();
      const int64_t offset = word();
      for (int d = 0; d < c.n_dims; ++d)
        strides[d] = between("a stride", is_target ? 0 : -kMaxElements, kMaxElements);
      const auto [low, high] = reach(dims, {strides, static_cast<size_t>(c.n_dims)}, offset);
      if (high >= low) {
        if (low < 0) fail("it reaches before the start of value " + std::to_string(id));
        needs_bytes(id, times(plus(high, 1), c.elem_bytes));
      }
      bytes = high >= low ? times(offset, c.elem_bytes) : 0;
    };
    side(i.a, i.src_offset, c.src_strides, false);
    side(i.out, i.dst_offset, c.dst_strides, true);
    for (int d = 0; d < c.n_dims; ++d)
      if (c.dims[d] > 1 && c.dst_strides[d] == 0) fail("it writes an element more than once");
    needs_writable(i.out);
    must_not_overlap(i.out, i.a);
    i.count = count;
    i.plan = kernels().copy_plan(c);
  }

  void decode_gather(Instruction& i) {
    GatherTask& g = i.gather;
    g.elem_bytes = between("the element's size", 1, 8);
    g.outer = size("outer"), g.axis = size("axis"), g.inner = size("inner"), g.count = size("count");
    const DType index = dtype_among({DType::I32, DType::I64});
    g.wide_index = index == DType::I64;
    i.a = value_id(), i.b = value_id(), i.out = value_id();
    g.clip = between("the mode", 0, 1) == 1;
    needs_bytes(i.a, times(times(g.outer, times(g.axis, g.inner)), g.elem_bytes));
    needs(i.b, index, g.count);
    needs_bytes(i.out, times(times(g.outer, times(g.count, g.inner)), g.elem_bytes));
    needs_writable(i.out);
    must_not_overlap(i.out, i.a);
    must_not_overlap(i.out, i.b);
    if (g.clip && g.axis == 0 && g.count > 0) fail("nothing to gather from");
    const double bytes = static_cast<double>(g.outer) * static_cast<double>(g.count) * static_cast<double>(g.inner * g.elem_bytes);
    i.plan.work = bytes / 8.0 + 2.0 * static_cast<double>(g.count);
    i.plan.pieces = std::clamp<int64_t>(static_cast<int64_t>(i.plan.work / 8000.0), 1, 16);
  }

  void decode_scatter(Instruction& i) {
    ScatterTask& s = i.scatter;
    s.type = dtype_among({DType::F32, DType::F64, DType::I32, DType::I64});
    s.outer = size("outer"), s.axis = size("axis"), s.inner = size("inner"), s.count = size("count");
    const DType index = dtype_among({DType::I32, DType::I64});
    s.wide_index = index == DType::I64;
    i.a = value_id(), i.b = value_id(), i.out = value_id();
    s.zero_first = between("zero_first", 0, 1) == 1;
    needs(i.a, s.type, times(s.outer, times(s.count, s.inner)));
    needs(i.b, index, s.count);
    needs(i.out, s.type, times(s.outer, times(s.axis, s.inner)));
    needs_writable(i.out);
    must_not_overlap(i.out, i.a);
    must_not_overlap(i.out, i.b);
  }

  void decode_host(Instruction& i) {
    i.host = static_cast<int32_t>(between("the callable", 0, n_host_ - 1));
    const int64_t n_in = between("the number of inputs", 0, 4096);
    for (int64_t k = 0; k < n_in; ++k) i.host_inputs.push_back(value_id());
    const int64_t n_out = between("the number of outputs", 0, 4096);
    for (int64_t k = 0; k < n_out; ++k) {
      i.host_outputs.push_back(value_id());
      needs_writable(i.host_outputs.back());
    }
  }

  Program& program_;
  std::span<const int64_t> code_;
  std::span<const double> numbers_;
  int64_t n_host_;
  size_t at_ = 0, end_ = 0;
  int64_t index_ = 0;
  std::string name_ = "?";
};

Program::Program(std::span<const int64_t> value_rows, std::span<const int64_t> slot_rows, int64_t arena, std::string blob,
                 std::span<const int64_t> code, std::span<const double> numbers, int64_t n_host)
    : arena_bytes(arena), constants_storage(std::move(blob)) {
  if (arena < 0 || arena > (int64_t{1} << 46)) throw std::invalid_argument("the arena's size is out of range");
  constants_memory_ = std::make_unique<char[]>(constants_storage.size() + 64);
  char* aligned = constants_memory_.get();
  aligned += (64 - reinterpret_cast<uintptr_t>(aligned) % 64) % 64;
  std::memcpy(aligned, constants_storage.data(), constants_storage.size());
  constants = aligned;
  for (size_t i = 0; i + 1 < slot_rows.size(); i += 2) {
    if (slot_rows[i] < 0 || slot_rows[i] > (int64_t{1} << 46)) throw std::invalid_argument("a slot's size is out of range");
    slots.push_back({slot_rows[i], slot_rows[i + 1] != 0});
  }
  for (size_t i = 0; i + 4 < value_rows.size(); i += 5) {
    const std::string name = "value " + std::to_string(i / 5);
    const int64_t place = value_rows[i], index = value_rows[i + 1], offset = value_rows[i + 2], size = value_rows[i + 3],
                  type = value_rows[i + 4];
    if (place < 0 || place > 2) throw std::invalid_argument(name + " lies in an unknown place");
    if (type < 0 || type >= static_cast<int64_t>(DType::Count)) throw std::invalid_argument(name + " has an unknown dtype");
    if (place == 1 && (index < 0 || index >= static_cast<int64_t>(slots.size())))
      throw std::invalid_argument(name + " lies in a slot that does not exist");
    const int64_t room = place == 0 ? arena : place == 1 ? slots[static_cast<size_t>(index)].size : static_cast<int64_t>(constants_storage.size());
    if (offset < 0 || size < 0 || offset > room || size > room - offset)
      throw std::invalid_argument(name + " reaches outside its place: bytes " + std::to_string(offset) + " to " +
                                  std::to_string(offset) + " + " + std::to_string(size) + " of " + std::to_string(room));
    if (offset % item_size(static_cast<DType>(type))) throw std::invalid_argument(name + " is not aligned");
    values.push_back({static_cast<Place>(place), static_cast<DType>(type), place == 1 ? static_cast<int32_t>(index) : 0, offset, size});
  }
  Decoder(*this, code, numbers, n_host).run();
}

}  // namespace yeoul
