// A program with memory: an arena of its own, and arrays bound to its slots.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/program.h"
#include "runtime/turn.h"

namespace yeoul {

class Instance;

// Calls back into whoever can run a host instruction.  May throw.
using HostCall = void (*)(void* context, Instance& instance, const HostStep& step);

class Instance {
 public:
  explicit Instance(std::shared_ptr<const Program> program);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const Program& program() const { return *program_; }
  void* address(int32_t value) const { return values_[value]; }

  // Points the slot's values into `base`.
  void bind(int32_t slot, char* base) {
    for (int32_t i = slot_begin_[slot]; i < slot_begin_[slot + 1]; ++i) {
      values_[slot_values_[i]] = base + program_->values[slot_values_[i]].offset;
    }
  }
  void set_host(HostCall call, void* context) {
    host_call_ = call;
    host_context_ = context;
  }

  // Runs all instructions once, in whatever mode of floating point is set; a host instruction finds subnormal numbers
  // kept.  Every slot must be bound and the turn be held.  Throws std::out_of_range for an index
  // outside its axis, and whatever a host instruction throws.
  void run();

  Turn turn;

 private:
  // A product of matrices or a convolution.
  template <typename Step, typename Task>
  void run_product(const Instruction& instruction, const Step& step, Task& task,
                   void (*prepare)(const Task&, char*, int64_t, int64_t),
                   void (*run)(const Task&, char*, int64_t, char*),
                   void (*finish)(const Task&, const Plan&, char*, int64_t, char*));
  // The pieces of a product by run_piece(piece, scratch), and of the reduction that follows it.
  template <typename RunPiece>
  void run_followed(const Instruction& instruction, int64_t pieces, const Follower& follower, RunPiece& run_piece);
  ReduceTask& bound_reduce(int32_t step);

  void run_map(const Instruction& instruction);
  void run_gemm(const Instruction& instruction);
  void run_reduce(const Instruction& instruction);
  void run_conv(const Instruction& instruction);
  void run_pool(const Instruction& instruction);
  void run_copy(const Instruction& instruction);
  void run_fill(const Instruction& instruction);
  void run_gather(const Instruction& instruction);
  void run_scatter(const Instruction& instruction);
  void run_random(const Instruction& instruction);

  [[noreturn]] void fail_index(const Instruction& instruction, const void* indices, bool is_wide, int64_t position,
                               int64_t axis) const;

  std::shared_ptr<const Program> program_;
  Memory arena_, scratch_, shared_scratch_;
  std::vector<void*> values_;
  std::vector<int32_t> slot_begin_, slot_values_;  // the values of each slot, one slot after the other

  // Tasks of this instance: the program's, with addresses.
  std::vector<GemmTask> gemms_;
  std::vector<ReduceTask> reduces_;
  std::vector<ConvTask> convs_;
  std::vector<CopyTask> copies_;

  HostCall host_call_ = nullptr;
  void* host_context_ = nullptr;
};

}  // namespace yeoul
