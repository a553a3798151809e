// What the runtime asks of the kernels.  One table of functions per instruction set; see `KernelTable`.
// Kernels allocate nothing, throw nothing and know neither graphs nor Python.
#pragma once

#include <cstddef>
#include <cstdint>

namespace yeoul {

enum class DType : uint8_t { Bool, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64, Count };

constexpr int64_t item_size(DType type) {
  constexpr int64_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8};
  return sizes[static_cast<int>(type)];
}

// name, number of operands
#define YEOUL_MAP_OPS(X)                                                                                              \
  X(const, 0)                                                                                                         \
  X(cast, 1)                                                                                                          \
  X(copy, 1)                                                                                                          \
  X(neg, 1)                                                                                                           \
  X(abs, 1)                                                                                                           \
  X(sign, 1)                                                                                                          \
  X(floor, 1)                                                                                                         \
  X(ceil, 1) X(round, 1) X(trunc, 1) X(sqrt, 1) X(rsqrt, 1) X(square, 1) X(reciprocal, 1) X(exp, 1) X(expm1, 1)       \
      X(log, 1) X(log1p, 1) X(sin, 1) X(cos, 1) X(tan, 1) X(asin, 1) X(acos, 1) X(atan, 1) X(sinh, 1) X(cosh, 1)      \
          X(tanh, 1) X(asinh, 1) X(acosh, 1) X(atanh, 1) X(sigmoid, 1) X(erf, 1) X(softplus, 1) X(isnan, 1)           \
              X(isinf, 1) X(isfinite, 1) X(not, 1) X(add, 2) X(sub, 2) X(mul, 2) X(div, 2) X(floordiv, 2) X(mod, 2)   \
                  X(pow, 2) X(atan2, 2) X(max, 2) X(min, 2) X(eq, 2) X(ne, 2) X(lt, 2) X(le, 2) X(gt, 2) X(ge, 2)     \
                      X(and, 2) X(or, 2) X(xor, 2) X(shl, 2) X(shr, 2) X(select, 3) X(fma, 3) X(lerp, 3)              \
                          X(lerp_square, 3) X(adam_step, 5) X(rms_step, 5) X(select_gt, 4) X(select_ge, 4) X(relu, 1) \
                              X(relu_limited, 2) X(sub_mul, 3) X(sub_fma, 4) X(sub_fma_add, 5) X(fma_add, 4)

enum class MapOpCode : uint8_t {
#define X(name, arity) op_##name,
  YEOUL_MAP_OPS(X)
#undef X
      Count
};

constexpr int arity_of(MapOpCode code) {
  constexpr int arities[] = {
#define X(name, arity) arity,
      YEOUL_MAP_OPS(X)
#undef X
  };
  return arities[static_cast<int>(code)];
}

#define YEOUL_REDUCTIONS(X) X(sum) X(prod) X(max) X(min) X(argmax) X(argmin) X(variance)
enum class Reduction : uint8_t {
#define X(name) red_##name,
  YEOUL_REDUCTIONS(X)
#undef X
      Count
};

// The transposes of a convolution in its input and in its kernel are convolutions of their own kind.
#define YEOUL_CONVOLUTIONS(X) X(forward) X(input_grad) X(kernel_grad)
enum class Convolution : uint8_t {
#define X(name) conv_##name,
  YEOUL_CONVOLUTIONS(X)
#undef X
      Count
};

#define YEOUL_POOLINGS(X) X(max) X(max_grad) X(max_pick) X(sum) X(sum_grad)
enum class Pooling : uint8_t {
#define X(name) pool_##name,
  YEOUL_POOLINGS(X)
#undef X
      Count
};

constexpr int kMaxDims = 8;
constexpr int kSpatial = 3;     // depth, height, width; fewer axes have a leading size of 1
constexpr int64_t kTile = 512;  // elements a register of the byte code holds

constexpr int kMaxOperands = 5;
constexpr int kMaxResults = 4;  // of reductions that are computed side by side

