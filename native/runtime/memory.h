// Memory that starts at a cache line, is zero, and is given back when its owner goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace yeoul {

constexpr size_t kCacheLine = 64;

class Memory {
 public:
  Memory() = default;
  explicit Memory(size_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
#if defined(__linux__)
    if (bytes >= kLarge) {
      // Fresh pages are zero already; large ones spare the address translation cache.
      void* pages = mmap(nullptr, bytes + kLarge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (pages == MAP_FAILED) throw std::bad_alloc();
      mapped_ = pages;
      data_ = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(pages) + kLarge - 1) / kLarge * kLarge);
      madvise(data_, bytes, MADV_HUGEPAGE);
      return;
    }
#endif
    const size_t rounded = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
    data_ = static_cast<char*>(std::aligned_alloc(kCacheLine, rounded));
    if (data_ == nullptr) throw std::bad_alloc();
    std::memset(data_, 0, rounded);
  }
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Memory() {
#if defined(__linux__)
    if (mapped_ != nullptr) {
      munmap(mapped_, bytes_ + kLarge);
      return;
    }
#endif
    std::free(data_);
  }

  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  static constexpr size_t kLarge = size_t{2} << 20;

  void swap(Memory& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(mapped_, other.mapped_);
    std::swap(bytes_, other.bytes_);
  }

  char* data_ = nullptr;
  void* mapped_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace yeoul
