// Elementary functions without branches, so that loops over them become vector code.
//
//   exp(x) = 2^n p(r),        n = round(x / ln 2), r = x - n ln 2, |r| <= ln(2) / 2
//   log(x) = e ln 2 + log(m), x = m 2^e, sqrt(1/2) <= m < sqrt(2)
//   the others follow from these two
//
// Coefficients of the float32 polynomials: S. Moshier, Cephes mathematical library (expf, logf, tanhf).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace yeoul::YEOUL_ISA {

inline float power_of_two(float, int32_t n) { return std::bit_cast<float>((n + 127) << 23); }
inline double power_of_two(double, int64_t n) { return std::bit_cast<double>((n + 1023) << 52); }

inline float exp_of(float x) {
  float z = x < -104.0f ? -104.0f : x;
  z = z > 89.0f ? 89.0f : z;
  z = x == x ? z : 0.0f;
  const float n = std::rint(z * 1.44269504088896341f);
  float r = z - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const int32_t k = static_cast<int32_t>(n);
  const int32_t half = k >> 1;  // two factors, since 2^k alone may leave the range
  const float y = p * power_of_two(0.0f, half) * power_of_two(0.0f, k - half);
  return x == x ? y : x;
}

inline double exp_of(double x) {
  double z = x < -746.0 ? -746.0 : x;
  z = z > 710.0 ? 710.0 : z;
  z = x == x ? z : 0.0;
  const double n = std::rint(z * 1.4426950408889634074);
  double r = z - n * 6.93147180369123816490e-01;
  r = r - n * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * (r * r) + r + 1.0;
  // 2^n through the mantissa of a large number: AVX2 has no conversion from double to int64.
  const double shifted = n + 6755399441055744.0;
  const int64_t k = std::bit_cast<int64_t>(shifted) - std::bit_cast<int64_t>(6755399441055744.0);
  const int64_t half = k / 2;
  const double y = p * power_of_two(0.0, half) * power_of_two(0.0, k - half);
  return x == x ? y : x;
}

inline float log_of(float x) {
  const bool tiny = x < 1.17549435e-38f;
  const float scaled = tiny ? x * 8388608.0f : x;
  const uint32_t bits = std::bit_cast<uint32_t>(scaled);
  // The exponent counted from sqrt(1/2), so that m lies in [sqrt(1/2), sqrt(2)).
  const int32_t e = static_cast<int32_t>(bits - 0x3f3504f3) >> 23;
  const float m = std::bit_cast<float>(bits - (static_cast<uint32_t>(e) << 23)) - 1.0f;
  const float exponent = static_cast<float>(e) - (tiny ? 23.0f : 0.0f);
  const float z = m * m;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  p = p * m * z;
  p = p + exponent * -2.12194440e-4f;
  p = p - 0.5f * z;
  float y = m + p + exponent * 0.693359375f;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  y = x == infinity ? infinity : y;
  y = x == 0.0f ? -infinity : y;
  return x >= 0.0f ? y : std::numeric_limits<float>::quiet_NaN();
}

inline double log_of(double x) {
  const bool tiny = x < 2.2250738585072014e-308;
  const double scaled = tiny ? x * 4503599627370496.0 : x;
  const uint64_t bits = std::bit_cast<uint64_t>(scaled);
  const uint64_t offset = bits - 0x3fe6a09e667f3bcd;
  const uint64_t field = offset & 0xfff0000000000000;
  const double m = std::bit_cast<double>(bits - field);
  // The exponent as a double, again through a mantissa.
  const auto e = static_cast<int64_t>(offset >> 52);
  const double raw = std::bit_cast<double>(e | 0x4330000000000000) - 4503599627370496.0;
  const double exponent = (raw >= 2048.0 ? raw - 4096.0 : raw) - (tiny ? 52.0 : 0.0);
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  double p = 1.0 / 25.0;
  p = p * z + 1.0 / 23.0;
  p = p * z + 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  // log(m) = f - (f^2/2 - s (f^2/2 + 2 z p)): the large part f stays exact.
  const double h = 0.5 * f * f;
  double y = exponent * 6.93147180369123816490e-01 +
             (f - (h - (s * (h + 2.0 * z * p) + exponent * 1.90821492927058770002e-10)));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  y = x == infinity ? infinity : y;
  y = x == 0.0 ? -infinity : y;
  return x >= 0.0 ? y : std::numeric_limits<double>::quiet_NaN();
}

