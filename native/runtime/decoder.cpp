#include "runtime/decoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace yeoul {
namespace {

constexpr double kPieceWork = 5'000;
constexpr int64_t kMaxPieces = 64;
constexpr int64_t kMaxBytes = int64_t{1} << 56;

int64_t pieces_for(double work) { return std::clamp<int64_t>(static_cast<int64_t>(work / kPieceWork), 1, kMaxPieces); }

double bytes_work(double bytes) { return bytes * 0.1; }

bool is_one_of(DType type, std::initializer_list<DType> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_copied_size(int64_t bytes) { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8; }

// Whether a number becomes `type` without undefined behaviour.
bool fits(double number, DType type) {
  switch (type) {
    case DType::Bool:
      return number == 0 || number == 1;
    case DType::U8:
      return number >= 0 && number <= 255;
    case DType::I8:
      return number >= -128 && number <= 127;
    case DType::U16:
      return number >= 0 && number <= 65535;
    case DType::I16:
      return number >= -32768 && number <= 32767;
    case DType::U32:
      return number >= 0 && number <= 4294967295.0;
    case DType::I32:
      return number >= -2147483648.0 && number <= 2147483647.0;
    case DType::U64:
      return number >= 0 && number < 18446744073709551616.0;
    case DType::I64:
      return number >= -9223372036854775808.0 && number < 9223372036854775808.0;
    default:
      return true;
  }
}

}  // namespace

void Decoder::fail(const std::string& message) const {
  if (position_ < 0) throw std::invalid_argument(message);
  const std::string name = code_ == OpCode::Count ? "" : std::string(" (") + name_of(code_) + ")";
  throw std::invalid_argument("instruction " + std::to_string(position_) + name + ": " + message);
}

// -- words ------------------------------------------------------------------------------------------------------------

int64_t Decoder::take(const char* what) {
  if (cursor_ >= end_) fail(std::string("its words end where ") + what + " should stand");
  return words_.code[cursor_++];
}

int64_t Decoder::take_in(const char* what, int64_t low, int64_t high) {
  const int64_t word = take(what);
  if (word < low || word > high) {
    fail(std::string(what) + " is " + std::to_string(word) + " and must lie between " + std::to_string(low) + " and " +
         std::to_string(high));
  }
  return word;
}

int32_t Decoder::take_value(const char* what) {
  return static_cast<int32_t>(take_in(what, 0, static_cast<int64_t>(program_.values.size()) - 1));
}

int32_t Decoder::take_value_or_none(const char* what) {
  return static_cast<int32_t>(take_in(what, -1, static_cast<int64_t>(program_.values.size()) - 1));
}

DType Decoder::take_dtype(const char* what) {
  return static_cast<DType>(take_in(what, 0, static_cast<int64_t>(DType::Count) - 1));
}

double Decoder::take_number(DType type) {
  const double number = words_.numbers[take_in("the index of a number", 0, words_.n_numbers - 1)];
  if (!fits(number, type)) fail("the number " + std::to_string(number) + " is no " + name_of(type));
  return number;
}

int64_t Decoder::times(int64_t a, int64_t b) const {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result)) fail("its sizes multiply to more than 64 bits");
  return result;
}

int64_t Decoder::plus(int64_t a, int64_t b) const {
  int64_t result;
  if (__builtin_add_overflow(a, b, &result)) fail("its offsets add up to more than 64 bits");
  return result;
}

int64_t Decoder::product(std::initializer_list<int64_t> factors) const {
  int64_t result = 1;
  for (int64_t factor : factors) result = times(result, factor);
  return result;
}

// -- memory -----------------------------------------------------------------------------------------------------------

void Decoder::expect_dtype(int32_t value, DType type, const char* what) const {
  const DType found = program_.values[value].type;
  if (found != type) {
    fail("value " + std::to_string(value) + " (" + what + ") is " + name_of(found) + " and must be " + name_of(type));
  }
}

