// The threads that share one instruction's pieces.  Workers spin for a moment after a job, because the next one
// usually follows within microseconds, then sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/memory.h"

namespace yeoul {

class Pool {
 public:
  using Work = void (*)(void* context, int64_t piece, char* scratch);

  // The one pool of the process; a forked child gets a fresh one, since threads do not survive a fork.
  static Pool& global();

  int threads() const { return threads_.load(std::memory_order_relaxed); }
  // Waits for a running job; threads start again when they are next needed.
  void set_threads(int count);

  // Calls work(context, piece, scratch) once for each piece, on any thread, and returns when all are done.  If the pool
  // serves another caller, this thread does all pieces itself.  `own_scratch` is this thread's scratch.
  void run(Work work, void* context, int64_t pieces, size_t scratch_bytes, char* own_scratch);

  // Work that may be done by workers while they have nothing else to do, without scratch.  False if the pool has such
  // work already or no workers; else `finish` must follow, which does what is left and returns when all is done.
  bool offer(Work work, void* context, int64_t pieces);
  void finish();

 private:
  struct Worker {
    int place;  // among the threads; 0 is whoever calls
    std::thread thread;
    Memory scratch;
  };

  static constexpr int kMostShares = 16;

  // Pieces that threads claim one by one.  Each thread begins with a share of its own, the same of every job, so that
  // what it wrote for one instruction is in its cache for the next; then it helps the others.  Written while no piece
  // is left to claim, read only after claiming one.
  struct Job {
    bool claim(int place, int64_t& piece);
    void post(Work work, void* context, int64_t pieces, int threads);
    bool is_open() const;

    struct alignas(kCacheLine) Share {
      std::atomic<int64_t> remaining{0};
      int64_t end = 0;
    };
    Work work_ = nullptr;
    void* context_ = nullptr;
    int64_t pieces_ = 0;
    std::atomic<int> n_shares_{1};
    Share shares_[kMostShares];
    alignas(kCacheLine) std::atomic<int64_t> done_{0};
  };

  explicit Pool(int threads) : threads_(threads) {}
  static void replace_after_fork();
  static void wait_for(const Job& job);

  void start();
  void stop();
  void serve(Worker& self);
  // Does pieces of the job until none is left to claim.  `scratch()` is asked for with a piece in hand, since it may be
  // made anew between jobs.
  template <typename Scratch>
  static void work_on(Job& job, int place, Scratch scratch);

  std::atomic<int> threads_;
  std::atomic<bool> busy_{false};
  std::vector<std::unique_ptr<Worker>> workers_;

  std::atomic<bool> is_offered_{false};
  Job job_, idle_job_;

  alignas(kCacheLine) std::atomic<int> sleepers_{0};
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace yeoul
