// The ops of the byte code: what each computes of one element, and the loops over a tile of up to kTile elements.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/vecmath.h"

namespace yeoul::YEOUL_ISA {

using MapFunction = void (*)(void* dst, const void* a, const void* b, const void* c, int64_t n);
using WideFunction = void (*)(void* dst, const void* a, const void* b, const void* c, const void* d, const void* e,
                              int64_t n);

// -- half-width floats
// ----------------------------------------------------------------------------------------------------
struct Half {
  uint16_t bits;
};
struct BFloat {
  uint16_t bits;
};

inline float to_float(Half h) {
  const uint32_t sign = static_cast<uint32_t>(h.bits & 0x8000) << 16;
  const uint32_t exponent = (h.bits >> 10) & 31, mantissa = h.bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | (mantissa << 13));
  if (exponent) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float small = static_cast<float>(mantissa) * 5.9604644775390625e-8f;
  return sign ? -small : small;
}
inline float to_float(BFloat b) { return std::bit_cast<float>(static_cast<uint32_t>(b.bits) << 16); }

inline Half half_from(double x) {
  const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const double a = std::fabs(x);
  if (std::isnan(x)) return {static_cast<uint16_t>(sign | 0x7e00)};
  if (a >= 65520.0) return {static_cast<uint16_t>(sign | 0x7c00)};
  if (a < 6.103515625e-05) return {static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(a * 16777216.0)))};
  int exponent;
  const double m = std::frexp(a, &exponent);  // a = m 2^exponent, 1/2 <= m < 1
  auto mantissa = static_cast<uint32_t>(std::nearbyint(m * 2048.0));
  if (mantissa == 2048) mantissa = 1024, ++exponent;
  return {static_cast<uint16_t>(sign | ((static_cast<uint32_t>(exponent + 14) << 10) + (mantissa - 1024)))};
}
inline BFloat bfloat_from(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  if (x != x) return {static_cast<uint16_t>((bits >> 16) | 0x40)};
  bits += 0x7fff + ((bits >> 16) & 1);
  return {static_cast<uint16_t>(bits >> 16)};
}

// -- conversion
// -----------------------------------------------------------------------------------------------------------
template <typename From, typename To>
inline To convert(From x) {
  if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat>) {
    if constexpr (std::is_same_v<From, To>)
      return x;
    else
      return convert<float, To>(to_float(x));
  } else if constexpr (std::is_same_v<To, Half>) {
    return half_from(static_cast<double>(x));
  } else if constexpr (std::is_same_v<To, BFloat>) {
    return bfloat_from(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // Out of range is undefined in C++: such values become the lowest integer, as vector conversions give.
    constexpr From low = static_cast<From>(std::numeric_limits<To>::min());
    constexpr From high = -static_cast<From>(std::numeric_limits<std::make_signed_t<To>>::min()) *
                          (std::is_signed_v<To> ? From(1) : From(2));
    const bool fits = x > low - From(1) && x < high;
    return fits ? static_cast<To>(x) : std::numeric_limits<To>::min();
  } else {
    return static_cast<To>(x);
  }
}

template <typename From, typename To>
void cast_loop(void* dst, const void* a, const void*, const void*, int64_t n) {
  const From* x = static_cast<const From*>(a);
  To* y = static_cast<To*>(dst);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = convert<From, To>(x[i]);
}

template <typename From>
MapFunction cast_from(DType to) {
  switch (to) {
    case DType::Bool:
      return cast_loop<From, bool>;
    case DType::U8:
      return cast_loop<From, uint8_t>;
    case DType::I8:
      return cast_loop<From, int8_t>;
    case DType::U16:
      return cast_loop<From, uint16_t>;
    case DType::I16:
      return cast_loop<From, int16_t>;
    case DType::U32:
      return cast_loop<From, uint32_t>;
    case DType::I32:
      return cast_loop<From, int32_t>;
    case DType::U64:
      return cast_loop<From, uint64_t>;
    case DType::I64:
      return cast_loop<From, int64_t>;
    case DType::F16:
      return cast_loop<From, Half>;
    case DType::BF16:
      return cast_loop<From, BFloat>;
    case DType::F32:
      return cast_loop<From, float>;
    default:
      return cast_loop<From, double>;
  }
}