void Decoder::touch(int32_t value, int64_t low, int64_t high, int64_t item, const char* verb,
                    std::vector<Extent>& extents) {
  const Value& v = program_.values[value];
  const int64_t end = times(plus(high, 1), item);
  if (low < 0) {
    fail("it " + std::string(verb) + " element " + std::to_string(low) + " of value " + std::to_string(value));
  }
  if (end > v.size) {
    fail("value " + std::to_string(value) + " holds " + std::to_string(v.size) + " bytes and the instruction " + verb +
         " " + std::to_string(end));
  }
  if (v.offset % item != 0) {
    fail("value " + std::to_string(value) + " starts at byte " + std::to_string(v.offset) +
         ", which is no multiple of the " + std::to_string(item) + " bytes of an element");
  }
  if (v.place == Place::Slot) {
    int64_t& alignment = program_.slots[v.index].alignment;
    alignment = std::max(alignment, item);
  }
  extents.push_back({value, times(low, item), end});
}

void Decoder::reads(int32_t value, int64_t low, int64_t high, int64_t item, bool is_dense) {
  touch(value, low, high, item, "reads", reads_);
  reads_.back().is_dense = is_dense;
}

void Decoder::writes(int32_t value, int64_t low, int64_t high, int64_t item) {
  const Value& v = program_.values[value];
  if (v.place == Place::Constant) fail("it writes value " + std::to_string(value) + ", which is a constant");
  if (v.place == Place::Slot && !program_.slots[v.index].is_writable) {
    fail("it writes value " + std::to_string(value) + " in slot " + std::to_string(v.index) + ", which is read-only");
  }
  touch(value, low, high, item, "writes", writes_);
}

bool Decoder::do_overlap(const Extent& a, const Extent& b) const {
  const Value &x = program_.values[a.value], &y = program_.values[b.value];
  if (x.place != y.place || (x.place == Place::Slot && x.index != y.index)) return false;
  return x.offset + a.begin < y.offset + b.end && y.offset + b.begin < x.offset + a.end;
}

bool Decoder::are_same(const Extent& a, const Extent& b) const {
  const int64_t x = program_.values[a.value].offset, y = program_.values[b.value].offset;
  return do_overlap(a, b) && x + a.begin == y + b.begin && x + a.end == y + b.end;
}

void Decoder::check_overlaps() const {
  for (size_t i = 0; i < writes_.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (do_overlap(writes_[i], writes_[j])) {
        fail("it writes values " + std::to_string(writes_[j].value) + " and " + std::to_string(writes_[i].value) +
             ", which overlap");
      }
    }
    for (const Extent& read : reads_) {
      if (do_overlap(writes_[i], read)) {
        fail("it writes value " + std::to_string(writes_[i].value) + " over value " + std::to_string(read.value) +
             ", which it reads");
      }
    }
  }
}

// -- the program ------------------------------------------------------------------------------------------------------

void Decoder::decode() {
  decode_values();
  while (cursor_ < words_.n_code) {
    ++position_;
    code_ = OpCode::Count;
    end_ = words_.n_code;
    reads_.clear();
    writes_.clear();
    const auto code = static_cast<OpCode>(take_in("the opcode", 0, static_cast<int64_t>(OpCode::Count) - 1));
    code_ = code;
    const int64_t length = take("the number of words");
    if (length < 0 || length > words_.n_code - cursor_) {
      fail("it claims " + std::to_string(length) + " words and " + std::to_string(words_.n_code - cursor_) +
           " are left");
    }
    end_ = cursor_ + length;
    if (code != OpCode::code_reduce) product_ = {};
    decode_instruction(code);
    if (code == OpCode::code_reduce) product_ = {};
    if (cursor_ != end_) fail(std::to_string(end_ - cursor_) + " words are left over");
  }
  position_ = -1;
}

