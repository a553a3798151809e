#include "runtime/instance.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>

#include "runtime/float_mode.h"
#include "runtime/pool.h"

namespace yeoul {
namespace {

// body(piece, scratch) for each piece; on the pool where the instruction is worth it.
template <typename Body>
void run_pieces(const Instruction& instruction, int64_t pieces, size_t scratch_bytes, char* own_scratch, Body& body) {
  if (!instruction.is_parallel) {
    for (int64_t piece = 0; piece < pieces; ++piece) body(piece, own_scratch);
    return;
  }
  Pool::global().run(
      [](void* context, int64_t piece, char* scratch) { (*static_cast<Body*>(context))(piece, scratch); }, &body,
      pieces, scratch_bytes, own_scratch);
}

}  // namespace

Instance::Instance(std::shared_ptr<const Program> program)
    : program_(std::move(program)),
      arena_(program_->arena_bytes),
      scratch_(program_->scratch_bytes),
      shared_scratch_(program_->shared_scratch_bytes),
      values_(program_->values.size()) {
  const Program& p = *program_;
  slot_begin_.resize(p.slots.size() + 1);
  for (const Value& value : p.values) {
    if (value.place == Place::Slot) ++slot_begin_[value.index + 1];
  }
  for (size_t i = 0; i < p.slots.size(); ++i) slot_begin_[i + 1] += slot_begin_[i];
  slot_values_.resize(slot_begin_.back());
  std::vector<int32_t> next(slot_begin_.begin(), slot_begin_.end());
  for (size_t i = 0; i < p.values.size(); ++i) {
    const Value& value = p.values[i];
    if (value.place == Place::Arena) values_[i] = arena_.data() + value.offset;
    if (value.place == Place::Constant) values_[i] = p.constants.data() + value.offset;
    if (value.place == Place::Slot) slot_values_[next[value.index]++] = static_cast<int32_t>(i);
  }
  for (const GemmStep& step : p.gemms) {
    gemms_.push_back(step.task);
    gemms_.back().values = values_.data();
  }
  for (const ReduceStep& step : p.reduces) {
    reduces_.push_back(step.task);
    reduces_.back().values = values_.data();
  }
  for (const ConvStep& step : p.convs) {
    convs_.push_back(step.task);
    convs_.back().values = values_.data();
  }
  for (const CopyStep& step : p.copies) copies_.push_back(step.task);
}

void Instance::run() {
  for (const Instruction& instruction : program_->instructions) {
    switch (instruction.code) {
      case OpCode::code_map:
        run_map(instruction);
        break;
      case OpCode::code_gemm:
        run_gemm(instruction);
        break;
      case OpCode::code_reduce:
        run_reduce(instruction);
        break;
      case OpCode::code_conv:
        run_conv(instruction);
        break;
      case OpCode::code_pool:
        run_pool(instruction);
        break;
      case OpCode::code_copy:
        run_copy(instruction);
        break;
      case OpCode::code_fill:
        run_fill(instruction);
        break;
      case OpCode::code_gather:
        run_gather(instruction);
        break;
      case OpCode::code_scatter_add:
        run_scatter(instruction);
        break;
      case OpCode::code_random:
        run_random(instruction);
        break;
      case OpCode::code_host: {
        const FloatMode mode(FloatMode::keep);
        host_call_(host_context_, *this, program_->hosts[instruction.step]);
        break;
      }
      case OpCode::Count:
        break;
    }
  }
}

void Instance::run_map(const Instruction& instruction) {
  const MapStep& step = program_->maps[instruction.step];
  const MapProgram& program = *step.program;
  const auto run = program_->kernels.map_run;
  if (step.pieces == 1) {
    run(program, values_.data(), 0, program.count, nullptr, nullptr, scratch_.data());
    return;
  }
  auto body = [&](int64_t piece, char* scratch) {
    const int64_t begin = piece * step.piece_size;
    run(program, values_.data(), begin, std::min(begin + step.piece_size, program.count), nullptr, nullptr, scratch);
  };
  run_pieces(instruction, step.pieces, program_->scratch_bytes, scratch_.data(), body);
}

void Instance::run_gemm(const Instruction& instruction) {
  const KernelTable& kernels = program_->kernels;
  run_product(instruction, program_->gemms[instruction.step], gemms_[instruction.step], kernels.gemm_prepare,
              kernels.gemm_run, kernels.gemm_finish);
}

void Instance::run_conv(const Instruction& instruction) {
  const KernelTable& kernels = program_->kernels;
  run_product(instruction, program_->convs[instruction.step], convs_[instruction.step], kernels.conv_prepare,
              kernels.conv_run, kernels.conv_finish);
}

template <typename Step, typename Task>
void Instance::run_product(const Instruction& instruction, const Step& step, Task& task,
                           void (*prepare)(const Task&, char*, int64_t, int64_t),
                           void (*run)(const Task&, char*, int64_t, char*),
                           void (*finish)(const Task&, const Plan&, char*, int64_t, char*)) {
  const size_t scratch_bytes = program_->scratch_bytes;
  const Plan& plan = step.plan;
  task.a = values_[step.a];
  task.b = values_[step.b];
  task.out = step.out < 0 ? nullptr : values_[step.out];
  char* shared = shared_scratch_.data();
  if (plan.prepare_pieces > 0) {
    const int64_t pieces = instruction.is_parallel ? plan.prepare_pieces : 1;
    auto body = [&](int64_t piece, char*) { prepare(task, shared, piece, pieces); };
    run_pieces(instruction, pieces, 0, nullptr, body);
  }
  auto body = [&](int64_t piece, char* scratch) { run(task, shared, piece, scratch); };
  if (step.follower >= 0) {
    run_followed(instruction, plan.pieces, program_->followers[step.follower], body);
  } else {
    run_pieces(instruction, plan.pieces, scratch_bytes, scratch_.data(), body);
  }
  if (plan.finish_pieces == 0) return;
  auto last = [&](int64_t piece, char* scratch) { finish(task, plan, shared, piece, scratch); };
  run_pieces(instruction, plan.finish_pieces, scratch_bytes, scratch_.data(), last);
}

template <typename RunPiece>
void Instance::run_followed(const Instruction& instruction, int64_t pieces, const Follower& f, RunPiece& run_piece) {
  const KernelTable& kernels = program_->kernels;
  const ReduceTask& reduce = bound_reduce(f.reduce);
  char* states = shared_scratch_.data() + f.states;
  auto body = [&](int64_t part, char* scratch) {
    for (int64_t piece = pieces * part / f.parts; piece < pieces * (part + 1) / f.parts; ++piece) {
      run_piece(piece, scratch);
      kernels.reduce_rows(reduce, part, {f.rows[piece], f.rows[piece + 1]}, states, scratch);
    }
  };
  run_pieces(instruction, f.parts, program_->scratch_bytes, scratch_.data(), body);
  kernels.reduce_finish(reduce, states);
}

ReduceTask& Instance::bound_reduce(int32_t step) {
  const ReduceStep& own = program_->reduces[step];
  ReduceTask& task = reduces_[step];
  task.in = own.in < 0 ? nullptr : values_[own.in];
  for (int r = 0; r < task.n_results; ++r) task.out[r] = values_[own.out[r]];
  return task;
}

void Instance::run_reduce(const Instruction& instruction) {
  const ReduceStep& step = program_->reduces[instruction.step];
  const KernelTable& kernels = program_->kernels;
  const ReduceTask& task = bound_reduce(instruction.step);
  char* shared = shared_scratch_.data();
  auto body = [&](int64_t piece, char* scratch) { kernels.reduce_run(task, step.plan, shared, piece, scratch); };
  run_pieces(instruction, step.plan.pieces, program_->scratch_bytes, scratch_.data(), body);
  kernels.reduce_finish(task, shared);
}

void Instance::run_pool(const Instruction& instruction) {
  const PoolStep& step = program_->pools[instruction.step];
  PoolTask task = step.task;
  for (int i = 0; i < 3; ++i) task.operands[i] = step.operands[i] < 0 ? nullptr : values_[step.operands[i]];
  task.out = values_[step.out];
  auto body = [&](int64_t piece, char*) { program_->kernels.pool_run(task, step.plan, piece); };
  run_pieces(instruction, step.plan.pieces, 0, nullptr, body);
}

void Instance::run_copy(const Instruction& instruction) {
  const CopyStep& step = program_->copies[instruction.step];
  CopyTask& task = copies_[instruction.step];
  task.src = static_cast<const char*>(values_[step.src]) + step.src_offset;
  task.dst = static_cast<char*>(values_[step.dst]) + step.dst_offset;
  auto body = [&](int64_t piece, char*) { program_->kernels.copy_run(task, step.plan, piece); };
  run_pieces(instruction, step.plan.pieces, 0, nullptr, body);
}

void Instance::run_fill(const Instruction& instruction) {
  const FillStep& step = program_->fills[instruction.step];
  auto* out = static_cast<char*>(values_[step.value]);
  auto body = [&](int64_t piece, char*) {
    const int64_t begin = step.count * piece / step.pieces, end = step.count * (piece + 1) / step.pieces;
    program_->kernels.fill(out + begin * item_size(step.type), step.type, end - begin, step.number);
  };
  run_pieces(instruction, step.pieces, 0, nullptr, body);
}

void Instance::run_gather(const Instruction& instruction) {
  const GatherStep& step = program_->gathers[instruction.step];
  GatherTask task = step.task;
  task.src = values_[step.src];
  task.idx = values_[step.idx];
  task.dst = values_[step.dst];
  int64_t bad = -1;
  if (step.pieces == 1) {
    bad = program_->kernels.gather(task, 0, 1);
  } else {
    // The first wrong index is reported whichever thread meets it.
    std::atomic<int64_t> first{INT64_MAX};
    auto body = [&](int64_t piece, char*) {
      const int64_t found = program_->kernels.gather(task, piece, step.pieces);
      int64_t least = first.load();
      while (found >= 0 && found < least && !first.compare_exchange_weak(least, found)) {
      }
    };
    run_pieces(instruction, step.pieces, 0, nullptr, body);
    if (first.load() != INT64_MAX) bad = first.load();
  }
  if (bad >= 0) fail_index(instruction, task.idx, task.wide_index, bad, task.axis);
}

void Instance::run_scatter(const Instruction& instruction) {
  const ScatterStep& step = program_->scatters[instruction.step];
  ScatterTask task = step.task;
  task.updates = values_[step.updates];
  task.idx = values_[step.idx];
  task.dst = values_[step.dst];
  const int64_t bad = program_->kernels.scatter_add(task);
  if (bad >= 0) fail_index(instruction, task.idx, task.wide_index, bad, task.axis);
}

void Instance::run_random(const Instruction& instruction) {
  const RandomStep& step = program_->randoms[instruction.step];
  const auto* key = static_cast<const uint32_t*>(values_[step.key]);
  auto* out = static_cast<uint32_t*>(values_[step.out]);
  const uint32_t seed = key[0], counter = key[1];
  if (!instruction.is_parallel) {
    program_->kernels.random_bits(seed, counter, 0, 0, step.count, out);
    return;
  }
  constexpr int64_t kBlock = 1024;  // pieces start where a block of the generator does
  const int64_t size = ((step.count - 1) / (step.pieces * kBlock) + 1) * kBlock;
  auto body = [&](int64_t piece, char*) {
    const int64_t begin = piece * size, end = std::min(begin + size, step.count);
    if (begin < end) program_->kernels.random_bits(seed, counter, 0, begin, end, out + begin);
  };
  run_pieces(instruction, step.pieces, 0, nullptr, body);
}

void Instance::fail_index(const Instruction& instruction, const void* indices, bool is_wide, int64_t position,
                          int64_t axis) const {
  const int64_t index =
      is_wide ? static_cast<const int64_t*>(indices)[position] : static_cast<const int32_t*>(indices)[position];
  throw std::out_of_range(name_of(instruction) + ": index " + std::to_string(index) + " at position " +
                          std::to_string(position) + " is out of range for an axis of size " + std::to_string(axis));
}

}  // namespace yeoul
