// Philox4x32-10: ten rounds of multiplication that turn a counter into four random words.
//
//   (c0, c1, c2, c3) -> (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)),  k += (W0, W1)
//
// Source: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
#pragma once

#include <algorithm>
#include <cstdint>

namespace yeoul::YEOUL_ISA {

inline void philox(uint32_t seed, uint32_t counter, uint32_t lane3, uint64_t block, uint32_t* out) {
  uint32_t c0 = static_cast<uint32_t>(block), c1 = static_cast<uint32_t>(block >> 32), c2 = counter, c3 = lane3;
  uint32_t k0 = seed, k1 = 0;
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c0, p1 = uint64_t{0xCD9E8D57} * c2;
    const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0, n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c0 = n0, c1 = static_cast<uint32_t>(p1), c2 = n2, c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

// Words [begin, end); begin is a multiple of 4.
inline void random_bits(uint32_t seed, uint32_t counter, uint32_t lane3, int64_t begin, int64_t end, uint32_t* out) {
  for (int64_t at = begin; at < end; at += 4, out += 4) {
    const auto block = static_cast<uint64_t>(at / 4);
    if (end - at >= 4) {
      philox(seed, counter, lane3, block, out);
    } else {
      uint32_t last[4];
      philox(seed, counter, lane3, block, last);
      std::copy_n(last, end - at, out);
    }
  }
}

}  // namespace yeoul::YEOUL_ISA