void Decoder::decode_values() {
  program_.arena_bytes = words_.arena_bytes;
  if (words_.arena_bytes < 0 || words_.arena_bytes > kMaxBytes) {
    fail("the arena's size is " + std::to_string(words_.arena_bytes) + " bytes");
  }
  if (words_.n_values > INT32_MAX || words_.n_slots > INT32_MAX) fail("there are more than 2^31 values or slots");
  if (words_.constant_bytes > 0) {
    program_.constants = Memory(words_.constant_bytes);
    std::copy_n(words_.constants, words_.constant_bytes, program_.constants.data());
  }
  for (int64_t i = 0; i < words_.n_slots; ++i) {
    const int64_t* row = words_.slots + 2 * i;
    if (row[0] < 0 || row[0] > kMaxBytes || row[1] < 0 || row[1] > 1) {
      fail("slot " + std::to_string(i) + ": its row must be (bytes, writable 0 or 1), and is (" +
           std::to_string(row[0]) + ", " + std::to_string(row[1]) + ")");
    }
    program_.slots.push_back({row[0], row[1] != 0});
  }
  for (int64_t i = 0; i < words_.n_values; ++i) {
    const int64_t* row = words_.values + 5 * i;
    const std::string name = "value " + std::to_string(i);
    if (row[0] < 0 || row[0] > 2) fail(name + ": its place is " + std::to_string(row[0]) + " and must be 0, 1 or 2");
    const auto place = static_cast<Place>(row[0]);
    const int64_t n_places = place == Place::Slot ? words_.n_slots : 1;
    if (row[1] < 0 || row[1] >= n_places) fail(name + ": there is no place " + std::to_string(row[1]));
    if (row[4] < 0 || row[4] >= static_cast<int64_t>(DType::Count)) {
      fail(name + ": there is no dtype " + std::to_string(row[4]));
    }
    const auto type = static_cast<DType>(row[4]);
    const int64_t room = place == Place::Slot    ? program_.slots[row[1]].size
                         : place == Place::Arena ? words_.arena_bytes
                                                 : words_.constant_bytes;
    if (row[2] < 0 || row[3] < 0 || row[2] > room || row[3] > room - row[2]) {
      fail(name + ": bytes " + std::to_string(row[2]) + " to " + std::to_string(row[2]) + " + " +
           std::to_string(row[3]) + " are not within the " + std::to_string(room) + " bytes of its place");
    }
    if (row[2] % item_size(type) != 0) {
      fail(name + ": it starts at byte " + std::to_string(row[2]) + ", which is no multiple of the size of " +
           name_of(type));
    }
    program_.values.push_back({place, static_cast<int32_t>(row[1]), row[2], row[3], type});
  }
}

void Decoder::decode_instruction(OpCode code) {
  switch (code) {
    case OpCode::code_map:
      return decode_map();
    case OpCode::code_gemm:
      return decode_gemm();
    case OpCode::code_conv:
      return decode_conv();
    case OpCode::code_pool:
      return decode_pool();
    case OpCode::code_reduce:
      return decode_reduce();
    case OpCode::code_copy:
      return decode_copy();
    case OpCode::code_fill:
      return decode_fill();
    case OpCode::code_gather:
      return decode_gather();
    case OpCode::code_scatter_add:
      return decode_scatter();
    case OpCode::code_random:
      return decode_random();
    case OpCode::code_host:
      return decode_host();
    case OpCode::Count:
      break;
  }
}

void Decoder::need_scratch(size_t bytes, size_t shared_bytes) {
  program_.scratch_bytes = std::max(program_.scratch_bytes, bytes);
  program_.shared_scratch_bytes = std::max(program_.shared_scratch_bytes, shared_bytes);
}

// -- instructions -----------------------------------------------------------------------------------------------------

void Decoder::decode_map() {
  const MapProgram& program = decode_map_code({}).program;
  if (program.count == 0) return;
  const double work = program_.kernels.map_work(program);
  // Pieces end where tiles end, so that every element is computed by the same code however many threads there are.
  const int64_t tiles = (program.count - 1) / kTile + 1;
  const int64_t piece_tiles = (tiles - 1) / pieces_for(work) + 1;
  const int64_t pieces = (tiles - 1) / piece_tiles + 1;
  need_scratch(program_.kernels.map_scratch_bytes(program));
  add(program_.maps, MapStep{&program, pieces, piece_tiles * kTile}, pieces > 1 && work > kParallelWork, work);
}

