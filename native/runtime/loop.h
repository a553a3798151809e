// Epochs: for each phase reset, steps over batches of data, and the result that becomes the phase's part of a row of
// logs.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/float_mode.h"
#include "runtime/instance.h"
#include "runtime/pool.h"

namespace yeoul {

// An array with one row a sample, and the slots that take a batch of it (-1 = none).
struct PhaseData {
  const char* rows;
  int64_t row_bytes;
  int32_t step_slot, tail_slot;
  Memory batches[2];  // where shuffled rows are gathered: those of this step, and those of the next
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
  // Holds the turns of the loop and of all its instances, and the mode they compute in.
  class Hold {
   public:
    explicit Hold(Loop& loop);
    ~Hold() { release(); }

   private:
    void release();

    Loop& loop_;
    std::lock_guard<Turn> own_;
    size_t taken_ = 0;
    FloatMode mode_{FloatMode::flush};
  };

  Progress run_held(int64_t max_epochs, int64_t max_steps, double seconds);
  void begin_phase(Phase& phase);
  void run_step(Phase& phase);
  void finish_phase(Phase& phase);
  void draw_order(Phase& phase);
  void gather_batch(Phase& phase);
  void finish_ahead();

  // Rows of all arrays of a phase for one step, copied piece by piece.
  struct Gather {
    Gather(const Phase& phase, const uint32_t* order, int64_t step, int side);
    void copy(int64_t piece) const;

    const Phase* phase = nullptr;
    const uint32_t* order = nullptr;  // of this step's rows
    int64_t rows = 0, piece_rows = 1;
    int side = 0;
    int64_t pieces() const { return rows == 0 ? 0 : (rows - 1) / piece_rows + 1; }
  };

  const KernelTable& kernels_;
  std::vector<Phase> phases_;
  std::vector<Instance*> instances_;  // all of them once, in the order in which every loop takes their turns
  Turn turn_;
  int64_t n_logs_ = 0;

  size_t phase_ = 0;
  int64_t step_ = 0;
  bool has_begun_ = false;
  // The next step's rows are gathered while this one runs, by threads that have nothing else to do.
  std::optional<Gather> ahead_;
  int64_t ahead_step_ = -1;
  Pool* ahead_pool_ = nullptr;
  int side_ = 0;
  std::vector<uint32_t> order_;  // of the samples in the current phase, if it shuffles
  std::vector<double> row_, rows_;
};

}  // namespace yeoul