struct MapOp {
  MapOpCode code;
  DType type;    // of the operands (of b and c for select)
  DType target;  // of the result, for cast
  uint16_t dst, read[kMaxOperands];
  double number;  // for const
};

struct MapInput {
  int32_t value;  // index into the table of pointers; -1 = the accumulator
  DType type;
  int64_t strides[kMaxDims];  // in elements
};

struct MapOutput {
  int32_t value;  // -1 = handed to the caller (the register that a reduction consumes)
  uint16_t reg;
  DType type;
  bool direct;  // the op that computes it may write its memory at once: nothing that shares it is read later
};

// A validated piece of byte code over a row-major space of `dims`.  Memory belongs to the program.
struct MapProgram {
  int32_t n_dims, n_inputs, n_outputs, n_registers, n_ops;
  int64_t dims[kMaxDims];
  int64_t count;
  const MapInput* inputs;
  const MapOutput* outputs;
  const MapOp* ops;
  const void* prepared;  // what map_prepare made of it
};

// c[m,n] = a[m,k] b[k,n] for each of `batch`; strides in elements.
struct GemmShape {
  DType type;  // F32 or F64
  int64_t batch, m, n, k;
  int64_t a_batch, a_row, a_col;
  int64_t b_batch, b_row, b_col;
};

struct GemmTask {
  GemmShape shape;
  const void* a;
  const void* b;
  void* out;                   // contiguous batch*m*n, or null when only the epilogue uses the product
  const MapProgram* epilogue;  // or null; its input 0 is the accumulator
  void* const* values;         // the table of pointers for the epilogue
};

// out = (in + low + high - (window - 1) dilation - 1) / stride + 1, where `high` is whatever makes it so.
struct Spatial {
  int64_t in, out, window, stride, low, dilation;
};

// x (batch, *in, groups channels), kernel (*window, channels, groups filters), y (batch, *out, groups filters).
struct ConvShape {
  Convolution kind;
  DType type;                                // F32 or F64
  int64_t batch, groups, channels, filters;  // of one group
  Spatial axes[kSpatial];
};

struct ConvTask {
  ConvShape shape;
  const void* a;               // x, or dy for the input's gradient
  const void* b;               // the kernel, or dy for the kernel's gradient
  void* out;                   // or null when only the epilogue uses the result
  const MapProgram* epilogue;  // or null; its input 0 is the result
  void* const* values;
};

// x (batch, *in, channels), y (batch, *out, channels).
struct PoolTask {
  Pooling kind;
  DType type;  // F32 or F64
  int64_t batch, channels;
  Spatial axes[kSpatial];
  const void* operands[3];  // x | x, y, dy | x, y, g | x | dy
  void* out;
};

// Bytes of scratch that one thread needs, and pieces the work is cut into (both from shapes only).
struct Plan {
  int64_t pieces;
  size_t scratch_bytes;         // per thread
  size_t shared_scratch_bytes;  // one for all pieces
  double work;                  // estimated nanoseconds on one thread
  int64_t prepare_pieces = 0;   // of what runs before all pieces
  int64_t finish_pieces = 0;    // of what runs after them
};

// Rows [begin, end) of a product's result; begin < 0 where pieces do not hold whole rows.
struct Rows {
  int64_t begin, end;
};

// Several reductions of one kind of array side by side: of one input, or each of its own result of the prologue.
struct ReduceTask {
  int32_t n_results;
  Reduction kinds[kMaxResults];  // argmax and argmin stand alone
  DType type;                    // of the input
  DType out_type;                // I32 or I64 for argmax and argmin, else == type
  int64_t outer, reduced, inner;
  const void* in;  // null when the prologue computes it
  void* out[kMaxResults];
  const MapProgram* prologue;  // or null; its last n_results outputs have value -1
  void* const* values;
  int64_t n_parts;           // of a reduction that follows a product row by row: where the product's pieces cut the
  const int64_t* part_ends;  // reduced axis; 0 and null = the reduction cuts it itself
};