void Decoder::decode_gemm() {
  GemmStep step{};
  GemmShape& s = step.task.shape;
  s.type = take_dtype("the dtype");
  if (!is_one_of(s.type, {DType::F32, DType::F64})) fail(std::string("there is no product of ") + name_of(s.type));
  const int64_t item = item_size(s.type);
  s.batch = take_size("the batch size");
  s.m = take_size("m");
  s.n = take_size("n");
  s.k = take_size("k");
  const int64_t count = product({s.batch, s.m, s.n});
  const bool has_inputs = count > 0 && s.k > 0;
  // Kernels count multiply-adds and the bytes of packed operands, which are a vector or two wider than k x n.
  constexpr int64_t kWidth = 256;
  product({plus(s.batch, 1), plus(s.k, 1), plus(s.m, kWidth), 8});
  product({plus(s.batch, 1), plus(s.k, 1), plus(s.n, kWidth), 8});
  times(count, s.k);

  const auto operand = [&](const char* what, int64_t rows, int64_t columns, int64_t& batch_stride, int64_t& row_stride,
                           int64_t& column_stride) {
    const int32_t value = take_value(what);
    expect_dtype(value, s.type, what);
    batch_stride = take_size("a batch stride");
    row_stride = take_size("a row stride");
    column_stride = take_size("a column stride");
    if (row_stride != 1 && column_stride != 1 && rows > 1 && columns > 1) {
      fail(std::string(what) + " has row stride " + std::to_string(row_stride) + " and column stride " +
           std::to_string(column_stride) + ", and one of them must be 1");
    }
    // Strides that are never stepped over may be anything; kernels get ones that can be added without harm.
    if (s.batch <= 1) batch_stride = 0;
    if (rows <= 1 && row_stride != 1) row_stride = columns;
    if (columns <= 1 && column_stride != 1) column_stride = rows;
    if (has_inputs) {
      const int64_t high =
          plus(times(s.batch - 1, batch_stride), plus(times(rows - 1, row_stride), times(columns - 1, column_stride)));
      reads(value, 0, high, item);
    }
    return value;
  };
  step.a = operand("a", s.m, s.k, s.a_batch, s.a_row, s.a_col);
  step.b = operand("b", s.k, s.n, s.b_batch, s.b_row, s.b_col);
  step.out = take_value_or_none("the product");
  if (step.out >= 0) {
    expect_dtype(step.out, s.type, "the product");
    if (count > 0) writes(step.out, 0, count - 1, item);
  }
  const MapProgram* epilogue = decode_epilogue(s.type, count, step.out);
  if (count == 0) return;
  step.task.epilogue = epilogue;
  step.plan = program_.kernels.gemm_plan(s, epilogue);
  need_scratch(step.plan.scratch_bytes, step.plan.shared_scratch_bytes);
  product_.columns = s.n;
  add(program_.gemms, step, step.plan.pieces > 1 && step.plan.work > kParallelWork, step.plan.work);
}

const MapProgram* Decoder::decode_epilogue(DType type, int64_t count, int32_t out) {
  check_overlaps();
  product_ = {0, reads_, writes_};
  if (!take_flag("the flag for byte code")) {
    if (out < 0) fail("the product is neither stored nor handed to byte code");
    return nullptr;
  }
  const std::vector<Extent> product_reads = std::move(reads_), product_writes = std::move(writes_);
  reads_.clear();
  writes_.clear();
  const MapProgram* epilogue = &decode_map_code({.accumulator = type, .count = count}).program;
  product_.reads.insert(product_.reads.end(), reads_.begin(), reads_.end());
  product_.writes.insert(product_.writes.end(), writes_.begin(), writes_.end());
  // What byte code reads and writes at the same place is checked already; against the product nothing may overlap.
  for (const Extent& written : product_writes) {
    for (const Extent& read : reads_) {
      if (do_overlap(written, read))
        fail("its byte code reads value " + std::to_string(read.value) + " under the product");
    }
  }
  reads_ = product_reads;
  writes_.insert(writes_.end(), product_writes.begin(), product_writes.end());
  check_overlaps();
  return epilogue;
}

