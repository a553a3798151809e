// A thread's scratch, handed out part by part.
#pragma once

#include <cstddef>

namespace yeoul::YEOUL_ISA {

class Scratch {
 public:
  explicit Scratch(char* at) : at_(at) {}
  template <typename T>
  T* take(size_t bytes) {
    char* found = at_;
    at_ += bytes;
    return reinterpret_cast<T*>(found);
  }

 private:
  char* at_;
};

}  // namespace yeoul::YEOUL_ISA
