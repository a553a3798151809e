// A mutex that knows its holder: a callable that a program runs must not run the same program again.
#pragma once

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace yeoul {

class Turn {
 public:
  void lock() {
    refuse_reentry();
    mutex_.lock();
    holder_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  bool try_lock() {
    refuse_reentry();
    if (!mutex_.try_lock()) return false;
    holder_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    return true;
  }
  void unlock() {
    holder_.store(std::thread::id(), std::memory_order_relaxed);
    mutex_.unlock();
  }

 private:
  void refuse_reentry() const {
    if (holder_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
      throw std::runtime_error("A callable inside a program tried to run the program that runs it.");
    }
  }

  std::mutex mutex_;
  std::atomic<std::thread::id> holder_{};
};

}  // namespace yeoul
