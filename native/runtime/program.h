// A program: where its values lie and what its instructions do, decoded and checked once so that running it needs no
// question.  Programs are immutable and shared by the instances that run them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "runtime/memory.h"

namespace yeoul {

constexpr int64_t kMapOpWords = 3 + kMaxOperands;  // of byte code: op, dtype, result, operands

#define YEOUL_OPCODES(X) \
  X(map) X(gemm) X(reduce) X(copy) X(fill) X(gather) X(scatter_add) X(random) X(host) X(conv) X(pool)

enum class OpCode : uint8_t {
#define X(name) code_##name,
  YEOUL_OPCODES(X)
#undef X
      Count
};

enum class Place : int32_t { Arena, Slot, Constant };

struct Value {
  Place place;
  int32_t index;  // of the slot
  int64_t offset, size;
  DType type;
};

struct Slot {
  int64_t size;
  bool is_writable;
  int64_t alignment = 1;  // what the instructions that touch it need
};

// A MapProgram with the memory it points to.
struct MapCode {
  MapProgram program{};
  std::vector<MapInput> inputs;
  std::vector<MapOutput> outputs;
  std::vector<MapOp> ops;
  Memory prepared;
};

// One struct for each kind of instruction.  Tasks hold everything but addresses, which an instance fills in.
struct MapStep {
  const MapProgram* program;
  int64_t pieces, piece_size;
};
struct GemmStep {
  GemmTask task;
  Plan plan;
  int32_t a, b, out;
  int32_t follower = -1;
};
struct ReduceStep {
  ReduceTask task;
  Plan plan;
  int32_t in, out[kMaxResults];
};
struct ConvStep {
  ConvTask task;
  Plan plan;
  int32_t a, b, out;
  int32_t follower = -1;
};
// A reduction of the rows that a product writes, piece by piece behind it while they are in the cache.  It is no
// instruction of its own.
struct Follower {
  int32_t reduce;                  // the step
  int64_t parts;                   // of the product's pieces, which are run one after the other
  std::vector<int64_t> rows;       // where pieces start, and the end
  std::vector<int64_t> part_ends;  // the same of parts
  size_t states;                   // bytes of shared scratch before the states of the parts
};
struct PoolStep {
  PoolTask task;
  Plan plan;
  int32_t operands[3], out;
};
struct CopyStep {
  CopyTask task;
  Plan plan;
  int32_t src, dst;
  int64_t src_offset, dst_offset;  // bytes
};
struct FillStep {
  DType type;
  int32_t value;
  int64_t count, pieces;
  double number;
};
struct GatherStep {
  GatherTask task;
  int64_t pieces;
  int32_t src, idx, dst;
};
struct ScatterStep {
  ScatterTask task;
  int32_t updates, idx, dst;
};
struct RandomStep {
  int32_t key, out;
  int64_t count, pieces;
};
struct HostStep {
  int32_t callable;
  std::vector<int32_t> inputs, outputs;
};

struct Instruction {
  OpCode code;
  bool is_parallel;  // worth waking other threads for
  int32_t step;      // index among the steps of its kind
  int32_t position;  // in the words it was decoded from, for messages
};

// What a program is decoded from; see docs of the Python lowering for the words.
struct ProgramWords {
  const int64_t* values;
  int64_t n_values;
  const int64_t* slots;
  int64_t n_slots;
  int64_t arena_bytes;
  const char* constants;
  int64_t constant_bytes;
  const int64_t* code;
  int64_t n_code;
  const double* numbers;
  int64_t n_numbers;
  int64_t n_host;
};

class Program {
 public:
  // Throws std::invalid_argument that names the instruction and what is wrong with it.
  Program(const KernelTable& kernels, const ProgramWords& words);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const KernelTable& kernels;
  std::vector<Value> values;
  std::vector<Slot> slots;
  int64_t arena_bytes = 0;
  Memory constants;

  std::vector<Instruction> instructions;
  std::deque<MapCode> codes;
  std::vector<MapStep> maps;
  std::vector<GemmStep> gemms;
  std::vector<ReduceStep> reduces;
  std::vector<ConvStep> convs;
  std::vector<PoolStep> pools;
  std::vector<CopyStep> copies;
  std::vector<FillStep> fills;
  std::vector<GatherStep> gathers;
  std::vector<ScatterStep> scatters;
  std::vector<RandomStep> randoms;
  std::vector<HostStep> hosts;
  std::vector<Follower> followers;

  size_t scratch_bytes = 0;         // of one thread
  size_t shared_scratch_bytes = 0;  // of all threads together
  double work = 0;                  // estimated nanoseconds on one thread
};

// "instruction 3 (gemm)"
std::string name_of(const Instruction& instruction);
const char* name_of(OpCode code);
const char* name_of(DType type);
const char* name_of(MapOpCode code);
const char* name_of(Reduction kind);
const char* name_of(Convolution kind);
const char* name_of(Pooling kind);

}  // namespace yeoul