void Decoder::decode_reduce() {
  ReduceStep step{};
  ReduceTask& t = step.task;
  t.n_results = static_cast<int32_t>(take_in("the number of results", 1, kMaxResults));
  for (int r = 0; r < t.n_results; ++r) {
    t.kinds[r] = static_cast<Reduction>(take_in("the kind", 0, static_cast<int64_t>(Reduction::Count) - 1));
  }
  const bool is_position = t.kinds[0] == Reduction::red_argmax || t.kinds[0] == Reduction::red_argmin;
  t.type = take_dtype("the dtype");
  t.outer = take_size("outer");
  t.reduced = take_size("reduced");
  t.inner = take_size("inner");
  const int64_t results = times(t.outer, t.inner);
  const int64_t count = times(results, t.reduced);
  for (int r = 0; r < t.n_results; ++r) check_reduction(t, t.kinds[r], results > 0);

  step.in = take_value_or_none("the input");
  for (int r = 0; r < t.n_results; ++r) {
    step.out[r] = take_value("an output");
    const DType type = program_.values[step.out[r]].type;
    if (r == 0) t.out_type = type;
    if (is_position ? !is_one_of(type, {DType::I32, DType::I64}) : type != t.type) {
      fail(std::string("the ") + name_of(t.kinds[r]) + " of " + name_of(t.type) + " can not be stored as " +
           name_of(type));
    }
  }
  if (step.in >= 0) {
    expect_dtype(step.in, t.type, "the input");
    if (count > 0) reads(step.in, 0, count - 1, item_size(t.type), true);
  }
  const bool has_prologue = take_flag("the flag for byte code");
  if (has_prologue == (step.in >= 0)) fail("its input is either a value or byte code");
  if (has_prologue) {
    const MapCode& code = decode_map_code({.results = t.n_results, .count = count});
    t.prologue = &code.program;
    if (is_position) fail(std::string(name_of(t.kinds[0])) + " takes a value and no byte code");
    for (size_t r = code.outputs.size() - t.n_results; r < code.outputs.size(); ++r) {
      if (code.outputs[r].type != t.type) fail("its byte code gives another dtype than it reduces");
    }
  }
  const std::vector<Extent> read = reads_, stored = std::move(writes_);
  // Against the reductions' own outputs nothing may overlap; the byte code itself is checked already.
  reads_.insert(reads_.end(), stored.begin(), stored.end());
  writes_.clear();
  if (results == 0) return;
  for (int r = 0; r < t.n_results; ++r) writes(step.out[r], 0, results - 1, item_size(t.out_type));
  check_overlaps();
  // A kernel tells a prologue by the missing input.
  t.in = has_prologue ? nullptr : this;
  step.plan = program_.kernels.reduce_plan(t);
  need_scratch(step.plan.scratch_bytes, step.plan.shared_scratch_bytes);
  if (!is_position && follows_product(step, read, stored)) return;
  add(program_.reduces, step, step.plan.pieces > 1 && step.plan.work > kParallelWork, step.plan.work);
}

void Decoder::check_reduction(const ReduceTask& t, Reduction kind, bool has_results) {
  const bool is_sum = kind == Reduction::red_sum || kind == Reduction::red_prod;
  const bool is_position = kind == Reduction::red_argmax || kind == Reduction::red_argmin;
  if (!is_one_of(t.type, {DType::Bool, DType::I32, DType::I64, DType::U32, DType::F32, DType::F64}) ||
      (is_sum && t.type == DType::Bool) ||
      (kind == Reduction::red_variance && !is_one_of(t.type, {DType::F32, DType::F64}))) {
    fail(std::string("there is no ") + name_of(kind) + " of " + name_of(t.type));
  }
  if (is_position && t.n_results > 1) fail(std::string(name_of(kind)) + " stands alone in its instruction");
  if (has_results && t.reduced == 0 && !is_sum) fail(std::string(name_of(kind)) + " of nothing has no value");
}