// log(u) x / (u - 1) with u = 1 + x takes back the rounding of 1 + x.  Source: HP-15C handbook, via Goldberg 1991,
// theorem 4.
template <typename T>
inline T log1p_of(T x) {
  const T u = T(1) + x;
  const T d = u - T(1);
  const T y = log_of(u) * (x / (d == T(0) ? T(1) : d));
  const T corrected = d == T(0) ? x : y;
  return x == std::numeric_limits<T>::infinity() ? x : corrected;
}

// (u - 1) x / log(u) with u = exp(x).  Source: Higham 2002, Accuracy and stability, section 1.14.1.
template <typename T>
inline T expm1_of(T x) {
  const T u = exp_of(x);
  const T d = u - T(1);
  const T l = log_of(u);
  T y = d * (x / (l == T(0) ? T(1) : l));
  y = d == T(0) ? x : y;
  y = d == T(-1) ? T(-1) : y;
  return u > std::numeric_limits<T>::max() ? u : y;
}

inline float tanh_of(float x) {
  const float a = std::fabs(x);
  const float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float small = p * z * x + x;
  const float large = std::copysign(1.0f - 2.0f / (exp_of(a + a) + 1.0f), x);
  const float y = a < 0.625f ? small : large;
  return x == x ? y : x;
}

inline double tanh_of(double x) {
  const double a = std::fabs(x) < 20.0 ? std::fabs(x) : 20.0;
  const double t = expm1_of(a + a);
  const double y = std::copysign(t / (t + 2.0), x);
  return x == x ? y : x;
}

// |x| < 1: x p(x^2), else 1 - exp(q(|x|)).  Both polynomials interpolate at Chebyshev nodes, within 3 units in the last
// place.
inline float erf_of(float x) {
  const float a = std::fabs(x);
  const float z = x * x;
  float p = -9.673590284364764e-6f;
  p = p * z + 1.1268253729213029e-4f;
  p = p * z - 8.484396385028958e-4f;
  p = p * z + 5.221053492277861e-3f;
  p = p * z - 2.6865437626838684e-2f;
  p = p * z + 1.1283782869577408e-1f;
  p = p * z - 3.7612637877464294e-1f;
  p = p * z + 1.128379225730896f;
  const float b = a < 4.0f ? a : 4.0f;
  float q = 1.6140616025950294e-6f;
  q = q * b - 4.559062290354632e-5f;
  q = q * b + 5.927695310674608e-4f;
  q = q * b - 4.740222357213497e-3f;
  q = q * b + 2.636471763253212e-2f;
  q = q * b - 1.0997824370861053e-1f;
  q = q * b - 6.319370865821838e-1f;
  q = q * b - 1.1301666498184204f;
  q = q * b + 3.0321296071633697e-4f;
  const float large = std::copysign(1.0f - exp_of(q), x);
  const float y = a < 1.0f ? x * p : large;
  return x == x ? y : x;
}

inline double erf_of(double x) { return std::erf(x); }

template <typename T>
inline T sigmoid_of(T x) {
  return T(1) / (T(1) + exp_of(-x));
}

template <typename T>
inline T softplus_of(T x) {
  const T positive = x > T(0) ? x : T(0);
  const T y = positive + log1p_of(exp_of(-std::fabs(x)));
  return x == x ? y : x;
}

}  // namespace yeoul::YEOUL_ISA