inline MapFunction cast_function(DType from, DType to) {
  switch (from) {
    case DType::Bool:
      return cast_from<bool>(to);
    case DType::U8:
      return cast_from<uint8_t>(to);
    case DType::I8:
      return cast_from<int8_t>(to);
    case DType::U16:
      return cast_from<uint16_t>(to);
    case DType::I16:
      return cast_from<int16_t>(to);
    case DType::U32:
      return cast_from<uint32_t>(to);
    case DType::I32:
      return cast_from<int32_t>(to);
    case DType::U64:
      return cast_from<uint64_t>(to);
    case DType::I64:
      return cast_from<int64_t>(to);
    case DType::F16:
      return cast_from<Half>(to);
    case DType::BF16:
      return cast_from<BFloat>(to);
    case DType::F32:
      return cast_from<float>(to);
    default:
      return cast_from<double>(to);
  }
}

// -- loops
// ----------------------------------------------------------------------------------------------------------------
template <typename T, typename R, typename F>
void unary_loop(void* dst, const void* a, const void*, const void*, int64_t n) {
  const T* x = static_cast<const T*>(a);
  R* y = static_cast<R*>(dst);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = F::of(x[i]);
}

template <typename T, typename R, typename F>
void binary_loop(void* dst, const void* a, const void* b, const void*, int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T* z = static_cast<const T*>(b);
  R* y = static_cast<R*>(dst);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = F::of(x[i], z[i]);
}

template <typename T, typename F>
void ternary_loop(void* dst, const void* a, const void* b, const void* c, int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T* z = static_cast<const T*>(b);
  const T* w = static_cast<const T*>(c);
  T* y = static_cast<T*>(dst);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = F::of(x[i], z[i], w[i]);
}

template <typename T>
void select_loop(void* dst, const void* a, const void* b, const void* c, int64_t n) {
  const uint8_t* condition = static_cast<const uint8_t*>(a);
  const T* x = static_cast<const T*>(b);
  const T* z = static_cast<const T*>(c);
  T* y = static_cast<T*>(dst);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T left = x[i], right = z[i];
    y[i] = condition[i] ? left : right;
  }
}

// Integers wrap around: their arithmetic is done without sign.
template <typename T, bool = std::is_integral_v<T> && !std::is_same_v<T, bool>>
struct Wrapping {
  using type = T;
};
template <typename T>
struct Wrapping<T, true> {
  using type = std::make_unsigned_t<T>;
};
template <typename T>
using Wrap = typename Wrapping<T>::type;

#define YEOUL_UNARY(name, expression) \
  struct name {                       \
    template <typename T>             \
    static inline auto of(T x) {      \
      return expression;              \
    }                                 \
  };
#define YEOUL_BINARY(name, expression) \
  struct name {                        \
    template <typename T>              \
    static inline auto of(T x, T z) {  \
      return expression;               \
    }                                  \
  };

// The C library looks at the bits of some operands and would meet the subnormal numbers that arithmetic takes for zero.
template <typename T>
inline T flushed(T x) {
  return x == T(0) ? std::copysign(T(0), x) : x;
}