struct CopyTask {
  int64_t elem_bytes;
  int32_t n_dims;
  int64_t dims[kMaxDims];
  const char* src;  // offsets already added
  int64_t src_strides[kMaxDims];
  char* dst;
  int64_t dst_strides[kMaxDims];
};

struct GatherTask {
  int64_t elem_bytes, outer, axis, inner, count;
  bool wide_index;  // int64, else int32
  bool clip;
  const void* src;
  const void* idx;
  void* dst;
};

struct ScatterTask {
  DType type;
  int64_t outer, axis, inner, count;
  bool wide_index, zero_first;
  const void* updates;
  const void* idx;
  void* dst;
};

// Every function that takes (piece, pieces) does that share of the work; any order, any thread, same bits.
// Functions that can meet a wrong index return -1 when all is well, else the position of the first bad index.
struct KernelTable {
  const char* name;

  // Fills `storage` (size from map_prepared_bytes) with what map_run needs: kernel addresses, which registers alias
  // memory.
  size_t (*map_prepared_bytes)(const MapProgram&);
  void (*map_prepare)(const MapProgram&, void* storage);
  size_t (*map_scratch_bytes)(const MapProgram&);
  // Elements [begin, end) of the flat space.  `accumulator` points at the value for `begin` (contiguous), or null.
  // `result`, when not null, receives the outputs whose value is -1, one behind the other, end - begin elements each.
  void (*map_run)(const MapProgram&, void* const* values, int64_t begin, int64_t end, const void* accumulator,
                  void* result, char* scratch);
  double (*map_work)(const MapProgram&);  // estimated nanoseconds on one thread

  Plan (*gemm_plan)(const GemmShape&, const MapProgram* epilogue);
  void (*gemm_prepare)(const GemmTask&, char* shared, int64_t piece, int64_t pieces);  // where the plan has pieces
  void (*gemm_run)(const GemmTask&, char* shared, int64_t piece, char* scratch);
  void (*gemm_finish)(const GemmTask&, const Plan&, char* shared, int64_t piece, char* scratch);
  Rows (*gemm_rows)(const GemmShape&, const MapProgram* epilogue, int64_t piece);

  Plan (*reduce_plan)(const ReduceTask&);
  void (*reduce_run)(const ReduceTask&, const Plan&, char* shared, int64_t piece, char* scratch);
  void (*reduce_finish)(const ReduceTask&, char* shared);  // combine partial results in fixed order
  // Takes in some rows of a part whose rows before are taken in; `shared` holds the states of n_parts parts.
  size_t (*reduce_part_bytes)(const ReduceTask&);
  void (*reduce_rows)(const ReduceTask&, int64_t part, Rows, char* shared, char* scratch);

  Plan (*conv_plan)(const ConvShape&, const MapProgram* epilogue);
  void (*conv_prepare)(const ConvTask&, char* shared, int64_t piece, int64_t pieces);
  void (*conv_run)(const ConvTask&, char* shared, int64_t piece, char* scratch);
  void (*conv_finish)(const ConvTask&, const Plan&, char* shared, int64_t piece, char* scratch);
  Rows (*conv_rows)(const ConvShape&, const MapProgram* epilogue, int64_t piece);

  Plan (*pool_plan)(const PoolTask&);
  void (*pool_run)(const PoolTask&, const Plan&, int64_t piece);

  Plan (*copy_plan)(const CopyTask&);
  void (*copy_run)(const CopyTask&, const Plan&, int64_t piece);
  void (*fill)(void* dst, DType type, int64_t count, double number);
  int64_t (*gather)(const GatherTask&, int64_t piece, int64_t pieces);
  int64_t (*scatter_add)(const ScatterTask&);
  void (*random_bits)(uint32_t seed, uint32_t counter, uint32_t lane3, int64_t begin, int64_t end, uint32_t* out);
};

const KernelTable& kernels_baseline();
#if defined(__x86_64__)
const KernelTable& kernels_avx2();
const KernelTable& kernels_avx512();
#endif

}  // namespace yeoul
