#include "runtime/loop.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

#include "runtime/pool.h"

namespace yeoul {
namespace {

constexpr uint32_t kShuffleLane = 0x5F5F5F5F;
constexpr int64_t kParallelGatherBytes = 256 * 1024;

char* align(char* memory) { return memory + (64 - reinterpret_cast<uintptr_t>(memory) % 64) % 64; }

struct GatherRegion {
  const Data* data;
  const int64_t* rows;
  int64_t count, pieces;
  char* to;

  static void piece(void* context, int64_t piece, int) {
    const GatherRegion& r = *static_cast<GatherRegion*>(context);
    const int64_t bytes = r.data->row_bytes;
    for (int64_t i = r.count * piece / r.pieces; i < r.count * (piece + 1) / r.pieces; ++i)
      std::memcpy(r.to + i * bytes, r.data->data + r.rows[i] * bytes, static_cast<size_t>(bytes));
  }
};

}  // namespace

Loop::Loop(std::vector<Phase> phases) : phases_(std::move(phases)) {
  orders_.resize(phases_.size());
  buffers_.resize(phases_.size());
  for (size_t p = 0; p < phases_.size(); ++p) {
    row_width_ += phases_[p].n_logs;
    if (!phases_[p].shuffle) continue;
    orders_[p].resize(static_cast<size_t>(phases_[p].samples));
    for (const Data& data : phases_[p].data)
      buffers_[p].push_back(std::make_unique<char[]>(static_cast<size_t>(data.row_bytes * phases_[p].batch) + 128));
  }
}

RunStatus Loop::start_phase(Phase& phase, BadIndex* bad) {
  if (phase.reset) {
    std::lock_guard<std::mutex> lock(phase.reset->mutex);
    const RunStatus status = phase.reset->run(bad);
    if (status != RunStatus::Done) return status;
  }
  if (phase.shuffle) {
    std::vector<int64_t>& order = orders_[phase_];
    std::iota(order.begin(), order.end(), 0);
    std::vector<uint32_t> draws(order.size());
    kernels().random_bits(phase.shuffle[0], phase.shuffle[1], kShuffleLane, 0, static_cast<int64_t>(draws.size()), draws.data());
    for (size_t i = order.size(); i-- > 1;) {
      const size_t j = static_cast<size_t>((static_cast<uint64_t>(draws[i]) * (i + 1)) >> 32);
      std::swap(order[i], order[j]);
    }
    ++phase.shuffle[1];
  }
  started_ = true;
  return RunStatus::Done;
}

void Loop::gather(const Data& data, const int64_t* rows, int64_t count, char* to) {
  GatherRegion region{&data, rows, count, 1, to};
  if (count * data.row_bytes >= kParallelGatherBytes || (count >= 16 && data.row_bytes >= 2048)) {
    region.pieces = std::min<int64_t>(count, 8);
    Pool::instance().run(region.pieces, GatherRegion::piece, &region);
  } else {
    GatherRegion::piece(&region, 0, 0);
  }
}

RunStatus Loop::one_step(Phase& phase, BadIndex* bad) {
  const int64_t start = step_ * phase.batch;
  const int64_t count = std::min(phase.batch, phase.samples - start);
  const bool is_tail = count != phase.batch;
  Instance& instance = is_tail ? *phase.tail : *phase.step;
  std::lock_guard<std::mutex> lock(instance.mutex);
  for (size_t i = 0; i < phase.data.size(); ++i) {
    const Data& data = phase.data[i];
    const char* memory = data.data + start * data.row_bytes;
    if (phase.shuffle) {
      char* buffer = align(buffers_[phase_][i].get());
      gather(data, orders_[phase_].data() + start, count, buffer);
      memory = buffer;
    }
    instance.bind(is_tail ? data.tail_slot : data.step_slot, const_cast<char*>(memory));
  }
  return instance.run(bad);
}

RunStatus Loop::run(int64_t max_epochs, int64_t max_steps, double seconds, LoopPosition* position, BadIndex* bad) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::max(seconds, 0.0)));
  int64_t epochs = 0, steps = 0;
  // A clock costs tens of nanoseconds, a tiny step a microsecond: look at it every few steps, more often when steps are long.
  int64_t until_look = 1, stride = 1;
  auto looked = Clock::now();
  RunStatus status = RunStatus::Done;
  while (max_epochs < 0 || epochs < max_epochs) {
    Phase& phase = phases_[phase_];
    if (!started_ && (status = start_phase(phase, bad)) != RunStatus::Done) break;
    if ((status = one_step(phase, bad)) != RunStatus::Done) break;
    ++step_;
    if (phase_ == 0) ++steps;
    if (step_ >= phase.steps) {
      if (phase.n_logs > 0) {
        if (phase.result) {
          std::lock_guard<std::mutex> lock(phase.result->mutex);
          if ((status = phase.result->run(bad)) != RunStatus::Done) break;
        }
        row_.insert(row_.end(), phase.logs, phase.logs + phase.n_logs);
      }
      step_ = 0;
      started_ = false;
      if (++phase_ == phases_.size()) {
        rows_.insert(rows_.end(), row_.begin(), row_.end());
        row_.clear();
        phase_ = 0;
        ++epochs;
      }
    }
    if (max_steps >= 0 && steps >= max_steps) break;
    if (seconds >= 0 && --until_look <= 0) {
      const auto now = Clock::now();
      if (now >= end) break;
      const double passed = std::chrono::duration<double>(now - looked).count();
      stride = passed < 50e-6 ? std::min<int64_t>(stride * 2, 1024) : std::max<int64_t>(stride / 2, 1);
      looked = now;
      until_look = stride;
    }
  }
  *position = {epochs, step_, static_cast<int64_t>(phase_)};
  return status;
}

RunStatus Loop::peek(BadIndex* bad, std::vector<double>* logs) {
  Phase& phase = phases_[phase_];
  if (phase.result) {
    std::lock_guard<std::mutex> lock(phase.result->mutex);
    const RunStatus status = phase.result->run(bad);
    if (status != RunStatus::Done) return status;
  }
  logs->assign(phase.logs, phase.logs + phase.n_logs);
  return RunStatus::Done;
}

std::vector<double> Loop::take_rows() {
  std::vector<double> rows;
  rows.swap(rows_);
  return rows;
}

}  // namespace yeoul