bool Decoder::follows_product(ReduceStep& step, const std::vector<Extent>& reads, const std::vector<Extent>& writes) {
  ReduceTask& t = step.task;
  if (product_.columns == 0 || t.outer != 1 || t.inner != product_.columns || t.reduced == 0) return false;
  // Rows are whole when their piece is: what both touch must lie row for row at the same place.
  bool does_read = false;
  for (const Extent& written : product_.writes) {
    for (const Extent& read : reads) {
      if (!do_overlap(written, read)) continue;
      if (!read.is_dense || !are_same(written, read)) return false;
      does_read = true;
    }
    for (const Extent& write : writes) {
      if (do_overlap(written, write) && !are_same(written, write)) return false;
    }
  }
  for (const Extent& read : product_.reads) {
    for (const Extent& write : writes) {
      if (do_overlap(read, write)) return false;
    }
  }
  if (!does_read) return false;

  const Instruction& product = program_.instructions.back();
  const bool is_gemm = product.code == OpCode::code_gemm;
  const Plan& plan = is_gemm ? program_.gemms[product.step].plan : program_.convs[product.step].plan;
  Follower f{static_cast<int32_t>(program_.reduces.size()), 0, {0}, {}, 0};
  for (int64_t piece = 0; piece < plan.pieces; ++piece) {
    const GemmTask* gemm = is_gemm ? &program_.gemms[product.step].task : nullptr;
    const ConvTask* conv = is_gemm ? nullptr : &program_.convs[product.step].task;
    const Rows rows = is_gemm ? program_.kernels.gemm_rows(gemm->shape, gemm->epilogue, piece)
                              : program_.kernels.conv_rows(conv->shape, conv->epilogue, piece);
    if (rows.begin != f.rows.back() || rows.end <= rows.begin) return false;
    f.rows.push_back(rows.end);
  }
  if (f.rows.back() != t.reduced) return false;

  constexpr int64_t kStateBytes = 1 << 19;  // of all parts: they are joined by one thread
  const auto part_bytes = static_cast<int64_t>(program_.kernels.reduce_part_bytes(t));
  f.parts = std::min(plan.pieces, std::max<int64_t>(kStateBytes / part_bytes, 8));
  for (int64_t part = 1; part <= f.parts; ++part) f.part_ends.push_back(f.rows[plan.pieces * part / f.parts]);
  f.states = (plan.shared_scratch_bytes + 63) / 64 * 64;
  need_scratch(0, f.states + static_cast<size_t>(f.parts * part_bytes));
  t.n_parts = f.parts;
  t.part_ends = f.part_ends.data();
  program_.work += step.plan.work;
  program_.reduces.push_back(step);
  (is_gemm ? program_.gemms[product.step].follower : program_.convs[product.step].follower) =
      static_cast<int32_t>(program_.followers.size());
  program_.followers.push_back(std::move(f));
  return true;
}

