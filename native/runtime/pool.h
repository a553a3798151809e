// One pool of threads for all programs of the process.
//
// A parallel region is a number of pieces; threads claim pieces from a counter.  What a piece computes never depends on who claims it, so
// results are the same bits for any number of threads.  Idle workers spin for a while, since the next region usually is microseconds away, then park.
#pragma once

#include <cstdint>

namespace yeoul {

using PieceFunction = void (*)(void* context, int64_t piece, int thread);

class Pool {
 public:
  static Pool& instance();

  int threads() const { return threads_; }
  void set_threads(int count);

  // Runs pieces 0..pieces-1.  A caller that finds the pool taken by another runs all pieces itself.
  void run(int64_t pieces, PieceFunction function, void* context);

  static constexpr int kMaxThreads = 64;

 private:
  Pool();
  int threads_;
};

}  // namespace yeoul