YEOUL_UNARY(Copy, x)
YEOUL_UNARY(Neg, static_cast<T>(Wrap<T>(0) - Wrap<T>(x)))
YEOUL_UNARY(NegFloat, -x)
YEOUL_UNARY(Abs, x < T(0) ? static_cast<T>(Wrap<T>(0) - Wrap<T>(x)) : x)
YEOUL_UNARY(AbsFloat, std::fabs(x))
YEOUL_UNARY(Sign, static_cast<T>(x > T(0) ? T(1) : (x < T(0) ? T(-1) : (x == T(0) ? T(0) : x))))
YEOUL_UNARY(Floor, std::floor(x))
YEOUL_UNARY(Ceil, std::ceil(x))
YEOUL_UNARY(Round, std::rint(x))
YEOUL_UNARY(Trunc, std::trunc(x))
YEOUL_UNARY(Sqrt, std::sqrt(x))
YEOUL_UNARY(Rsqrt, T(1) / std::sqrt(x))
YEOUL_UNARY(Square, static_cast<T>(Wrap<T>(x) * Wrap<T>(x)))
YEOUL_UNARY(Reciprocal, T(1) / x)
YEOUL_UNARY(Exp, exp_of(x))
YEOUL_UNARY(Expm1, expm1_of(x))
YEOUL_UNARY(Log, log_of(x))
YEOUL_UNARY(Log1p, log1p_of(x))
YEOUL_UNARY(Sin, std::sin(x))
YEOUL_UNARY(Cos, std::cos(x))
YEOUL_UNARY(Tan, std::tan(x))
YEOUL_UNARY(Asin, std::asin(x))
YEOUL_UNARY(Acos, std::acos(x))
YEOUL_UNARY(Atan, std::atan(x))
YEOUL_UNARY(Sinh, std::sinh(x))
YEOUL_UNARY(Cosh, std::cosh(x))
YEOUL_UNARY(Tanh, tanh_of(x))
YEOUL_UNARY(Asinh, std::asinh(x))
YEOUL_UNARY(Acosh, std::acosh(x))
YEOUL_UNARY(Atanh, std::atanh(x))
YEOUL_UNARY(Sigmoid, sigmoid_of(x))
YEOUL_UNARY(Erf, erf_of(x))
YEOUL_UNARY(Softplus, softplus_of(x))
YEOUL_UNARY(IsNan, x != x)
YEOUL_UNARY(IsInf, x - x != T(0) && x == x)
YEOUL_UNARY(IsFinite, x - x == T(0))
YEOUL_UNARY(False_, (void(x), false))
YEOUL_UNARY(True_, (void(x), true))
YEOUL_UNARY(Not, static_cast<T>(~x))
YEOUL_UNARY(NotBool, !x)
YEOUL_UNARY(Relu, T(0) > x ? T(0) : x)
YEOUL_BINARY(Add, static_cast<T>(Wrap<T>(x) + Wrap<T>(z)))
YEOUL_BINARY(Sub, static_cast<T>(Wrap<T>(x) - Wrap<T>(z)))
YEOUL_BINARY(Mul, static_cast<T>(Wrap<T>(x) * Wrap<T>(z)))
YEOUL_BINARY(Div, x / z)
YEOUL_BINARY(Pow, std::pow(flushed(x), flushed(z)))
YEOUL_BINARY(Atan2, std::atan2(flushed(x), flushed(z)))
YEOUL_BINARY(Eq, x == z)
YEOUL_BINARY(Ne, x != z)
YEOUL_BINARY(Lt, x < z)
YEOUL_BINARY(Le, x <= z)
YEOUL_BINARY(Gt, x > z)
YEOUL_BINARY(Ge, x >= z)
YEOUL_BINARY(And, static_cast<T>(x& z))
YEOUL_BINARY(Or, static_cast<T>(x | z))
YEOUL_BINARY(Xor, static_cast<T>(x ^ z))
YEOUL_BINARY(MaxInt, x > z ? x : z)
YEOUL_BINARY(MinInt, x < z ? x : z)
YEOUL_BINARY(MaxFloat, (x > z || x != x) ? x : z)
YEOUL_BINARY(MinFloat, (x < z || x != x) ? x : z)
YEOUL_BINARY(ReluLimited, z < Relu::of(x) ? z : Relu::of(x))

struct FloorDiv {
  template <typename T>
  static inline T of(T x, T z) {
    if constexpr (std::is_floating_point_v<T>) {
      if (z == T(0)) return x / z;
      const T remainder = std::fmod(x, z);
      T quotient = (x - remainder) / z;
      if (remainder != T(0) && (z < T(0)) != (remainder < T(0))) quotient -= T(1);
      if (quotient == T(0)) return std::copysign(T(0), x / z);
      const T whole = std::floor(quotient);
      return quotient - whole > T(0.5) ? whole + T(1) : whole;
    } else {
      if (z == T(0)) return T(0);
      if constexpr (std::is_signed_v<T>) {
        if (z == T(-1)) return static_cast<T>(Wrap<T>(0) - Wrap<T>(x));
        const T q = x / z;
        return static_cast<T>(x % z != 0 && ((x < 0) != (z < 0)) ? q - 1 : q);
      } else {
        return x / z;
      }
    }
  }
};

struct Mod {
  template <typename T>
  static inline T of(T x, T z) {
    if constexpr (std::is_floating_point_v<T>) {
      T r = std::fmod(flushed(x), flushed(z));
      if (r != T(0)) {
        if ((z < T(0)) != (r < T(0))) r += z;
      } else {
        r = std::copysign(T(0), z);
      }
      return r;
    } else {
      if (z == T(0)) return T(0);
      if constexpr (std::is_signed_v<T>) {
        if (z == T(-1)) return T(0);
        const T r = x % z;
        return static_cast<T>(r != 0 && ((r < 0) != (z < 0)) ? r + z : r);
      } else {
        return x % z;
      }
    }
  }
};

