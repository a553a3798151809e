// Instructions that slide windows over images: convolution and pooling.
#include <algorithm>

#include "runtime/decoder.h"

namespace yeoul {

int64_t Decoder::take_spatial(Spatial& axis, bool has_dilation) {
  axis.in = take_size("the size of an input's axis");
  axis.out = take_size("the size of an output's axis");
  axis.window = take_in("a window", 1, INT64_MAX);
  axis.stride = take_in("a stride", 1, INT64_MAX);
  axis.low = take_size("the padding in front of an axis");
  axis.dilation = has_dilation ? take_in("a dilation", 1, INT64_MAX) : 1;
  const int64_t reach = plus(times(axis.window - 1, axis.dilation), 1);
  const int64_t last = axis.out == 0 ? 0 : plus(times(axis.out - 1, axis.stride), reach);
  return plus(plus(times(4, reach), times(2, last)), times(4, plus(plus(axis.in, axis.low), axis.stride)));
}

void Decoder::decode_conv() {
  ConvStep step{};
  ConvShape& s = step.task.shape;
  s.kind = static_cast<Convolution>(take_in("the kind", 0, static_cast<int64_t>(Convolution::Count) - 1));
  s.type = take_dtype("the dtype");
  if (s.type != DType::F32 && s.type != DType::F64) fail(std::string("there is no convolution of ") + name_of(s.type));
  const int64_t item = item_size(s.type);
  s.batch = take_size("the batch size");
  s.groups = take_in("the number of groups", 1, INT64_MAX);
  s.channels = take_size("the number of channels");
  s.filters = take_size("the number of filters");
  // Kernels pack channels and filters to whole vectors, and copy a block of the input with what windows reach over.
  constexpr int64_t kWidth = 256;
  const int64_t channels = times(s.groups, s.channels), filters = times(s.groups, s.filters);
  const int64_t wide = times(plus(channels, kWidth), plus(filters, kWidth));
  int64_t input = times(s.batch, channels), output = times(s.batch, filters);
  int64_t kernel = times(s.channels, filters), around = plus(s.batch, 1), taps = wide;
  for (Spatial& axis : s.axes) {
    around = times(around, take_spatial(axis, true));
    input = times(input, axis.in);
    output = times(output, axis.out);
    kernel = times(kernel, axis.window);
    taps = times(taps, axis.window);
  }
  product({around, plus(channels, kWidth), plus(filters, kWidth), 8});
  times(taps, 64);

  const bool is_back = s.kind == Convolution::conv_input_grad, is_grad = s.kind == Convolution::conv_kernel_grad;
  const int64_t a_count = is_back ? output : input, b_count = is_grad ? output : kernel;
  const int64_t count = is_grad ? kernel : is_back ? input : output;
  step.a = take_value(is_back ? "the output's gradient" : "the input");
  expect_dtype(step.a, s.type, is_back ? "the output's gradient" : "the input");
  step.b = take_value(is_grad ? "the output's gradient" : "the kernel");
  expect_dtype(step.b, s.type, is_grad ? "the output's gradient" : "the kernel");
  if (count > 0 && a_count > 0) reads(step.a, 0, a_count - 1, item);
  if (count > 0 && b_count > 0) reads(step.b, 0, b_count - 1, item);
  step.out = take_value_or_none("the result");
  if (step.out >= 0) {
    expect_dtype(step.out, s.type, "the result");
    if (count > 0) writes(step.out, 0, count - 1, item);
  }
  step.task.epilogue = decode_epilogue(s.type, count, step.out);
  if (count == 0) return;
  step.plan = program_.kernels.conv_plan(s, step.task.epilogue);
  need_scratch(step.plan.scratch_bytes, step.plan.shared_scratch_bytes);
  if (!is_grad) product_.columns = is_back ? channels : filters;
  const int64_t pieces = std::max(step.plan.pieces, step.plan.finish_pieces);
  add(program_.convs, step, pieces > 1 && step.plan.work > kParallelWork, step.plan.work);
}

void Decoder::decode_pool() {
  PoolStep step{};
  PoolTask& t = step.task;
  t.kind = static_cast<Pooling>(take_in("the kind", 0, static_cast<int64_t>(Pooling::Count) - 1));
  t.type = take_dtype("the dtype");
  if (t.type != DType::F32 && t.type != DType::F64) fail(std::string("there is no pooling of ") + name_of(t.type));
  const int64_t item = item_size(t.type);
  t.batch = take_size("the batch size");
  t.channels = take_size("the number of channels");
  int64_t input = times(t.batch, t.channels), output = input, work = input;
  for (Spatial& axis : t.axes) {
    take_spatial(axis, false);
    input = times(input, axis.in);
    output = times(output, axis.out);
    work = product({work, plus(axis.out, 1), axis.window});
  }
  const auto operand = [&](int i, const char* what, int64_t count) {
    step.operands[i] = take_value(what);
    expect_dtype(step.operands[i], t.type, what);
    if (count > 0) reads(step.operands[i], 0, count - 1, item);
  };
  step.operands[0] = step.operands[1] = step.operands[2] = -1;
  const bool is_grad = t.kind == Pooling::pool_max_grad || t.kind == Pooling::pool_sum_grad;
  if (t.kind == Pooling::pool_sum_grad) {
    operand(0, "the output's gradient", output);
  } else {
    operand(0, "the input", input);
  }
  if (t.kind == Pooling::pool_max_grad || t.kind == Pooling::pool_max_pick) {
    operand(1, "the output", output);
    operand(2, "the gradient", t.kind == Pooling::pool_max_grad ? output : input);
  }
  step.out = take_value("the result");
  expect_dtype(step.out, t.type, "the result");
  const int64_t count = is_grad ? input : output;
  if (count == 0) return;
  writes(step.out, 0, count - 1, item);
  check_overlaps();
  step.plan = program_.kernels.pool_plan(t);
  add(program_.pools, step, step.plan.pieces > 1 && step.plan.work > kParallelWork, step.plan.work);
}

}  // namespace yeoul
