// A program: validated instructions over values.  Immutable once built; any number of instances may run it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace yeoul {

#define YEOUL_OPCODES(X) X(map) X(gemm) X(reduce) X(copy) X(fill) X(gather) X(scatter_add) X(random) X(host)
enum class Opcode : uint8_t {
#define X(name) op_##name,
  YEOUL_OPCODES(X)
#undef X
  Count
};

enum class Place : uint8_t { Arena, Slot, Constant };

struct Value {
  Place place;
  DType type;
  int32_t slot;
  int64_t offset;
  int64_t size;
};

struct Slot {
  int64_t size;
  bool writable;
};

// A map with the memory its description lives in.
struct OwnedMap {
  MapProgram program{};
  std::vector<MapInput> inputs;
  std::vector<MapOutput> outputs;
  std::vector<MapOp> ops;
  std::unique_ptr<char[]> prepared;
};

struct Instruction {
  Opcode code;
  bool parallel = false;
  Plan plan{1, 0, 0, 0.0};
  OwnedMap* map = nullptr;  // of a map, or inside a product or a reduction
  // Value ids; -1 where there is none.
  int32_t a = -1, b = -1, out = -1;
  GemmShape gemm{};
  ReduceTask reduce{};
  CopyTask copy{};
  int64_t src_offset = 0, dst_offset = 0;  // bytes, of a copy
  GatherTask gather{};
  ScatterTask scatter{};
  DType type{};
  int64_t count = 0;
  double number = 0.0;
  int32_t host = -1;
  std::vector<int32_t> host_inputs, host_outputs;
};

class Program {
 public:
  // Raises std::invalid_argument, naming the instruction, for anything that could touch memory outside its values.
  Program(std::span<const int64_t> values, std::span<const int64_t> slots, int64_t arena_bytes, std::string constants,
          std::span<const int64_t> code, std::span<const double> numbers, int64_t n_host);

  std::vector<Value> values;
  std::vector<Slot> slots;
  int64_t arena_bytes;
  std::string constants_storage;
  const char* constants;  // aligned
  std::vector<Instruction> instructions;
  size_t thread_scratch = 0;
  size_t shared_scratch = 0;

 private:
  std::vector<std::unique_ptr<OwnedMap>> maps_;
  std::unique_ptr<char[]> constants_memory_;
  friend class Decoder;
};

const KernelTable& kernels();

}  // namespace yeoul
