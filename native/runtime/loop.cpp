#include "runtime/loop.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <utility>

#include "runtime/pool.h"

namespace yeoul {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kShuffleLane = 0x5F5F5F5F;  // keeps the draws of orders apart from all others
constexpr double kCheckSeconds = 20e-6;        // how often the clock is read
constexpr int64_t kParallelGatherBytes = 64 << 10;
constexpr int64_t kGatherPieceBytes = 16 << 10;
constexpr int64_t kPrefetchBytes = 4096;

void prefetch(const char* row, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(row + at);
}

}  // namespace

Loop::Hold::Hold(Loop& loop) : loop_(loop), own_(loop.turn_) {
  try {
    for (; taken_ < loop.instances_.size(); ++taken_) loop.instances_[taken_]->turn.lock();
  } catch (...) {
    release();
    throw;
  }
}

void Loop::Hold::release() {
  while (taken_ > 0) loop_.instances_[--taken_]->turn.unlock();
}

Loop::Loop(const KernelTable& kernels, std::vector<Phase> phases) : kernels_(kernels), phases_(std::move(phases)) {
  for (Phase& phase : phases_) {
    n_logs_ += phase.n_logs;
    for (Instance* instance : {phase.step, phase.tail, phase.result, phase.reset}) {
      if (instance != nullptr) instances_.push_back(instance);
    }
    if (phase.shuffle == nullptr) continue;
    for (PhaseData& data : phase.data) {
      data.batch = Memory(static_cast<size_t>(std::min(phase.batch, phase.samples) * data.row_bytes));
    }
  }
  // Every loop takes turns in the same order, so that two that share instances can not wait for each other.
  std::sort(instances_.begin(), instances_.end(), std::less<>());
  instances_.erase(std::unique(instances_.begin(), instances_.end()), instances_.end());
}

Progress Loop::run_held(int64_t max_epochs, int64_t max_steps, double seconds) {
  // Others may have run the same instances on other arrays since.
  bind_batches(phases_[phase_]);
  int64_t epochs = 0, steps = 0;
  const auto start = Clock::now();
  double last = 0;
  int64_t until_check = 1, interval = 1;
  while (max_epochs < 0 || epochs < max_epochs) {
    Phase& phase = phases_[phase_];
    if (!has_begun_) begin_phase(phase);
    // A phase whose result failed has no step left, and only the result is tried again.
    if (step_ < phase.steps) {
      run_step(phase);
      ++step_;
      if (phase_ == 0) ++steps;
    }
    if (step_ == phase.steps) {
      finish_phase(phase);
      step_ = 0;
      has_begun_ = false;
      if (++phase_ == phases_.size()) {
        phase_ = 0;
        rows_.insert(rows_.end(), row_.begin(), row_.end());
        row_.clear();
        ++epochs;
      }
    }
    if (max_steps >= 0 && steps >= max_steps) break;
    if (seconds >= 0 && --until_check == 0) {
      const double now = std::chrono::duration<double>(Clock::now() - start).count();
      if (now >= seconds) break;
      // As many steps as fit into the time between two looks at the clock.
      const double step_seconds = std::max((now - last) / static_cast<double>(interval), 1e-9);
      interval = std::clamp(static_cast<int64_t>(kCheckSeconds / step_seconds), int64_t{1}, 2 * interval);
      until_check = interval;
      last = now;
    }
  }
  return {epochs, step_, static_cast<int64_t>(phase_)};
}

std::vector<double> Loop::take_rows() {
  std::lock_guard<Turn> own(turn_);
  return std::exchange(rows_, {});
}

std::vector<double> Loop::peek() {
  Hold hold(*this);
  Phase& phase = phases_[phase_];
  if (phase.result != nullptr) phase.result->run();
  return {phase.logs, phase.logs + phase.n_logs};
}

void Loop::begin_phase(Phase& phase) {
  if (phase.reset != nullptr) phase.reset->run();
  if (phase.shuffle != nullptr) draw_order(phase);
  bind_batches(phase);
  has_begun_ = true;
}

void Loop::run_step(Phase& phase) {
  const int64_t first = step_ * phase.batch;
  const int64_t count = std::min(phase.batch, phase.samples - first);
  const bool is_tail = count < phase.batch;
  Instance& program = is_tail ? *phase.tail : *phase.step;
  for (PhaseData& data : phase.data) {
    const int32_t slot = is_tail ? data.tail_slot : data.step_slot;
    if (slot < 0) continue;
    if (phase.shuffle != nullptr) {
      gather_rows(data, first, count);
    } else {
      program.bind(slot, const_cast<char*>(data.rows) + first * data.row_bytes);
    }
  }
  program.run();
}

void Loop::finish_phase(Phase& phase) {
  if (phase.result != nullptr) phase.result->run();
  row_.insert(row_.end(), phase.logs, phase.logs + phase.n_logs);
}

void Loop::bind_batches(Phase& phase) {
  if (phase.shuffle == nullptr) return;
  for (PhaseData& data : phase.data) {
    if (phase.step != nullptr && data.step_slot >= 0) phase.step->bind(data.step_slot, data.batch.data());
    if (phase.tail != nullptr && data.tail_slot >= 0) phase.tail->bind(data.tail_slot, data.batch.data());
  }
}

// Fisher and Yates: for i = samples-1 .. 1, position i takes what stands at draw[i] * (i+1) / 2^32.
void Loop::draw_order(Phase& phase) {
  constexpr int64_t kDraws = 4096;
  uint32_t draws[kDraws];
  const int64_t samples = phase.samples;
  order_.resize(samples);
  for (int64_t i = 0; i < samples; ++i) order_[i] = static_cast<uint32_t>(i);
  for (int64_t begin = (samples - 1) / kDraws * kDraws; begin >= 0; begin -= kDraws) {
    const int64_t end = std::min(begin + kDraws, samples);
    kernels_.random_bits(phase.shuffle[0], phase.shuffle[1], kShuffleLane, begin, end, draws);
    for (int64_t i = end - 1; i >= std::max<int64_t>(begin, 1); --i) {
      const uint64_t j = (static_cast<uint64_t>(draws[i - begin]) * static_cast<uint64_t>(i + 1)) >> 32;
      std::swap(order_[i], order_[j]);
    }
  }
  phase.shuffle[1] += 1;
}

void Loop::gather_rows(PhaseData& data, int64_t first, int64_t count) {
  struct Job {
    const PhaseData& data;
    const uint32_t* order;
    int64_t count, piece_rows;

    void copy(int64_t piece) const {
      const int64_t bytes = data.row_bytes, end = std::min((piece + 1) * piece_rows, count);
      for (int64_t i = piece * piece_rows; i < end; ++i) {
        // The rows lie anywhere: the next one is asked for while this one is copied.
        if (i + 1 < count) prefetch(data.rows + order[i + 1] * bytes, std::min(bytes, kPrefetchBytes));
        std::memcpy(data.batch.data() + i * bytes, data.rows + order[i] * bytes, static_cast<size_t>(bytes));
      }
    }
  };
  if (data.row_bytes == 0) return;
  const bool is_small = count * data.row_bytes < kParallelGatherBytes;
  const int64_t piece_rows = is_small ? count : std::max<int64_t>(kGatherPieceBytes / data.row_bytes, 1);
  Job job{data, order_.data() + first, count, piece_rows};
  Pool::global().run([](void* context, int64_t piece, char*) { static_cast<Job*>(context)->copy(piece); }, &job,
                     (count - 1) / piece_rows + 1, 0, nullptr);
}

}  // namespace yeoul
