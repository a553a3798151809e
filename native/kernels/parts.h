// Results that several pieces computed a part of each: added in order, so that the bits do not depend on threads.
#pragma once

#include <algorithm>

#include "kernels/kernels.h"
#include "kernels/map.h"

namespace yeoul::YEOUL_ISA {

struct PartSum {
  int64_t parts, size;  // one behind the other, of `size` elements each
  char* shared;         // where they lie
  void* out;            // or null
  const MapProgram* epilogue;
  void* const* values;
};

// Adds the parts and applies the byte code, tile by tile.  The sum stands where the first part was if nobody wants it.
template <typename T>
void add_parts(const PartSum& s, const Plan& plan, int64_t piece, char* scratch) {
  const int64_t tiles = (s.size + kTile - 1) / kTile;
  T* parts = reinterpret_cast<T*>(s.shared);
  T* out = s.out ? static_cast<T*>(s.out) : parts;
  for (int64_t tile = tiles * piece / plan.finish_pieces; tile < tiles * (piece + 1) / plan.finish_pieces; ++tile) {
    const int64_t begin = tile * kTile, end = std::min(begin + kTile, s.size);
    if (s.parts > 1) {
      T sum[kTile];
      std::copy(parts + begin, parts + end, sum);
      for (int64_t part = 1; part < s.parts; ++part) {
        const T* more = parts + part * s.size + begin;
        for (int64_t i = 0; i < end - begin; ++i) sum[i] += more[i];
      }
      std::copy_n(sum, end - begin, out + begin);
    }
    if (s.epilogue) map_run(*s.epilogue, s.values, begin, end, out + begin, nullptr, scratch);
  }
}

}  // namespace yeoul::YEOUL_ISA
