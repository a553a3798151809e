#include "runtime/loop.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <utility>

namespace yeoul {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kShuffleLane = 0x5F5F5F5F;  // keeps the draws of orders apart from all others
constexpr double kCheckSeconds = 20e-6;        // how often the clock is read
constexpr int64_t kParallelGatherBytes = 64 << 10;
constexpr int64_t kGatherPieceBytes = 4 << 10;
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
      for (Memory& batch : data.batches) {
        batch = Memory(static_cast<size_t>(std::min(phase.batch, phase.samples) * data.row_bytes));
      }
    }
  }
  // Every loop takes turns in the same order, so that two that share instances can not wait for each other.
  std::sort(instances_.begin(), instances_.end(), std::less<>());
  instances_.erase(std::unique(instances_.begin(), instances_.end()), instances_.end());
}

Progress Loop::run_held(int64_t max_epochs, int64_t max_steps, double seconds) {
  // Rows gathered ahead are not kept between calls: whoever called may change them.
  struct Ahead {
    Loop& loop;
    ~Ahead() { loop.finish_ahead(); }
  } ahead{*this};
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
  has_begun_ = true;
}

void Loop::run_step(Phase& phase) {
  const bool is_tail = phase.samples - step_ * phase.batch < phase.batch;
  Instance& program = is_tail ? *phase.tail : *phase.step;
  if (phase.shuffle != nullptr) gather_batch(phase);
  for (PhaseData& data : phase.data) {
    const int32_t slot = is_tail ? data.tail_slot : data.step_slot;
    if (slot < 0) continue;
    const char* rows =
        phase.shuffle != nullptr ? data.batches[side_].data() : data.rows + step_ * phase.batch * data.row_bytes;
    program.bind(slot, const_cast<char*>(rows));
  }
  program.run();
}

void Loop::finish_phase(Phase& phase) {
  if (phase.result != nullptr) phase.result->run();
  row_.insert(row_.end(), phase.logs, phase.logs + phase.n_logs);
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

Loop::Gather::Gather(const Phase& from, const uint32_t* whole_order, int64_t step, int to)
    : phase(&from), order(whole_order + step * from.batch), side(to) {
  rows = std::min(from.batch, from.samples - step * from.batch);
  int64_t row_bytes = 0;
  for (const PhaseData& data : from.data) row_bytes += data.row_bytes;
  piece_rows = rows * row_bytes < kParallelGatherBytes ? rows : std::max<int64_t>(kGatherPieceBytes / row_bytes, 1);
}

void Loop::Gather::copy(int64_t piece) const {
  const int64_t end = std::min((piece + 1) * piece_rows, rows);
  for (const PhaseData& data : phase->data) {
    const int64_t size = data.row_bytes;
    char* batch = data.batches[side].data();
    for (int64_t i = piece * piece_rows; i < end; ++i) {
      // The rows lie anywhere: the next one is asked for while this one is copied.
      if (i + 1 < rows) prefetch(data.rows + order[i + 1] * size, std::min(size, kPrefetchBytes));
      std::memcpy(batch + i * size, data.rows + order[i] * size, static_cast<size_t>(size));
    }
  }
}

void Loop::gather_batch(Phase& phase) {
  constexpr auto copy = [](void* gather, int64_t piece, char*) { static_cast<Gather*>(gather)->copy(piece); };
  const bool is_ready = ahead_step_ == step_;
  finish_ahead();
  if (is_ready) {
    side_ = ahead_->side;
  } else {
    Gather now(phase, order_.data(), step_, side_);
    Pool::global().run(copy, &now, now.pieces(), 0, nullptr);
  }
  if (step_ + 1 == phase.steps) return;
  ahead_.emplace(phase, order_.data(), step_ + 1, 1 - side_);
  if (ahead_->pieces() > 1 && Pool::global().offer(copy, &*ahead_, ahead_->pieces())) {
    ahead_pool_ = &Pool::global();
    ahead_step_ = step_ + 1;
  }
}

// Waits for what is gathered ahead.
void Loop::finish_ahead() {
  if (ahead_pool_ != nullptr) ahead_pool_->finish();
  ahead_pool_ = nullptr;
  ahead_step_ = -1;
}

}  // namespace yeoul