struct PowInt {
  template <typename T>
  static inline T of(T x, T z) {
    if constexpr (std::is_signed_v<T>) {
      if (z < 0) return x == T(1) ? T(1) : T(0);
    }
    Wrap<T> result = 1, base = static_cast<Wrap<T>>(x);
    for (auto e = static_cast<Wrap<T>>(z); e; e >>= 1) {
      if (e & 1) result *= base;
      base *= base;
    }
    return static_cast<T>(result);
  }
};

struct Shl {
  template <typename T>
  static inline T of(T x, T z) {
    return static_cast<Wrap<T>>(z) < sizeof(T) * 8 ? static_cast<T>(static_cast<Wrap<T>>(x) << static_cast<Wrap<T>>(z))
                                                   : T(0);
  }
};
struct Shr {
  template <typename T>
  static inline T of(T x, T z) {
    return static_cast<Wrap<T>>(z) < sizeof(T) * 8 ? static_cast<T>(x >> static_cast<Wrap<T>>(z)) : T(0);
  }
};
struct Fma {
  template <typename T>
  static inline T of(T x, T z, T w) {
    return static_cast<T>(Wrap<T>(x) * Wrap<T>(z) + Wrap<T>(w));
  }
};
// What centres, scales and moves: most of a normalization and of its gradient.
struct SubMul {
  template <typename T>
  static inline T of(T x, T z, T w) {
    return (x - z) * w;
  }
};
struct SubFma {
  template <typename T>
  static inline T of(T x, T z, T w, T v, T) {
    return (x - z) * w + v;
  }
};
struct SubFmaAdd {
  template <typename T>
  static inline T of(T x, T z, T w, T v, T u) {
    return (x - z) * w + v + u;
  }
};
struct FmaAdd {
  template <typename T>
  static inline T of(T x, T z, T w, T v, T) {
    return x * z + w + v;
  }
};
struct Lerp {
  template <typename T>
  static inline T of(T x, T z, T w) {
    return x + (z - x) * w;
  }
};
struct LerpSquare {
  template <typename T>
  static inline T of(T x, T z, T w) {
    return x + (z * z - x) * w;
  }
};

// What most optimizers end with, in one pass: the divider works while the rest is loaded and stored.
struct AdamStep {
  template <typename T>
  static inline T of(T x, T step, T rate, T square, T epsilon) {
    return x - step * rate / (std::sqrt(square) + epsilon);
  }
};
struct RmsStep {
  template <typename T>
  static inline T of(T x, T step, T rate, T square, T epsilon) {
    return x - step * rate / std::sqrt(square + epsilon);
  }
};

// Comparison and choice in one: what a comparison alone finds is a byte for each element, which costs more than the
// choice.
struct SelectGreater {
  template <typename T>
  static inline T of(T a, T b, T chosen, T other, T) {
    return a > b ? chosen : other;
  }
};
struct SelectGreaterEqual {
  template <typename T>
  static inline T of(T a, T b, T chosen, T other, T) {
    return a >= b ? chosen : other;
  }
};

template <typename T, typename F>
void wide_loop(void* dst, const void* a, const void* b, const void* c, const void* d, const void* e, int64_t n) {
  const T* x0 = static_cast<const T*>(a);
  const T* x1 = static_cast<const T*>(b);
  const T* x2 = static_cast<const T*>(c);
  const T* x3 = static_cast<const T*>(d);
  const T* x4 = static_cast<const T*>(e);
  T* y = static_cast<T*>(dst);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T v0 = x0[i], v1 = x1[i], v2 = x2[i], v3 = x3[i], v4 = x4[i];
    y[i] = F::of(v0, v1, v2, v3, v4);
  }
}

template <typename F>
WideFunction wide_of(DType type) {
  return type == DType::F64 ? wide_loop<double, F> : wide_loop<float, F>;
}

inline WideFunction wide_function(const MapOp& op) {
  if (op.code == MapOpCode::op_adam_step) return wide_of<AdamStep>(op.type);
  if (op.code == MapOpCode::op_rms_step) return wide_of<RmsStep>(op.type);
  if (op.code == MapOpCode::op_sub_fma) return wide_of<SubFma>(op.type);
  if (op.code == MapOpCode::op_sub_fma_add) return wide_of<SubFmaAdd>(op.type);
  if (op.code == MapOpCode::op_fma_add) return wide_of<FmaAdd>(op.type);
  if (op.code == MapOpCode::op_select_gt) return wide_of<SelectGreater>(op.type);
  if (op.code == MapOpCode::op_select_ge) return wide_of<SelectGreaterEqual>(op.type);
  return nullptr;
}

