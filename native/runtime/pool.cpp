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

struct State {
  std::mutex owner;  // held by the thread that runs a region
  std::mutex park;
  std::condition_variable wake;
  std::atomic<uint64_t> generation{0};
  std::atomic<int> parked{0};
  std::atomic<int64_t> next{0};
  std::atomic<int> active{0};  // workers that have not finished the current region
  int64_t pieces = 0;
  PieceFunction function = nullptr;
  void* context = nullptr;
  int workers = 0;    // started threads
  int wanted = 0;     // threads that take part, the caller aside
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

void worker(State* s, int thread, uint64_t seen) {
  for (;;) {
    uint64_t now;
    int spins = 0;
    while ((now = s->generation.load(std::memory_order_acquire)) == seen) {
      if (++spins < kSpins) {
        relax();
        continue;
      }
      std::unique_lock<std::mutex> lock(s->park);
      s->parked.fetch_add(1);
      s->wake.wait(lock, [&] { return s->generation.load(std::memory_order_acquire) != seen; });
      s->parked.fetch_sub(1);
    }
    seen = now;
    if (thread <= s->wanted) work(*s, thread);
    s->active.fetch_sub(1, std::memory_order_release);
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
    std::thread(worker, &s, s.workers, s.generation.load()).detach();
  }
  s.pieces = pieces;
  s.function = function;
  s.context = context;
  s.wanted = threads_ - 1;
  s.next.store(0, std::memory_order_relaxed);
  s.active.store(s.workers, std::memory_order_relaxed);
  s.generation.fetch_add(1, std::memory_order_seq_cst);
  if (s.parked.load(std::memory_order_seq_cst) > 0) {
    { std::lock_guard<std::mutex> wake_lock(s.park); }
    s.wake.notify_all();
  }
  work(s, 0);
  for (int spins = 0; s.active.load(std::memory_order_acquire) > 0;) {
    relax();
    if (++spins % 2048 == 0) sched_yield();  // more threads than processors
  }
}

}  // namespace yeoul
