// An instance: a program with memory.  It owns an arena and knows where every value lies.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "runtime/program.h"

namespace yeoul {

// Calls host function `index` on arrays given as (pointer, bytes); returns false when it raised.
using HostCall = bool (*)(void* owner, int32_t index, const std::vector<std::pair<char*, int64_t>>& inputs,
                          const std::vector<std::pair<char*, int64_t>>& outputs);

struct BadIndex {
  int64_t instruction, position, index, axis;
};

enum class RunStatus { Done, BadIndexFound, HostRaised };

class Instance {
 public:
  Instance(std::shared_ptr<const Program> program, HostCall host, void* host_owner);

  const Program& program() const { return *program_; }

  // Points slot `slot` at memory of the size that the program declares.
  void bind(int32_t slot, void* memory);

  // The caller holds `mutex`.
  RunStatus run(BadIndex* bad);

  std::mutex mutex;

 private:
  void make_scratch();
  bool is_parallel(const Instruction& instruction) const;

  friend struct Region;

  std::shared_ptr<const Program> program_;
  HostCall host_;
  void* host_owner_;
  std::unique_ptr<char[]> memory_;
  std::vector<void*> values_;
  std::vector<std::vector<int32_t>> values_of_slot_;
  std::unique_ptr<char[]> scratch_memory_;
  char* scratch_ = nullptr;  // one piece a thread, then the shared part
  char* shared_ = nullptr;
  size_t scratch_step_ = 0;
  int scratch_threads_ = 0;
};

}  // namespace yeoul
