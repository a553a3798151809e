#include "runtime/pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <system_error>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "runtime/float_mode.h"

namespace yeoul {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSpin = std::chrono::microseconds(40);
constexpr int kMaxDefaultThreads = 8;

std::atomic<Pool*> global_pool{nullptr};
std::once_flag global_once;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int default_threads() {
  if (const char* asked = std::getenv("YEOUL_NUM_THREADS")) {
    const long count = std::strtol(asked, nullptr, 10);
    if (count >= 1) return static_cast<int>(std::min(count, 1024L));
  }
  int cores = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  // A container or taskset may leave fewer processors than the machine has.
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) cores = CPU_COUNT(&allowed);
#endif
  return std::clamp(cores, 1, kMaxDefaultThreads);
}

}  // namespace

Pool& Pool::global() {
  std::call_once(global_once, [] {
    // Never destroyed: workers may still look at it while the process exits.
    global_pool.store(new Pool(default_threads()));
    pthread_atfork(nullptr, nullptr, &Pool::replace_after_fork);
  });
  return *global_pool.load(std::memory_order_acquire);
}

void Pool::replace_after_fork() {
  // The old pool's mutex may be held by a thread that no longer exists, so it is left behind as it is.
  global_pool.store(new Pool(global_pool.load()->threads()));
}

void Pool::set_threads(int count) {
  while (busy_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  stop();
  threads_.store(count);
  busy_.store(false, std::memory_order_release);
}

void Pool::start() {
  // Signals belong to Python's main thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    while (static_cast<int>(workers_.size()) + 1 < threads()) {
      auto worker = std::make_unique<Worker>();
      worker->place = static_cast<int>(workers_.size()) + 1;
      Worker* self = worker.get();
      workers_.push_back(std::move(worker));
      try {
        self->thread = std::thread([this, self] { serve(*self); });
      } catch (const std::system_error&) {
        // The system grants no more threads: work with those there are, and do not ask at every job.
        workers_.pop_back();
        threads_.store(static_cast<int>(workers_.size()) + 1);
      }
    }
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Pool::stop() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_.store(true);
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker->thread.join();
  workers_.clear();
  is_stopping_.store(false);
}

bool Pool::Job::claim(int place, int64_t& piece) {
  const int shares = n_shares_.load(std::memory_order_relaxed);
  for (int i = 0; i < shares; ++i) {
    Share& share = shares_[(place + i) % shares];
    int64_t left = share.remaining.load(std::memory_order_acquire);
    while (left > 0) {
      if (share.remaining.compare_exchange_weak(left, left - 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
        // Whoever holds a piece keeps the job from ending, so its fields stay as they are.
        piece = share.end - left;
        return true;
      }
    }
  }
  return false;
}

void Pool::Job::post(Work work, void* context, int64_t pieces, int threads) {
  const int shares = std::min(threads, kMostShares);
  work_ = work;
  context_ = context;
  pieces_ = pieces;
  done_.store(0, std::memory_order_relaxed);
  n_shares_.store(shares, std::memory_order_relaxed);
  // All ends stand before the first piece can be claimed.
  for (int i = 0; i < shares; ++i) shares_[i].end = pieces * (i + 1) / shares;
  for (int i = 0; i < shares; ++i)
    shares_[i].remaining.store(shares_[i].end - pieces * i / shares, std::memory_order_seq_cst);
}

bool Pool::Job::is_open() const {
  const int shares = n_shares_.load(std::memory_order_relaxed);
  return std::any_of(shares_, shares_ + shares,
                     [](const Share& share) { return share.remaining.load(std::memory_order_seq_cst) > 0; });
}

template <typename Scratch>
void Pool::work_on(Job& job, int place, Scratch scratch) {
  int64_t piece;
  while (job.claim(place, piece)) {
    job.work_(job.context_, piece, scratch());
    job.done_.fetch_add(1, std::memory_order_release);
  }
}

bool Pool::offer(Work work, void* context, int64_t pieces) {
  if (threads() <= 1 || is_offered_.exchange(true, std::memory_order_acquire)) return false;
  idle_job_.post(work, context, pieces, threads());  // nobody is woken for it
  return true;
}

void Pool::finish() {
  work_on(idle_job_, 0, [] { return nullptr; });
  wait_for(idle_job_);
  is_offered_.store(false, std::memory_order_release);
}

void Pool::wait_for(const Job& job) {
  for (int spins = 0; job.done_.load(std::memory_order_acquire) < job.pieces_; ++spins) {
    // A worker that lost its processor will not come back sooner for our spinning.
    if (spins < 2000) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

void Pool::serve(Worker& self) {
  const FloatMode mode(FloatMode::flush);
  const auto is_needed = [this] { return job_.is_open() || is_stopping_.load(std::memory_order_relaxed); };
  int64_t piece;
  for (;;) {
    const auto until = Clock::now() + kSpin;
    bool is_called = false;
    while (!is_called) {
      for (int i = 0; i < 32 && !is_called; ++i) {
        is_called = is_needed();
        if (!is_called && idle_job_.claim(self.place, piece)) {
          idle_job_.work_(idle_job_.context_, piece, nullptr);
          idle_job_.done_.fetch_add(1, std::memory_order_release);
        }
        relax();
      }
      if (!is_called && Clock::now() > until) {
        std::unique_lock lock(mutex_);
        sleepers_.fetch_add(1, std::memory_order_seq_cst);
        wake_.wait(lock, is_needed);
        sleepers_.fetch_sub(1, std::memory_order_seq_cst);
        is_called = true;
      }
    }
    work_on(job_, self.place, [&] { return self.scratch.data(); });
    if (is_stopping_.load()) return;
  }
}

void Pool::run(Work work, void* context, int64_t pieces, size_t scratch_bytes, char* own_scratch) {
  if (pieces <= 1 || threads() <= 1 || busy_.exchange(true, std::memory_order_acquire)) {
    for (int64_t piece = 0; piece < pieces; ++piece) work(context, piece, own_scratch);
    return;
  }
  try {
    if (static_cast<int>(workers_.size()) + 1 < threads()) start();
    for (auto& worker : workers_) {
      if (worker->scratch.bytes() < scratch_bytes) worker->scratch = Memory(scratch_bytes);
    }
  } catch (...) {
    busy_.store(false, std::memory_order_release);
    throw;
  }
  job_.post(work, context, pieces, threads());
  if (sleepers_.load(std::memory_order_seq_cst) > 0) {
    {
      std::lock_guard lock(mutex_);
    }
    wake_.notify_all();
  }
  work_on(job_, 0, [&] { return own_scratch; });
  wait_for(job_);
  busy_.store(false, std::memory_order_release);
}

}  // namespace yeoul
