#include "runtime/instance.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "runtime/pool.h"

namespace yeoul {
namespace {

// Below this much work on one thread, waking the others costs more than they save.
constexpr double kParallelNanoseconds = 8000.0;

char* align(char* memory) { return memory + (64 - reinterpret_cast<uintptr_t>(memory) % 64) % 64; }

}  // namespace

// What the pieces of one instruction share.
struct Region {
  Instance* instance;
  const Instruction* instruction;
  const KernelTable* kernels;
  GemmTask gemm{};
  ReduceTask reduce{};
  CopyTask copy{};
  GatherTask gather{};
  int64_t prepare_pieces = 0;
  std::atomic<int64_t> bad{-1};

  char* scratch(int thread) const {
    return instance->scratch_ + static_cast<size_t>(thread) * instance->scratch_step_;
  }

  static void map_piece(void* context, int64_t piece, int thread) {
    const Region& r = *static_cast<Region*>(context);
    const MapProgram& m = r.instruction->map->program;
    const int64_t pieces = r.instruction->plan.pieces;
    // Cut at whole tiles, so that the cut does not change which elements are computed together.
    const int64_t tiles = (m.count + kTile - 1) / kTile;
    const int64_t begin = tiles * piece / pieces * kTile;
    const int64_t end = std::min(tiles * (piece + 1) / pieces * kTile, m.count);
    r.kernels->map_run(m, r.instance->values_.data(), begin, end, nullptr, nullptr, r.scratch(thread));
  }

  static void prepare_piece(void* context, int64_t piece, int) {
    const Region& r = *static_cast<Region*>(context);
    r.kernels->gemm_prepare(r.gemm, r.instruction->plan, r.instance->shared_, piece, r.prepare_pieces);
  }

  static void gemm_piece(void* context, int64_t piece, int thread) {
    const Region& r = *static_cast<Region*>(context);
    r.kernels->gemm_run(r.gemm, r.instruction->plan, r.instance->shared_, piece, r.scratch(thread));
  }

  static void reduce_piece(void* context, int64_t piece, int thread) {
    const Region& r = *static_cast<Region*>(context);
    r.kernels->reduce_run(r.reduce, r.instruction->plan, r.instance->shared_, piece, r.scratch(thread));
  }

  static void copy_piece(void* context, int64_t piece, int) {
    const Region& r = *static_cast<Region*>(context);
    r.kernels->copy_run(r.copy, r.instruction->plan, piece);
  }

  static void gather_piece(void* context, int64_t piece, int) {
    Region& r = *static_cast<Region*>(context);
    const int64_t bad = r.kernels->gather(r.gather, piece, r.instruction->plan.pieces);
    if (bad < 0) return;
    int64_t lowest = r.bad.load();
    while ((lowest < 0 || bad < lowest) && !r.bad.compare_exchange_weak(lowest, bad)) {
    }
  }

  static void random_piece(void* context, int64_t piece, int) {
    const Region& r = *static_cast<Region*>(context);
    const Instruction& i = *r.instruction;
    const auto* key = static_cast<const uint32_t*>(r.instance->values_[static_cast<size_t>(i.a)]);
    auto* out = static_cast<uint32_t*>(r.instance->values_[static_cast<size_t>(i.out)]);
    const int64_t blocks = (i.count + 3) / 4;
    const int64_t begin = blocks * piece / i.plan.pieces * 4;
    const int64_t end = std::min(blocks * (piece + 1) / i.plan.pieces * 4, i.count);
    r.kernels->random_bits(key[0], key[1], 0, begin, end, out + begin);
  }

