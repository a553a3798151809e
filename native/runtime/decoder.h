// Reads a program's words and refuses whatever could make an instruction touch memory that is not its own.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/program.h"

namespace yeoul {

constexpr double kParallelWork = 10'000;  // nanoseconds; below, waking threads costs more than they save

// The bytes of a value that an instruction touches.
struct Extent {
  int32_t value;
  int64_t begin, end;     // bytes from the value's start
  bool is_dense = false;  // element i of the instruction's flat space is element i from `begin` on
};

class Decoder {
 public:
  Decoder(Program& program, const ProgramWords& words) : program_(program), words_(words) {}
  void decode();

 private:
  struct MapShape {
    DType accumulator = DType::Count;  // of input 0 where a product hands it over
    int32_t results = 0;               // the last outputs, which are handed to reductions
    int64_t count = -1;                // elements the space must have; -1 = any
  };

  void decode_values();
  void decode_instruction(OpCode code);
  void decode_map();
  void decode_gemm();
  void decode_conv();
  void decode_pool();
  void decode_reduce();
  void check_reduction(const ReduceTask& t, Reduction kind, bool has_results);
  void decode_copy();
  void decode_fill();
  void decode_gather();
  void decode_scatter();
  void decode_random();
  void decode_host();

  // The flag and byte code behind a product of `count` elements that is stored in `out`, or nowhere; null = none.
  const MapProgram* decode_epilogue(DType type, int64_t count, int32_t out);
  // Whether a reduction with these reads and writes, results aside, can run row by row behind the product before it; if
  // so, it is noted there.
  bool follows_product(ReduceStep& step, const std::vector<Extent>& reads, const std::vector<Extent>& writes);
  // Returns more elements than a block of windows, with the padding around it, can have along the axis.
  int64_t take_spatial(Spatial& axis, bool has_dilation);
  // The byte code that starts at the cursor.  Its extents are added to `reads_` and `writes_`.
  const MapCode& decode_map_code(const MapShape& shape);
  void decode_map_inputs(MapCode& code, const MapShape& shape);
  void decode_map_outputs(MapCode& code, const MapShape& shape);
  void decode_map_ops(MapCode& code);
  void check_map_aliases(const MapCode& code) const;
  void find_direct_outputs(MapCode& code) const;

  int64_t take(const char* what);
  int64_t take_in(const char* what, int64_t low, int64_t high);
  int64_t take_size(const char* what) { return take_in(what, 0, INT64_MAX); }
  bool take_flag(const char* what) { return take_in(what, 0, 1) != 0; }
  int32_t take_value(const char* what);
  int32_t take_value_or_none(const char* what);
  DType take_dtype(const char* what);
  double take_number(DType type);

  int64_t times(int64_t a, int64_t b) const;
  int64_t plus(int64_t a, int64_t b) const;
  int64_t product(std::initializer_list<int64_t> factors) const;

  void expect_dtype(int32_t value, DType type, const char* what) const;
  // Notes that the instruction reads (writes) elements [low, high] of `value`, each of `item` bytes, after checking
  // that they are there, aligned and (for writes) allowed.
  void reads(int32_t value, int64_t low, int64_t high, int64_t item, bool is_dense = false);
  void writes(int32_t value, int64_t low, int64_t high, int64_t item);
  void touch(int32_t value, int64_t low, int64_t high, int64_t item, const char* verb, std::vector<Extent>& extents);
  // No write may overlap a read or another write, [from] onwards.
  void check_overlaps() const;
  bool do_overlap(const Extent& a, const Extent& b) const;
  bool are_same(const Extent& a, const Extent& b) const;

  template <typename Step>
  void add(std::vector<Step>& steps, Step step, bool is_parallel, double work) {
    program_.instructions.push_back({code_, is_parallel, static_cast<int32_t>(steps.size()), position_});
    program_.work += work;
    steps.push_back(std::move(step));
  }
  void need_scratch(size_t bytes, size_t shared_bytes = 0);

  [[noreturn]] void fail(const std::string& message) const;

  Program& program_;
  const ProgramWords& words_;
  int64_t cursor_ = 0, end_ = 0;
  int32_t position_ = -1;
  OpCode code_ = OpCode::Count;
  std::vector<Extent> reads_, writes_;

  // The instruction before, if it is a product: what it touches, and the columns of its result.
  struct Product {
    int64_t columns = 0;
    std::vector<Extent> reads, writes;
  } product_;
};

}  // namespace yeoul
