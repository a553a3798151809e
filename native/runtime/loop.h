// Epochs: for each phase reset, steps over batches of data, and the result that becomes the phase's part of a row of
// logs.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "runtime/instance.h"

namespace yeoul {

// An array with one row a sample, and the slots that take a batch of it (-1 = none).
struct PhaseData {
  const char* rows;
  int64_t row_bytes;
  int32_t step_slot, tail_slot;
  Memory batch;  // where shuffled rows are gathered
};

struct Phase {
  int64_t samples = 0, batch = 0, steps = 0;
  Instance* step = nullptr;
  Instance* tail = nullptr;
  Instance* result = nullptr;
  Instance* reset = nullptr;
  const double* logs = nullptr;
  int64_t n_logs = 0;
  uint32_t* shuffle = nullptr;  // (seed, counter)
  std::vector<PhaseData> data;

  int64_t tail_rows() const { return steps * batch > samples ? samples - (steps - 1) * batch : 0; }
};

struct Progress {
  int64_t epochs, step, phase;
};

class Loop {
 public:
  Loop(const KernelTable& kernels, std::vector<Phase> phases);

  // Goes on until `max_epochs` more epochs or `max_steps` more steps of the first phase are done or `seconds` are over
  // (negative = no limit).  If a step throws, the next call begins with that step.  `on_start` is called when all turns
  // are taken.
  template <typename OnStart>
  Progress run(int64_t max_epochs, int64_t max_steps, double seconds, OnStart on_start) {
    Hold hold(*this);
    on_start();
    return run_held(max_epochs, max_steps, seconds);
  }

  // Logs of the epochs finished since the last call, `n_logs()` numbers each.
  std::vector<double> take_rows();
  int64_t n_logs() const { return n_logs_; }

  // Logs of the current phase as they stand now.
  std::vector<double> peek();

 private:
  // Holds the turns of the loop and of all its instances.
  class Hold {
   public:
    explicit Hold(Loop& loop);
    ~Hold() { release(); }

   private:
    void release();

    Loop& loop_;
    std::lock_guard<Turn> own_;
    size_t taken_ = 0;
  };

  Progress run_held(int64_t max_epochs, int64_t max_steps, double seconds);
  void begin_phase(Phase& phase);
  void run_step(Phase& phase);
  void finish_phase(Phase& phase);
  void bind_batches(Phase& phase);
  void draw_order(Phase& phase);
  void gather_rows(PhaseData& data, int64_t first, int64_t count);

  const KernelTable& kernels_;
  std::vector<Phase> phases_;
  std::vector<Instance*> instances_;  // all of them once, in the order in which every loop takes their turns
  Turn turn_;
  int64_t n_logs_ = 0;

  size_t phase_ = 0;
  int64_t step_ = 0;
  bool has_begun_ = false;
  std::vector<uint32_t> order_;  // of the samples in the current phase, if it shuffles
  std::vector<double> row_, rows_;
};

}  // namespace yeoul
