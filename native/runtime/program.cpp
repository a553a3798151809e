#include "runtime/program.h"

#include "runtime/decoder.h"

namespace yeoul {

Program::Program(const KernelTable& table, const ProgramWords& words) : kernels(table) {
  Decoder(*this, words).decode();
}

std::string name_of(const Instruction& instruction) {
  return "instruction " + std::to_string(instruction.position) + " (" + name_of(instruction.code) + ")";
}

const char* name_of(OpCode code) {
  static constexpr const char* names[] = {
#define X(name) #name,
      YEOUL_OPCODES(X)
#undef X
  };
  return names[static_cast<int>(code)];
}

const char* name_of(DType type) {
  static constexpr const char* names[] = {"bool",   "uint8", "int8",    "uint16",   "int16",   "uint32", "int32",
                                          "uint64", "int64", "float16", "bfloat16", "float32", "float64"};
  return names[static_cast<int>(type)];
}

const char* name_of(MapOpCode code) {
  static constexpr const char* names[] = {
#define X(name, arity) #name,
      YEOUL_MAP_OPS(X)
#undef X
  };
  return names[static_cast<int>(code)];
}

const char* name_of(Convolution kind) {
  static constexpr const char* names[] = {
#define X(name) #name,
      YEOUL_CONVOLUTIONS(X)
#undef X
  };
  return names[static_cast<int>(kind)];
}

const char* name_of(Pooling kind) {
  static constexpr const char* names[] = {
#define X(name) #name,
      YEOUL_POOLINGS(X)
#undef X
  };
  return names[static_cast<int>(kind)];
}

const char* name_of(Reduction kind) {
  static constexpr const char* names[] = {
#define X(name) #name,
      YEOUL_REDUCTIONS(X)
#undef X
  };
  return names[static_cast<int>(kind)];
}

}  // namespace yeoul