template <typename T>
MapFunction float_function(MapOpCode code) {
  using M = MapOpCode;
  switch (code) {
    case M::op_neg:
      return unary_loop<T, T, NegFloat>;
    case M::op_abs:
      return unary_loop<T, T, AbsFloat>;
    case M::op_floor:
      return unary_loop<T, T, Floor>;
    case M::op_ceil:
      return unary_loop<T, T, Ceil>;
    case M::op_round:
      return unary_loop<T, T, Round>;
    case M::op_trunc:
      return unary_loop<T, T, Trunc>;
    case M::op_sqrt:
      return unary_loop<T, T, Sqrt>;
    case M::op_rsqrt:
      return unary_loop<T, T, Rsqrt>;
    case M::op_reciprocal:
      return unary_loop<T, T, Reciprocal>;
    case M::op_exp:
      return unary_loop<T, T, Exp>;
    case M::op_expm1:
      return unary_loop<T, T, Expm1>;
    case M::op_log:
      return unary_loop<T, T, Log>;
    case M::op_log1p:
      return unary_loop<T, T, Log1p>;
    case M::op_sin:
      return unary_loop<T, T, Sin>;
    case M::op_cos:
      return unary_loop<T, T, Cos>;
    case M::op_tan:
      return unary_loop<T, T, Tan>;
    case M::op_asin:
      return unary_loop<T, T, Asin>;
    case M::op_acos:
      return unary_loop<T, T, Acos>;
    case M::op_atan:
      return unary_loop<T, T, Atan>;
    case M::op_sinh:
      return unary_loop<T, T, Sinh>;
    case M::op_cosh:
      return unary_loop<T, T, Cosh>;
    case M::op_tanh:
      return unary_loop<T, T, Tanh>;
    case M::op_asinh:
      return unary_loop<T, T, Asinh>;
    case M::op_acosh:
      return unary_loop<T, T, Acosh>;
    case M::op_atanh:
      return unary_loop<T, T, Atanh>;
    case M::op_sigmoid:
      return unary_loop<T, T, Sigmoid>;
    case M::op_erf:
      return unary_loop<T, T, Erf>;
    case M::op_softplus:
      return unary_loop<T, T, Softplus>;
    case M::op_isnan:
      return unary_loop<T, bool, IsNan>;
    case M::op_isinf:
      return unary_loop<T, bool, IsInf>;
    case M::op_isfinite:
      return unary_loop<T, bool, IsFinite>;
    case M::op_div:
      return binary_loop<T, T, Div>;
    case M::op_pow:
      return binary_loop<T, T, Pow>;
    case M::op_atan2:
      return binary_loop<T, T, Atan2>;
    case M::op_max:
      return binary_loop<T, T, MaxFloat>;
    case M::op_min:
      return binary_loop<T, T, MinFloat>;
    case M::op_relu:
      return unary_loop<T, T, Relu>;
    case M::op_relu_limited:
      return binary_loop<T, T, ReluLimited>;
    case M::op_sub_mul:
      return ternary_loop<T, SubMul>;
    case M::op_lerp:
      return ternary_loop<T, Lerp>;
    case M::op_lerp_square:
      return ternary_loop<T, LerpSquare>;
    default:
      return nullptr;
  }
}

template <typename T>
MapFunction integer_function(MapOpCode code) {
  using M = MapOpCode;
  switch (code) {
    case M::op_neg:
      return unary_loop<T, T, Neg>;
    case M::op_abs:
      return unary_loop<T, T, Abs>;
    case M::op_floor:
    case M::op_ceil:
    case M::op_round:
    case M::op_trunc:
      return unary_loop<T, T, Copy>;
    case M::op_isnan:
    case M::op_isinf:
      return unary_loop<T, bool, False_>;
    case M::op_isfinite:
      return unary_loop<T, bool, True_>;
    case M::op_not:
      if constexpr (std::is_same_v<T, bool>)
        return unary_loop<T, T, NotBool>;
      else
        return unary_loop<T, T, Not>;
    case M::op_and:
      return binary_loop<T, T, And>;
    case M::op_or:
      return binary_loop<T, T, Or>;
    case M::op_xor:
      return binary_loop<T, T, Xor>;
    case M::op_max:
      return binary_loop<T, T, MaxInt>;
    case M::op_min:
      return binary_loop<T, T, MinInt>;
    default:
      break;
  }
  if constexpr (!std::is_same_v<T, bool>) {
    if (code == M::op_shl) return binary_loop<T, T, Shl>;
    if (code == M::op_shr) return binary_loop<T, T, Shr>;
    if (code == M::op_pow) return binary_loop<T, T, PowInt>;
  } else if (code == M::op_pow) {
    return binary_loop<T, T, Or>;  // never asked for by ops: bool has no powers
  }
  return nullptr;
}