void Decoder::decode_copy() {
  CopyStep step{};
  CopyTask& t = step.task;
  t.elem_bytes = take("the size of an element");
  if (!is_copied_size(t.elem_bytes)) {
    fail("an element has " + std::to_string(t.elem_bytes) + " bytes and must have 1, 2, 4 or 8");
  }
  t.n_dims = static_cast<int32_t>(take_in("the number of axes", 0, kMaxDims));
  int64_t count = 1;
  for (int i = 0; i < t.n_dims; ++i) {
    t.dims[i] = take_size("the size of an axis");
    count = times(count, t.dims[i]);
  }
  const auto reach = [&](int64_t offset, const int64_t* strides, int64_t& low, int64_t& high) {
    low = high = offset;
    for (int i = 0; i < t.n_dims; ++i) {
      if (count == 0) continue;
      const int64_t span = times(strides[i], t.dims[i] - 1);
      (span < 0 ? low : high) = plus(span < 0 ? low : high, span);
    }
  };
  int64_t low, high;
  step.src = take_value("the source");
  const int64_t src_offset = take("the source's offset");
  for (int i = 0; i < t.n_dims; ++i) t.src_strides[i] = take("a stride of the source");
  reach(src_offset, t.src_strides, low, high);
  if (count > 0) reads(step.src, low, high, t.elem_bytes);

  step.dst = take_value("the destination");
  const int64_t dst_offset = take("the destination's offset");
  for (int i = 0; i < t.n_dims; ++i) t.dst_strides[i] = take_size("a stride of the destination");
  if (count == 0) return;
  reach(dst_offset, t.dst_strides, low, high);
  writes(step.dst, low, high, t.elem_bytes);
  check_overlaps();
  // Each element is written once: an axis steps over all that the axes inside it reach.
  std::vector<int> axes;
  for (int i = 0; i < t.n_dims; ++i) {
    if (t.dims[i] > 1) axes.push_back(i);
  }
  std::sort(axes.begin(), axes.end(), [&](int a, int b) { return t.dst_strides[a] < t.dst_strides[b]; });
  int64_t inside = 0;
  for (const int axis : axes) {
    if (t.dst_strides[axis] <= inside) fail("it writes an element more than once");
    inside += t.dst_strides[axis] * (t.dims[axis] - 1);
  }
  // Kernels see only axes along which something moves; the strides of others may be anything.
  int kept = 0;
  for (int i = 0; i < t.n_dims; ++i) {
    if (t.dims[i] == 1) continue;
    t.dims[kept] = t.dims[i];
    t.src_strides[kept] = t.src_strides[i];
    t.dst_strides[kept++] = t.dst_strides[i];
  }
  t.n_dims = kept;
  step.src_offset = src_offset * t.elem_bytes;
  step.dst_offset = dst_offset * t.elem_bytes;
  step.plan = program_.kernels.copy_plan(t);
  need_scratch(step.plan.scratch_bytes, step.plan.shared_scratch_bytes);
  add(program_.copies, step, step.plan.pieces > 1 && step.plan.work > kParallelWork, step.plan.work);
}

void Decoder::decode_fill() {
  FillStep step{};
  step.value = take_value("the value");
  step.type = take_dtype("the dtype");
  expect_dtype(step.value, step.type, "the value");
  step.number = take_number(step.type);
  const int64_t item = item_size(step.type);
  step.count = program_.values[step.value].size / item;
  if (step.count == 0) return;
  writes(step.value, 0, step.count - 1, item);
  const double work = 20 + bytes_work(static_cast<double>(step.count * item));
  step.pieces = pieces_for(work);
  add(program_.fills, step, step.pieces > 1 && work > kParallelWork, work);
}

void Decoder::decode_gather() {
  GatherStep step{};
  GatherTask& t = step.task;
  t.elem_bytes = take("the size of an element");
  if (!is_copied_size(t.elem_bytes)) {
    fail("an element has " + std::to_string(t.elem_bytes) + " bytes and must have 1, 2, 4 or 8");
  }
  t.outer = take_size("outer");
  t.axis = take_size("the axis");
  t.inner = take_size("inner");
  t.count = take_size("the number of indices");
  const DType index = take_dtype("the dtype of the indices");
  if (!is_one_of(index, {DType::I32, DType::I64})) fail(std::string("indices can not be ") + name_of(index));
  t.wide_index = index == DType::I64;
  step.src = take_value("the source");
  step.idx = take_value("the indices");
  step.dst = take_value("the destination");
  t.clip = take_flag("the mode");
  expect_dtype(step.idx, index, "the indices");
  const int64_t source = product({t.outer, t.axis, t.inner}), result = product({t.outer, t.count, t.inner});
  if (result == 0) return;
  if (source > 0) reads(step.src, 0, source - 1, t.elem_bytes);
  if (source == 0 && t.clip) fail("no index can be clipped to an axis of size 0");
  reads(step.idx, 0, t.count - 1, item_size(index));
  writes(step.dst, 0, result - 1, t.elem_bytes);
  check_overlaps();
  const double work = 20 + static_cast<double>(t.outer * t.count) * 5 +
                      bytes_work(static_cast<double>(result) * static_cast<double>(t.elem_bytes));
  step.pieces = pieces_for(work);
  add(program_.gathers, step, step.pieces > 1 && work > kParallelWork, work);
}

