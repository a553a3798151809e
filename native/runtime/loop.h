// Whole epochs of training and validation without coming back to Python.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/instance.h"

namespace yeoul {

// One array of samples: row i is `row_bytes` bytes at data + i * row_bytes.
struct Data {
  const char* data;
  int64_t row_bytes;
  int32_t step_slot, tail_slot;
};

struct Phase {
  int64_t samples, batch, steps;
  std::shared_ptr<Instance> step, tail, result, reset;
  std::vector<Data> data;
  uint32_t* shuffle = nullptr;  // (seed, counter) or null
  const double* logs = nullptr;
  int64_t n_logs = 0;
};

struct LoopPosition {
  int64_t epochs, step, phase;
};

class Loop {
 public:
  explicit Loop(std::vector<Phase> phases);

  // Goes on until a limit is met (negative: none).  The caller holds `mutex`.
  RunStatus run(int64_t max_epochs, int64_t max_steps, double seconds, LoopPosition* position, BadIndex* bad);
  RunStatus peek(BadIndex* bad, std::vector<double>* logs);

  std::vector<double> take_rows();
  int64_t row_width() const { return row_width_; }

  std::mutex mutex;

 private:
  RunStatus start_phase(Phase& phase, BadIndex* bad);
  RunStatus one_step(Phase& phase, BadIndex* bad);
  void gather(const Data& data, const int64_t* rows, int64_t count, char* to);

  std::vector<Phase> phases_;
  std::vector<double> rows_, row_;
  int64_t row_width_ = 0;
  size_t phase_ = 0;
  int64_t step_ = 0;
  bool started_ = false;
  std::vector<std::vector<int64_t>> orders_;                    // per phase
  std::vector<std::vector<std::unique_ptr<char[]>>> buffers_;  // per phase and array
};

}  // namespace yeoul
