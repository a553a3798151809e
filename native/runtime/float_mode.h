// How a thread treats subnormal numbers.  A moment that decays towards zero passes through them, and arithmetic on them
// is many times slower, so that the engine takes them for zero and makes none; whoever calls it keeps its own mode.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace yeoul {

class FloatMode {
 public:
  enum Subnormals : bool { keep, flush };

  explicit FloatMode(Subnormals subnormals) : before_(read()) {
    write(subnormals == flush ? before_ | kFlush : before_ & ~kFlush);
  }
  ~FloatMode() { write(before_); }
  FloatMode(const FloatMode&) = delete;
  FloatMode& operator=(const FloatMode&) = delete;

 private:
#if defined(__x86_64__)
  using Word = unsigned int;
  static constexpr Word kFlush = 0x8040;  // results, operands
  static Word read() { return _mm_getcsr(); }
  static void write(Word word) { _mm_setcsr(word); }
#elif defined(__aarch64__)
  using Word = uint64_t;
  static constexpr Word kFlush = Word{1} << 24;  // results and operands
  static Word read() {
    Word word;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return word;
  }
  static void write(Word word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#else
  using Word = int;
  static constexpr Word kFlush = 0;
  static Word read() { return 0; }
  static void write(Word) {}
#endif
  Word before_;
};

}  // namespace yeoul
