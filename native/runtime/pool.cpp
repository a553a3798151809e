#include "runtime/pool.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace yeoul {
namespace {

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

constexpr int kSpins = 20000;  // about 50 to 100 microseconds

// The gate of the current region: its number, whether it is open, and how many workers are inside.  A worker enters only while the gate is open, and the
// caller closes it when no piece is left: so it never waits for a worker that the system has not scheduled.
constexpr uint64_t kInside = 0xFFFF, kOpen = 1 << 16;
constexpr int kNumberShift = 17;

struct State {
  std::mutex owner;  // held by the thread that runs a region
  std::mutex park;
  std::condition_variable wake;
  std::atomic<uint64_t> gate{0};
  std::atomic<int> parked{0};
  std::atomic<int64_t> next{0};
  int64_t pieces = 0;
  PieceFunction function = nullptr;
  void* context = nullptr;
  int workers = 0;  // started threads
  int wanted = 0;   // threads that take part, the caller aside
};

State* state = nullptr;

void work(State& s, int thread) {
  const int64_t pieces = s.pieces;
  for (;;) {
    const int64_t piece = s.next.fetch_add(1, std::memory_order_relaxed);
    if (piece >= pieces) return;
    s.function(s.context, piece, thread);
  }
}

void worker(State* s, int thread) {
  uint64_t seen = 0;
  int spins = 0;
  const auto is_new = [&](uint64_t gate) { return (gate & kOpen) != 0 && gate >> kNumberShift != seen; };
  for (;;) {
    uint64_t gate = s->gate.load(std::memory_order_acquire);
    if (is_new(gate)) {
      if (!s->gate.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel)) continue;
      seen = gate >> kNumberShift;
      if (thread <= s->wanted) work(*s, thread);
      s->gate.fetch_sub(1, std::memory_order_release);
      spins = 0;
    } else if (++spins < kSpins) {
      relax();
    } else {
      std::unique_lock<std::mutex> lock(s->park);
      s->parked.fetch_add(1);
      s->wake.wait(lock, [&] { return is_new(s->gate.load()); });
      s->parked.fetch_sub(1);
      spins = 0;
    }
  }
}

int default_threads() {
  if (const char* text = std::getenv("YEOUL_NUM_THREADS")) {
    const int count = std::atoi(text);
    if (count >= 1) return std::min(count, Pool::kMaxThreads);
  }
  int cores = 1;
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
#else
  cores = static_cast<int>(std::thread::hardware_concurrency());
#endif
  return std::clamp(cores, 1, 8);
}

// A child process has none of its parent's threads: it starts with a new state.
void after_fork() { state = new State; }

}  // namespace

Pool::Pool() : threads_(default_threads()) {
  state = new State;
  pthread_atfork(nullptr, nullptr, after_fork);
}

Pool& Pool::instance() {
  static Pool* pool = new Pool;  // never destroyed: workers may outlive static destructors
  return *pool;
}

void Pool::set_threads(int count) {
  std::lock_guard<std::mutex> lock(state->owner);
  threads_ = std::clamp(count, 1, kMaxThreads);
}

void Pool::run(int64_t pieces, PieceFunction function, void* context) {
  State& s = *state;
  std::unique_lock<std::mutex> lock(s.owner, std::try_to_lock);
  if (threads_ == 1 || pieces <= 1 || !lock.owns_lock()) {
    for (int64_t piece = 0; piece < pieces; ++piece) function(context, piece, 0);
    return;
  }
  while (s.workers < threads_ - 1) {
    ++s.workers;
    std::thread(worker, &s, s.workers).detach();
  }
  s.pieces = pieces;
  s.function = function;
  s.context = context;
  s.wanted = threads_ - 1;
  s.next.store(0, std::memory_order_relaxed);
  s.gate.store((((s.gate.load(std::memory_order_relaxed) >> kNumberShift) + 1) << kNumberShift) | kOpen);
  if (s.parked.load() > 0) {
    { std::lock_guard<std::mutex> wake_lock(s.park); }
    s.wake.notify_all();
  }
  work(s, 0);
  s.gate.fetch_and(~kOpen, std::memory_order_acq_rel);
  for (int spins = 0; (s.gate.load(std::memory_order_acquire) & kInside) != 0;) {
    relax();
    if (++spins % 2048 == 0) sched_yield();  // more threads than processors
  }
}

}  // namespace yeoul