template <typename T>
MapFunction function_of(MapOpCode code) {
  using M = MapOpCode;
  MapFunction special = nullptr;
  if constexpr (std::is_floating_point_v<T>)
    special = float_function<T>(code);
  else
    special = integer_function<T>(code);
  if (special) return special;
  switch (code) {
    case M::op_copy:
      return unary_loop<T, T, Copy>;
    case M::op_sign:
      if constexpr (std::is_same_v<T, bool>)
        return unary_loop<T, T, Copy>;
      else
        return unary_loop<T, T, Sign>;
    case M::op_square:
      return unary_loop<T, T, Square>;
    case M::op_add:
      return binary_loop<T, T, Add>;
    case M::op_sub:
      return binary_loop<T, T, Sub>;
    case M::op_mul:
      return binary_loop<T, T, Mul>;
    case M::op_floordiv:
      return binary_loop<T, T, FloorDiv>;
    case M::op_mod:
      return binary_loop<T, T, Mod>;
    case M::op_eq:
      return binary_loop<T, bool, Eq>;
    case M::op_ne:
      return binary_loop<T, bool, Ne>;
    case M::op_lt:
      return binary_loop<T, bool, Lt>;
    case M::op_le:
      return binary_loop<T, bool, Le>;
    case M::op_gt:
      return binary_loop<T, bool, Gt>;
    case M::op_ge:
      return binary_loop<T, bool, Ge>;
    case M::op_select:
      return select_loop<T>;
    case M::op_fma:
      return ternary_loop<T, Fma>;
    default:
      return unary_loop<T, T, Copy>;
  }
}

inline MapFunction map_function(const MapOp& op) {
  if (op.code == MapOpCode::op_cast) return cast_function(op.type, op.target);
  switch (op.type) {
    case DType::Bool:
      return function_of<bool>(op.code);
    case DType::I32:
      return function_of<int32_t>(op.code);
    case DType::I64:
      return function_of<int64_t>(op.code);
    case DType::U32:
      return function_of<uint32_t>(op.code);
    case DType::F64:
      return function_of<double>(op.code);
    default:
      return function_of<float>(op.code);
  }
}

inline void fill(void* dst, DType type, int64_t n, double number) {
  const auto put = [&](auto value) { std::fill_n(static_cast<decltype(value)*>(dst), n, value); };
  switch (type) {
    case DType::Bool:
      return put(number != 0.0);
    case DType::U8:
      return put(convert<double, uint8_t>(number));
    case DType::I8:
      return put(convert<double, int8_t>(number));
    case DType::U16:
      return put(convert<double, uint16_t>(number));
    case DType::I16:
      return put(convert<double, int16_t>(number));
    case DType::U32:
      return put(convert<double, uint32_t>(number));
    case DType::I32:
      return put(convert<double, int32_t>(number));
    case DType::U64:
      return put(convert<double, uint64_t>(number));
    case DType::I64:
      return put(convert<double, int64_t>(number));
    case DType::F16:
      return put(half_from(number));
    case DType::BF16:
      return put(bfloat_from(static_cast<float>(number)));
    case DType::F32:
      return put(static_cast<float>(number));
    default:
      return put(number);
  }
}

inline void splat(void* dst, const void* src, int64_t item, int64_t n) {
  switch (item) {
    case 1:
      std::memset(dst, *static_cast<const unsigned char*>(src), static_cast<size_t>(n));
      break;
    case 2:
      std::fill_n(static_cast<uint16_t*>(dst), n, *static_cast<const uint16_t*>(src));
      break;
    case 4:
      std::fill_n(static_cast<uint32_t*>(dst), n, *static_cast<const uint32_t*>(src));
      break;
    default:
      std::fill_n(static_cast<uint64_t*>(dst), n, *static_cast<const uint64_t*>(src));
      break;
  }
}

}  // namespace yeoul::YEOUL_ISA