  void run(bool is_parallel, int64_t pieces, PieceFunction function) {
    if (is_parallel) {
      Pool::instance().run(pieces, function, this);
    } else {
      for (int64_t piece = 0; piece < pieces; ++piece) function(this, piece, 0);
    }
  }
};

Instance::Instance(std::shared_ptr<const Program> program, HostCall host, void* host_owner)
    : program_(std::move(program)), host_(host), host_owner_(host_owner) {
  memory_ = std::make_unique<char[]>(static_cast<size_t>(program_->arena_bytes) + 128);
  char* arena = align(memory_.get());
  values_.resize(program_->values.size(), nullptr);
  values_of_slot_.resize(program_->slots.size());
  for (size_t i = 0; i < values_.size(); ++i) {
    const Value& value = program_->values[i];
    if (value.place == Place::Arena) values_[i] = arena + value.offset;
    if (value.place == Place::Constant) values_[i] = const_cast<char*>(program_->constants) + value.offset;
    if (value.place == Place::Slot) values_of_slot_[static_cast<size_t>(value.slot)].push_back(static_cast<int32_t>(i));
  }
  make_scratch();
}

void Instance::make_scratch() {
  scratch_threads_ = std::max(Pool::instance().threads(), 1);
  scratch_step_ = (program_->thread_scratch + 127) / 64 * 64;
  const size_t bytes = scratch_step_ * static_cast<size_t>(scratch_threads_) + program_->shared_scratch + 128;
  scratch_memory_ = std::make_unique_for_overwrite<char[]>(bytes);
  scratch_ = align(scratch_memory_.get());
  shared_ = scratch_ + scratch_step_ * static_cast<size_t>(scratch_threads_);
}

void Instance::bind(int32_t slot, void* memory) {
  for (const int32_t id : values_of_slot_[static_cast<size_t>(slot)])
    values_[static_cast<size_t>(id)] = static_cast<char*>(memory) + program_->values[static_cast<size_t>(id)].offset;
}

bool Instance::is_parallel(const Instruction& i) const {
  return i.parallel && i.plan.work > kParallelNanoseconds && scratch_threads_ > 1;
}

RunStatus Instance::run(BadIndex* bad) {
  if (Pool::instance().threads() != scratch_threads_) make_scratch();
  const KernelTable& k = kernels();
  void* const* values = values_.data();
  const auto at = [&](int32_t id) { return id < 0 ? nullptr : values[static_cast<size_t>(id)]; };
  int64_t position = -1;
  for (const Instruction& i : program_->instructions) {
    ++position;
    switch (i.code) {
      case Opcode::op_map: {
        if (is_parallel(i)) {
          Region region{this, &i, &k};
          region.run(true, i.plan.pieces, Region::map_piece);
        } else {
          k.map_run(i.map->program, values, 0, i.map->program.count, nullptr, nullptr, scratch_);
        }
        break;
      }
      case Opcode::op_gemm: {
        Region region{this, &i, &k};
        region.gemm = {i.gemm, at(i.a), at(i.b), at(i.out), i.map ? &i.map->program : nullptr, values};
        const bool is_shared = is_parallel(i);
        if (i.plan.shared_scratch_bytes > 0) {
          region.prepare_pieces = is_shared ? 8 : 1;
          region.run(is_shared, region.prepare_pieces, Region::prepare_piece);
        }
        region.run(is_shared, i.plan.pieces, Region::gemm_piece);
        break;
      }
      case Opcode::op_reduce: {
        Region region{this, &i, &k};
        region.reduce = i.reduce;
        region.reduce.in = at(i.a);
        region.reduce.out = at(i.out);
        region.reduce.values = values;
        region.run(is_parallel(i), i.plan.pieces, Region::reduce_piece);
        if (k.reduce_finish) k.reduce_finish(region.reduce, i.plan, shared_);
        break;
      }
      case Opcode::op_copy: {
        Region region{this, &i, &k};
        region.copy = i.copy;
        region.copy.src = static_cast<const char*>(at(i.a)) + i.src_offset;
        region.copy.dst = static_cast<char*>(at(i.out)) + i.dst_offset;
        region.run(is_parallel(i), i.plan.pieces, Region::copy_piece);
        break;
      }
      case Opcode::op_fill:
        k.fill(at(i.out), i.type, i.count, i.number);
        break;
      case Opcode::op_gather: {
        Region region{this, &i, &k};
        region.gather = i.gather;
        region.gather.src = at(i.a);
        region.gather.idx = at(i.b);
        region.gather.dst = at(i.out);
        region.run(is_parallel(i), i.plan.pieces, Region::gather_piece);
        const int64_t wrong = region.bad.load();
        if (wrong >= 0) {
          const int64_t index = i.gather.wide_index ? static_cast<const int64_t*>(at(i.b))[wrong]
                                                    : static_cast<const int32_t*>(at(i.b))[wrong];
          *bad = {position, wrong, index, i.gather.axis};
          return RunStatus::BadIndexFound;
        }
        break;
      }
      case Opcode::op_scatter_add: {
        ScatterTask task = i.scatter;
        task.updates = at(i.a);
        task.idx = at(i.b);
        task.dst = at(i.out);
        const int64_t wrong = k.scatter_add(task);
        if (wrong >= 0) {
          const int64_t index =
              task.wide_index ? static_cast<const int64_t*>(task.idx)[wrong] : static_cast<const int32_t*>(task.idx)[wrong];
          *bad = {position, wrong, index, task.axis};
          return RunStatus::BadIndexFound;
        }
        break;
      }
      case Opcode::op_random: {
        Region region{this, &i, &k};
        region.run(is_parallel(i), i.plan.pieces, Region::random_piece);
        break;
      }
      case Opcode::op_host: {
        std::vector<std::pair<char*, int64_t>> inputs, outputs;
        for (const int32_t id : i.host_inputs)
          inputs.emplace_back(static_cast<char*>(at(id)), program_->values[static_cast<size_t>(id)].size);
        for (const int32_t id : i.host_outputs)
          outputs.emplace_back(static_cast<char*>(at(id)), program_->values[static_cast<size_t>(id)].size);
        if (!host_(host_owner_, i.host, inputs, outputs)) return RunStatus::HostRaised;
        break;
      }
      default:
        break;
    }
  }
  return RunStatus::Done;
}

}  // namespace yeoul