void Decoder::decode_scatter() {
  ScatterStep step{};
  ScatterTask& t = step.task;
  t.type = take_dtype("the dtype");
  if (!is_one_of(t.type, {DType::F32, DType::F64, DType::I32, DType::I64})) {
    fail(std::string("there is no scatter_add of ") + name_of(t.type));
  }
  t.outer = take_size("outer");
  t.axis = take_size("the axis");
  t.inner = take_size("inner");
  t.count = take_size("the number of indices");
  const DType index = take_dtype("the dtype of the indices");
  if (!is_one_of(index, {DType::I32, DType::I64})) fail(std::string("indices can not be ") + name_of(index));
  t.wide_index = index == DType::I64;
  step.updates = take_value("the updates");
  step.idx = take_value("the indices");
  step.dst = take_value("the destination");
  t.zero_first = take_flag("the flag to start from zero");
  expect_dtype(step.updates, t.type, "the updates");
  expect_dtype(step.idx, index, "the indices");
  expect_dtype(step.dst, t.type, "the destination");
  const int64_t updates = product({t.outer, t.count, t.inner}), result = product({t.outer, t.axis, t.inner});
  const int64_t item = item_size(t.type);
  if (updates > 0) {
    reads(step.updates, 0, updates - 1, item);
    reads(step.idx, 0, t.count - 1, item_size(index));
  }
  if (result > 0) writes(step.dst, 0, result - 1, item);
  check_overlaps();
  if (updates == 0 && (result == 0 || !t.zero_first)) return;
  if (updates == 0) t.count = 0;
  const double work = 20 + static_cast<double>(t.outer * t.count) * 5 +
                      bytes_work(static_cast<double>(updates + result) * static_cast<double>(item));
  add(program_.scatters, step, false, work);
}

void Decoder::decode_random() {
  RandomStep step{};
  step.key = take_value("the key");
  step.out = take_value("the output");
  expect_dtype(step.key, DType::U32, "the key");
  expect_dtype(step.out, DType::U32, "the output");
  step.count = program_.values[step.out].size / item_size(DType::U32);
  if (step.count == 0) return;
  reads(step.key, 0, 1, item_size(DType::U32));
  writes(step.out, 0, step.count - 1, item_size(DType::U32));
  check_overlaps();
  const double work = 20 + static_cast<double>(step.count);
  step.pieces = pieces_for(work);
  add(program_.randoms, step, step.pieces > 1 && work > kParallelWork, work);
}

void Decoder::decode_host() {
  HostStep step{};
  step.callable = static_cast<int32_t>(take_in("the index of the callable", 0, words_.n_host - 1));
  const auto ids = [&](const char* what, std::vector<int32_t>& values) {
    const int64_t count = take_in("a number of values", 0, end_ - cursor_);
    for (int64_t i = 0; i < count; ++i) values.push_back(take_value(what));
  };
  ids("an input", step.inputs);
  ids("an output", step.outputs);
  for (int32_t value : step.inputs) {
    const Value& v = program_.values[value];
    if (v.size > 0) reads(value, 0, v.size / item_size(v.type) - 1, item_size(v.type));
  }
  for (int32_t value : step.outputs) {
    const Value& v = program_.values[value];
    writes(value, 0, v.size / item_size(v.type) - 1, item_size(v.type));
  }
  check_overlaps();
  add(program_.hosts, std::move(step), false, 1e6);
}

}  // namespace yeoul
