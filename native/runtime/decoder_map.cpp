// The part of decoding that concerns byte code.
#include <algorithm>

#include "runtime/decoder.h"

namespace yeoul {
namespace {

constexpr int64_t kMaxRegisters = 8192;  // as many as the kernels keep track of

bool is_float(DType type) { return type == DType::F32 || type == DType::F64; }

bool is_computed(DType type) {
  return is_float(type) || type == DType::Bool || type == DType::I32 || type == DType::I64 || type == DType::U32;
}

bool is_bool_result(MapOpCode code) {
  switch (code) {
    case MapOpCode::op_isnan:
    case MapOpCode::op_isinf:
    case MapOpCode::op_isfinite:
    case MapOpCode::op_eq:
    case MapOpCode::op_ne:
    case MapOpCode::op_lt:
    case MapOpCode::op_le:
    case MapOpCode::op_gt:
    case MapOpCode::op_ge:
      return true;
    default:
      return false;
  }
}

// Which operand types an op has kernels for.
bool is_defined(MapOpCode code, DType type) {
  switch (code) {
    case MapOpCode::op_const:
    case MapOpCode::op_cast:
      return true;
    case MapOpCode::op_copy:
    case MapOpCode::op_select:
    case MapOpCode::op_abs:
    case MapOpCode::op_sign:
    case MapOpCode::op_square:
    case MapOpCode::op_floor:
    case MapOpCode::op_ceil:
    case MapOpCode::op_round:
    case MapOpCode::op_trunc:
    case MapOpCode::op_isnan:
    case MapOpCode::op_isinf:
    case MapOpCode::op_isfinite:
    case MapOpCode::op_add:
    case MapOpCode::op_mul:
    case MapOpCode::op_max:
    case MapOpCode::op_min:
    case MapOpCode::op_eq:
    case MapOpCode::op_ne:
    case MapOpCode::op_lt:
    case MapOpCode::op_le:
    case MapOpCode::op_gt:
    case MapOpCode::op_ge:
      return is_computed(type);
    case MapOpCode::op_neg:
    case MapOpCode::op_sub:
    case MapOpCode::op_floordiv:
    case MapOpCode::op_mod:
    case MapOpCode::op_pow:
    case MapOpCode::op_fma:
      return is_computed(type) && type != DType::Bool;
    case MapOpCode::op_not:
    case MapOpCode::op_and:
    case MapOpCode::op_or:
    case MapOpCode::op_xor:
      return is_computed(type) && !is_float(type);
    case MapOpCode::op_shl:
    case MapOpCode::op_shr:
      return is_computed(type) && !is_float(type) && type != DType::Bool;
    default:
      return is_float(type);
  }
}

bool is_contiguous(const MapProgram& program, const MapInput& input) {
  int64_t step = 1;
  for (int i = program.n_dims - 1; i >= 0; --i) {
    if (program.dims[i] != 1 && input.strides[i] != step) return false;
    step *= program.dims[i];
  }
  return true;
}

}  // namespace

const MapCode& Decoder::decode_map_code(const MapShape& shape) {
  MapCode& code = program_.codes.emplace_back();
  MapProgram& program = code.program;
  program.n_dims = static_cast<int32_t>(take_in("the number of axes", 0, kMaxDims));
  program.count = 1;
  for (int i = 0; i < program.n_dims; ++i) {
    program.dims[i] = take_size("the size of an axis");
    program.count = times(program.count, program.dims[i]);
  }
  if (shape.count >= 0 && program.count != shape.count) {
    fail("its byte code runs over " + std::to_string(program.count) + " elements and the instruction has " +
         std::to_string(shape.count));
  }
  decode_map_inputs(code, shape);
  decode_map_outputs(code, shape);
  program.n_registers = static_cast<int32_t>(take_in("the number of registers", program.n_inputs, kMaxRegisters));
  decode_map_ops(code);
  check_map_aliases(code);
  find_direct_outputs(code);

  // Kernels see only axes along which something moves.
  int kept = 0;
  for (int i = 0; i < program.n_dims; ++i) {
    if (program.dims[i] == 1) continue;
    program.dims[kept] = program.dims[i];
    for (MapInput& input : code.inputs) input.strides[kept] = input.strides[i];
    ++kept;
  }
  program.n_dims = kept;
  program.inputs = code.inputs.data();
  program.outputs = code.outputs.data();
  program.ops = code.ops.data();
  if (program.count > 0) {
    code.prepared = Memory(program_.kernels.map_prepared_bytes(program));
    program_.kernels.map_prepare(program, code.prepared.data());
    program.prepared = code.prepared.data();
  }
  return code;
}

void Decoder::decode_map_inputs(MapCode& code, const MapShape& shape) {
  MapProgram& program = code.program;
  const bool has_accumulator = shape.accumulator != DType::Count;
  program.n_inputs = static_cast<int32_t>(take_in("the number of inputs", 0, std::min(end_ - cursor_, kMaxRegisters)));
  if (has_accumulator && program.n_inputs == 0) fail("its byte code does not take the product as input 0");
  for (int i = 0; i < program.n_inputs; ++i) {
    MapInput input{};
    const bool is_accumulator = has_accumulator && i == 0;
    if (is_accumulator) {
      take_in("input 0, the product,", -1, -1);
      input.value = -1;
      input.type = shape.accumulator;
    } else {
      input.value = take_value("an input");
      input.type = program_.values[input.value].type;
    }
    int64_t high = 0;
    for (int axis = 0; axis < program.n_dims; ++axis) {
      input.strides[axis] = take_size("a stride");
      // The stride of an axis of size 1 says nothing and may be anything.
      if (program.dims[axis] == 1) input.strides[axis] = 0;
      if (program.count > 0) high = plus(high, times(input.strides[axis], program.dims[axis] - 1));
    }
    if (is_accumulator && program.count > 0 && !is_contiguous(program, input)) {
      fail("its byte code must read the product element by element");
    }
    if (!is_accumulator && program.count > 0)
      reads(input.value, 0, high, item_size(input.type), is_contiguous(program, input));
    code.inputs.push_back(input);
  }
}

void Decoder::decode_map_outputs(MapCode& code, const MapShape& shape) {
  MapProgram& program = code.program;
  program.n_outputs = static_cast<int32_t>(take_in("the number of outputs", 0, end_ - cursor_));
  if (program.n_outputs < std::max(shape.results, 1)) {
    fail("its byte code has " + std::to_string(program.n_outputs) + " outputs and needs at least " +
         std::to_string(std::max(shape.results, 1)));
  }
  for (int i = 0; i < program.n_outputs; ++i) {
    MapOutput output{};
    if (i >= program.n_outputs - shape.results) {
      take_in("a last output, which is reduced,", -1, -1);
      output.value = -1;
    } else {
      output.value = take_value("an output");
      output.type = program_.values[output.value].type;
      if (program.count > 0) writes(output.value, 0, program.count - 1, item_size(output.type));
    }
    output.reg = static_cast<uint16_t>(take_in("an output's register", 0, kMaxRegisters - 1));
    code.outputs.push_back(output);
  }
}

void Decoder::decode_map_ops(MapCode& code) {
  MapProgram& program = code.program;
  program.n_ops = static_cast<int32_t>(take_in("the number of ops", 0, (end_ - cursor_) / kMapOpWords));
  // More registers than can ever be written only cost scratch.
  if (program.n_registers > program.n_inputs + program.n_ops) {
    fail(std::to_string(program.n_registers) + " registers are more than its inputs and ops can fill");
  }
  std::vector<DType> types(program.n_registers, DType::Count);  // Count = not yet written
  std::vector<bool> is_constant(program.n_registers, false);
  for (int i = 0; i < program.n_inputs; ++i) types[i] = code.inputs[i].type;
  for (int i = 0; i < program.n_ops; ++i) {
    MapOp op{};
    const std::string place = "op " + std::to_string(i);
    op.code = static_cast<MapOpCode>(take_in("an op", 0, static_cast<int64_t>(MapOpCode::Count) - 1));
    op.type = take_dtype("an op's dtype");
    op.target = is_bool_result(op.code) ? DType::Bool : op.type;
    const std::string name = place + " (" + name_of(op.code) + ")";
    if (!is_defined(op.code, op.type)) fail(name + ": there is no " + name_of(op.code) + " of " + name_of(op.type));
    op.dst = static_cast<uint16_t>(take_in("an op's result register", 0, program.n_registers - 1));
    if (op.dst < program.n_inputs)
      fail(name + ": it writes register " + std::to_string(op.dst) + ", which is an input");
    if (is_constant[op.dst]) fail(name + ": it writes register " + std::to_string(op.dst) + ", which is a constant");

    const auto operand = [&](DType type) {
      const int64_t reg = take_in("an op's operand register", 0, program.n_registers - 1);
      if (types[reg] == DType::Count)
        fail(name + ": it reads register " + std::to_string(reg) + " before it is written");
      if (types[reg] != type) {
        fail(name + ": register " + std::to_string(reg) + " is " + name_of(types[reg]) + " and must be " +
             name_of(type));
      }
      return static_cast<uint16_t>(reg);
    };
    int n_read = arity_of(op.code);
    if (op.code == MapOpCode::op_const) {
      if (types[op.dst] != DType::Count) {
        fail(name + ": register " + std::to_string(op.dst) + " is used before it becomes a constant");
      }
      op.number = take_number(op.type);
      is_constant[op.dst] = true;
      n_read = 1;
    } else if (op.code == MapOpCode::op_cast) {
      op.read[0] = operand(op.type);
      op.target = take_dtype("the dtype that a cast gives");
      n_read = 2;
    } else {
      for (int k = 0; k < n_read; ++k) {
        op.read[k] = operand(k == 0 && op.code == MapOpCode::op_select ? DType::Bool : op.type);
      }
    }
    for (int unused = n_read; unused < kMaxOperands; ++unused) take("an op's unused word");
    types[op.dst] = op.target;
    code.ops.push_back(op);
  }
  for (MapOutput& output : code.outputs) {
    if (output.reg >= program.n_registers || types[output.reg] == DType::Count) {
      fail("an output comes from register " + std::to_string(output.reg) + ", which is never written");
    }
    if (output.value < 0) output.type = types[output.reg];
    if (output.type != types[output.reg]) {
      fail("register " + std::to_string(output.reg) + " is " + name_of(types[output.reg]) + " and value " +
           std::to_string(output.value) + ", which takes it, is " + name_of(output.type));
    }
  }
}

// An output may lie exactly on an input (an update in place) and otherwise over nothing else.
void Decoder::check_map_aliases(const MapCode& code) const {
  const MapProgram& program = code.program;
  if (program.count == 0) return;
  for (size_t i = 0; i < code.outputs.size(); ++i) {
    const MapOutput& output = code.outputs[i];
    if (output.value < 0) continue;
    const Extent written{output.value, 0, program.count * item_size(output.type)};
    for (size_t j = 0; j < i; ++j) {
      const MapOutput& other = code.outputs[j];
      if (other.value < 0) continue;
      if (do_overlap(written, {other.value, 0, program.count * item_size(other.type)})) {
        fail("it writes values " + std::to_string(other.value) + " and " + std::to_string(output.value) +
             ", which overlap");
      }
    }
    for (const MapInput& input : code.inputs) {
      if (input.value < 0) continue;
      int64_t high = 0;
      for (int axis = 0; axis < program.n_dims; ++axis) high += input.strides[axis] * (program.dims[axis] - 1);
      const Extent read{input.value, 0, (high + 1) * item_size(input.type)};
      const bool is_exact = program_.values[input.value].offset == program_.values[output.value].offset &&
                            item_size(input.type) == item_size(output.type) && is_contiguous(program, input);
      if (do_overlap(written, read) && !is_exact) {
        fail("it writes value " + std::to_string(output.value) + " over value " + std::to_string(input.value) +
             ", which it reads in another layout");
      }
    }
  }
}

// An op may write an output's memory at once if no later op reads an input that lies there.
void Decoder::find_direct_outputs(MapCode& code) const {
  const MapProgram& program = code.program;
  std::vector<int32_t> last_read(program.n_inputs, -1), last_write(program.n_registers, -1);
  for (int i = 0; i < program.n_ops; ++i) {
    const MapOp& op = code.ops[i];
    last_write[op.dst] = i;
    if (op.code == MapOpCode::op_const) continue;
    for (int k = 0; k < arity_of(op.code); ++k) {
      if (op.read[k] < program.n_inputs) last_read[op.read[k]] = i;
    }
  }
  // Outputs are copied from registers after all ops.
  for (const MapOutput& output : code.outputs) {
    if (output.reg < program.n_inputs) last_read[output.reg] = program.n_ops;
  }
  for (MapOutput& output : code.outputs) {
    output.direct = true;
    if (output.value < 0) continue;
    const Extent written{output.value, 0, program.count * item_size(output.type)};
    for (int i = 0; i < program.n_inputs; ++i) {
      const MapInput& input = code.inputs[i];
      if (input.value < 0 || last_read[i] <= last_write[output.reg]) continue;
      const Extent read{input.value, 0, program.count * item_size(input.type)};
      if (do_overlap(written, read)) output.direct = false;
    }
  }
}

}  // namespace yeoul
