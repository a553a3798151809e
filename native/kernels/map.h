// Element-wise byte code.
//
//   for each tile of the iteration space:  r[dst] = op(r[a], r[b], r[c])  for each op;  store the outputs
//
// A tile is at most kTile elements, or as many whole short rows as fit, so that a broadcast row is one fixed pattern.
// Registers of contiguous inputs and outputs are the memory itself; all others live in scratch that stays in the
// first-level cache.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/vecmath.h"
#include "kernels/vector.h"

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

constexpr int64_t kFetchBytes = 1 << 23;  // what a map must move for its next tile to be asked for ahead,
constexpr int kFetchOps = 3;              // and how many ops it must have: fewer do not hide it

// -- preparation
// ----------------------------------------------------------------------------------------------------------
// Row: the same for every row of `inner` elements. Column: one element for each row.
enum class Access : uint8_t { Accumulator, Contiguous, Scalar, Row, Column, General };

struct PreparedInput {
  Access access;
  int64_t item;
  int64_t scratch;    // offset of its register there
  bool is_read_once;  // a scalar of which only the first element is read
  bool is_spread;     // a column that some op reads element by element
};

struct PreparedOp;
using FusedFunction = void (*)(char* const* location, const PreparedOp* ops, int64_t n);
using RowFunction = void (*)(const MapProgram& m, void* const* values, char* const* location, const PreparedOp& op,
                             int64_t at, int64_t n);

struct PreparedOp {
  MapOpCode code;
  MapFunction function;
  WideFunction wide;                // of ops with more than three operands
  FusedFunction fused;              // does this op and the next two
  RowFunction by_row;               // does this op where operands are columns: one bit of `columns` for each
  uint8_t columns;
  int32_t dst, read[kMaxOperands];  // locations: inputs, then registers in scratch, then outputs in memory
  bool is_constant;                 // filled once a call
  bool is_read_once;                // only the first element is read
  DType type;
  double number;
};

struct PreparedOutput {
  int64_t item;
  int32_t from;       // location to copy from at the tile's end, or -1 when it was written directly
  bool is_in_memory;  // handed to the caller, and nothing but a contiguous input: the caller reads that
};

struct Prepared {
  int64_t tile;
  int64_t scratch_bytes;
  int32_t n_locations, n_constants;
  int64_t inner;
  bool is_fetched;  // what tiles read and write is too much for the second-level cache
  double cost;      // estimated nanoseconds an element
  PreparedInput* inputs;
  int64_t* register_offsets;  // per register, in scratch
  PreparedOp* ops;
  PreparedOutput* outputs;
};

constexpr int64_t kRowOps = 32;  // elements of rows that are worth going through one by one

// An op of which some operands are columns: each row reads one element of those, in memory. The tile begins at flat
// position `at`.
template <typename T, typename F>
void row_loop(const MapProgram& m, void* const* values, char* const* location, const PreparedOp& op, int64_t at,
              int64_t n) {
  const int64_t inner = m.dims[m.n_dims - 1];
  using V = Vec<T>;
  constexpr int64_t w = kLanes<T>;
  T* y = reinterpret_cast<T*>(location[op.dst]);
  V spread[kMaxOperands];
  const T* x[kMaxOperands];
  int64_t step[kMaxOperands];
  int64_t row = at / inner;
  for (int64_t i = 0, run = std::min(n, inner - at % inner); i < n; i += run, run = std::min(n - i, inner), ++row) {
    for (int k = 0; k < kMaxOperands; ++k) {
      step[k] = !(op.columns >> k & 1);
      if (step[k]) {
        x[k] = reinterpret_cast<const T*>(location[op.read[k]]) + i;
      } else {
        spread[k] = broadcast(static_cast<const T*>(values[m.inputs[op.read[k]].value])[row]);
        x[k] = reinterpret_cast<const T*>(spread + k);
      }
    }
    const auto result = [&]<typename R>(int64_t j) __attribute__((always_inline)) {
      const auto at_j = [&](int k) __attribute__((always_inline)) { return load_as<R>(x[k] + j * step[k]); };
      if constexpr (requires(R v) { F::of(v, v); })
        return F::of(at_j(0), at_j(1));
      else if constexpr (requires(R v) { F::of(v, v, v); })
        return F::of(at_j(0), at_j(1), at_j(2));
      else
        return F::of(at_j(0), at_j(1), at_j(2), at_j(3), at_j(4));
    };
    int64_t j = 0;
    for (; j + w <= run; j += w) store(y + i + j, result.template operator()<V>(j));
    for (; j < run; ++j) y[i + j] = result.template operator()<T>(j);
  }
}

template <typename T>
RowFunction row_function(MapOpCode code) {
  using M = MapOpCode;
  switch (code) {
    case M::op_add:
      return row_loop<T, Add>;
    case M::op_sub:
      return row_loop<T, Sub>;
    case M::op_mul:
      return row_loop<T, Mul>;
    case M::op_fma:
      return row_loop<T, Fma>;
    case M::op_sub_mul:
      return row_loop<T, SubMul>;
    case M::op_sub_fma:
      return row_loop<T, SubFma>;
    case M::op_sub_fma_add:
      return row_loop<T, SubFmaAdd>;
    case M::op_fma_add:
      return row_loop<T, FmaAdd>;
    default:
      return nullptr;
  }
}

inline RowFunction row_function(const PreparedOp& op) {
  return op.type == DType::F32 ? row_function<float>(op.code) : op.type == DType::F64 ? row_function<double>(op.code) : nullptr;
}

// Ops that read columns go row by row where they can; what no other op reads need not be spread over a tile.
inline void prepare_columns(Prepared& p, const MapProgram& m) {
  const auto is_column = [&](int32_t x) { return x < m.n_inputs && p.inputs[x].access == Access::Column; };
  for (int i = 0; i < m.n_inputs; ++i) p.inputs[i].is_spread = false;
  for (int o = 0; o < m.n_outputs; ++o)
    if (p.outputs[o].from >= 0 && is_column(p.outputs[o].from)) p.inputs[p.outputs[o].from].is_spread = true;
  int fused = 0;  // ops that one before does too
  for (PreparedOp* op = p.ops + p.n_constants; op < p.ops + m.n_ops; ++op, --fused) {
    if (op->fused) fused = 3;
    op->columns = 0;
    const int arity = arity_of(op->code);
    for (int k = 0; k < arity; ++k) op->columns |= static_cast<uint8_t>(is_column(op->read[k]) << k);
    op->by_row = op->columns && fused <= 0 && p.inner >= kRowOps ? row_function(*op) : nullptr;
    for (int k = 0; !op->by_row && k < arity; ++k)
      if (is_column(op->read[k])) p.inputs[op->read[k]].is_spread = true;
  }
}

// The whole update of Adam in one pass: what each op alone would store and the next one load again stays in registers.
template <typename T>
void adam_update(char* const* location, const PreparedOp* ops, int64_t n) {
  const PreparedOp &mean = ops[0], &square = ops[1], &step = ops[2];
  const auto at = [&](int32_t i) { return reinterpret_cast<T*>(location[i]); };
  const T *m = at(mean.read[0]), *g = at(mean.read[1]), *v = at(square.read[0]), *x = at(step.read[0]);
  T *new_m = at(mean.dst), *new_v = at(square.dst), *new_x = at(step.dst);
  const T mean_share = *at(mean.read[2]), square_share = *at(square.read[2]);
  const T rate = *at(step.read[2]), epsilon = *at(step.read[4]);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T old_x = x[i];
    const T average = Lerp::of(m[i], g[i], mean_share), moment = LerpSquare::of(v[i], g[i], square_share);
    new_m[i] = average;
    new_v[i] = moment;
    new_x[i] = AdamStep::of(old_x, average, rate, moment, epsilon);
  }
}

inline bool is_uniform(const Prepared& p, const MapProgram& m, int32_t location) {
  if (location < m.n_inputs) return p.inputs[location].access == Access::Scalar;
  return std::any_of(p.ops, p.ops + p.n_constants, [&](const PreparedOp& op) { return op.dst == location; });
}

// m <- m + (g - m) a;  v <- v + (g^2 - v) b;  x <- x - m rate / (sqrt(v) + epsilon)
inline bool is_adam(const Prepared& p, const MapProgram& m, const PreparedOp* ops) {
  const PreparedOp &mean = ops[0], &square = ops[1], &step = ops[2];
  return mean.code == MapOpCode::op_lerp && square.code == MapOpCode::op_lerp_square &&
         step.code == MapOpCode::op_adam_step && mean.type == step.type && square.type == step.type &&
         square.read[1] == mean.read[1] && step.read[1] == mean.dst && step.read[3] == square.dst &&
         square.read[0] != mean.dst && square.read[1] != mean.dst && square.dst != mean.dst &&
         step.read[0] != mean.dst && step.read[0] != square.dst && is_uniform(p, m, mean.read[2]) &&
         is_uniform(p, m, square.read[2]) && is_uniform(p, m, step.read[2]) && is_uniform(p, m, step.read[4]);
}

// Adam's numbers need not fill a tile each where no other op reads them.
inline void prepare_adam(Prepared& p, const MapProgram& m, PreparedOp* ops) {
  ops->fused = ops->type == DType::F64 ? adam_update<double> : adam_update<float>;
  for (const int32_t location : {ops[0].read[2], ops[1].read[2], ops[2].read[2], ops[2].read[4]}) {
    const auto reads = [&](const PreparedOp& op) {
      return (&op < ops || &op > ops + 2) && std::count(op.read, op.read + kMaxOperands, location) > 0;
    };
    const auto stores = [&](const PreparedOutput& output) { return output.from == location; };
    if (std::any_of(p.ops + p.n_constants, p.ops + m.n_ops, reads)) continue;
    if (std::any_of(p.outputs, p.outputs + m.n_outputs, stores)) continue;
    if (location < m.n_inputs) p.inputs[location].is_read_once = true;
    for (PreparedOp* op = p.ops; op < p.ops + p.n_constants; ++op) op->is_read_once |= op->dst == location;
  }
}

inline double op_cost(MapOpCode code) {
  if (code >= MapOpCode::op_sin && code < MapOpCode::op_erf && code != MapOpCode::op_tanh &&
      code != MapOpCode::op_sigmoid)
    return 12.0;
  if (code == MapOpCode::op_pow || code == MapOpCode::op_atan2 || code == MapOpCode::op_mod ||
      code == MapOpCode::op_floordiv)
    return 15.0;
  if (code >= MapOpCode::op_exp && code <= MapOpCode::op_softplus) return 1.2;
  return 0.12;
}

inline size_t map_prepared_bytes(const MapProgram& m) {
  return sizeof(Prepared) + static_cast<size_t>(m.n_inputs) * sizeof(PreparedInput) +
         static_cast<size_t>(m.n_registers) * sizeof(int64_t) + static_cast<size_t>(m.n_ops) * sizeof(PreparedOp) +
         static_cast<size_t>(m.n_outputs) * sizeof(PreparedOutput) + 64;
}

inline void map_prepare(const MapProgram& m, void* storage) {
  char* at = static_cast<char*>(storage);
  auto* p = new (at) Prepared;
  at += sizeof(Prepared);
  p->inputs = reinterpret_cast<PreparedInput*>(at);
  at += static_cast<size_t>(m.n_inputs) * sizeof(PreparedInput);
  p->register_offsets = reinterpret_cast<int64_t*>(at);
  at += static_cast<size_t>(m.n_registers) * sizeof(int64_t);
  p->ops = reinterpret_cast<PreparedOp*>(at);
  at += static_cast<size_t>(m.n_ops) * sizeof(PreparedOp);
  p->outputs = reinterpret_cast<PreparedOutput*>(at);

  p->inner = m.n_dims ? m.dims[m.n_dims - 1] : 1;
  p->tile = p->inner > 0 && p->inner < kTile ? kTile / p->inner * p->inner : kTile;
  p->cost = 0.05;
  const int64_t length = std::min(p->tile, std::max<int64_t>(m.count, 1));
  int64_t scratch = 0;
  const auto take = [&](int64_t item) {
    const int64_t offset = scratch;
    scratch += (length * item + 63) / 64 * 64 + 64;  // the gap keeps registers from falling on the same cache sets
    return offset;
  };
  for (int r = 0; r < m.n_registers; ++r) p->register_offsets[r] = -1;
  for (int i = 0; i < m.n_inputs; ++i) {
    const MapInput& input = m.inputs[i];
    PreparedInput& q = p->inputs[i];
    q.item = item_size(input.type);
    bool contiguous = true, scalar = true, row = true, column = p->inner > 1;
    int64_t step = 1;
    for (int d = m.n_dims - 1; d >= 0; --d) {
      if (m.dims[d] > 1) {
        contiguous &= input.strides[d] == step;
        scalar &= input.strides[d] == 0;
        row &= input.strides[d] == (d == m.n_dims - 1 ? 1 : 0);
        column &= input.strides[d] == (d == m.n_dims - 1 ? 0 : step / p->inner);
      }
      step *= m.dims[d];
    }
    q.access = input.value < 0 ? Access::Accumulator
               : contiguous    ? Access::Contiguous
               : scalar        ? Access::Scalar
               : row           ? Access::Row
               : column        ? Access::Column
                               : Access::General;
    q.scratch = q.access > Access::Contiguous ? take(q.item) : 0;
    q.is_read_once = false;
    p->cost += 0.05 * static_cast<double>(q.item) / 4.0;
  }
  const int32_t first_register = m.n_inputs, first_output = first_register + m.n_registers;
  p->n_locations = first_output + m.n_outputs;
  int32_t where[8192];
  for (int r = 0; r < m.n_registers; ++r) where[r] = r < m.n_inputs ? r : first_register + r;
  int32_t last_write[8192];
  int32_t writes[8192];
  for (int r = 0; r < m.n_registers; ++r) last_write[r] = -1, writes[r] = 0;
  int64_t widest[8192];
  for (int r = 0; r < m.n_registers; ++r) widest[r] = 0;
  for (int k = 0; k < m.n_ops; ++k) {
    const MapOp& op = m.ops[k];
    last_write[op.dst] = k;
    ++writes[op.dst];
    const bool is_bool = (op.code >= MapOpCode::op_eq && op.code <= MapOpCode::op_ge) ||
                         (op.code >= MapOpCode::op_isnan && op.code <= MapOpCode::op_isfinite);
    widest[op.dst] = std::max(widest[op.dst], is_bool ? 1 : item_size(op.target));
  }
  for (int r = m.n_inputs; r < m.n_registers; ++r)
    if (writes[r]) p->register_offsets[r] = take(widest[r]);
  // Which output each register's last write goes to directly.
  int32_t direct[8192];
  for (int r = 0; r < m.n_registers; ++r) direct[r] = -1;
  for (int o = 0; o < m.n_outputs; ++o) {
    const MapOutput& output = m.outputs[o];
    PreparedOutput& q = p->outputs[o];
    q.item = item_size(output.type);
    q.from = -1;
    if ((output.direct || output.value < 0) && output.reg >= m.n_inputs && direct[output.reg] < 0)
      direct[output.reg] = o;
    else
      q.from = -2;  // resolved below
    p->cost += 0.05 * static_cast<double>(q.item) / 4.0;
  }
  p->n_constants = 0;
  for (int k = 0; k < m.n_ops; ++k) {
    const MapOp& op = m.ops[k];
    PreparedOp& q = p->ops[k];
    for (int r = 0; r < kMaxOperands; ++r) q.read[r] = where[op.read[r]];
    const int32_t o = last_write[op.dst] == k ? direct[op.dst] : -1;
    q.dst = where[op.dst] = o >= 0 ? first_output + o : first_register + op.dst;
    q.code = op.code;
    q.type = op.type;
    q.number = op.number;
    q.fused = nullptr;
    q.by_row = nullptr;
    q.is_read_once = false;
    q.is_constant = op.code == MapOpCode::op_const && writes[op.dst] == 1 && o < 0;
    q.wide = wide_function(op);
    q.function = op.code == MapOpCode::op_const || q.wide ? nullptr : map_function(op);
    p->cost += op_cost(op.code) * static_cast<double>(item_size(op.type)) / 4.0;
  }
  for (int o = 0; o < m.n_outputs; ++o)
    if (p->outputs[o].from == -2) p->outputs[o].from = where[m.outputs[o].reg];
  const bool is_stored = std::any_of(m.outputs, m.outputs + m.n_outputs, [](const MapOutput& q) { return q.value >= 0; });
  for (int o = 0; o < m.n_outputs; ++o) {
    PreparedOutput& q = p->outputs[o];  // what is stored may take the input's place
    q.is_in_memory = !is_stored && q.from >= 0 && q.from < m.n_inputs && p->inputs[q.from].access == Access::Contiguous;
    if (q.is_in_memory) q.from = -1;
  }
  // Constants that are filled once come first, wherever they stood.
  std::stable_partition(p->ops, p->ops + m.n_ops, [](const PreparedOp& op) { return op.is_constant; });
  for (int k = 0; k < m.n_ops; ++k) p->n_constants += p->ops[k].is_constant;
  for (int k = p->n_constants; k + 2 < m.n_ops; ++k)
    if (is_adam(*p, m, p->ops + k)) prepare_adam(*p, m, p->ops + k);
  prepare_columns(*p, m);
  int64_t moved = 0;
  for (int i = 0; i < m.n_inputs; ++i)
    if (p->inputs[i].access == Access::Contiguous) moved += m.count * p->inputs[i].item;
  for (int o = 0; o < m.n_outputs; ++o)
    if (m.outputs[o].value >= 0) moved += m.count * p->outputs[o].item;
  p->is_fetched = moved >= kFetchBytes && m.n_ops - p->n_constants >= kFetchOps;
  p->scratch_bytes = scratch + static_cast<int64_t>(sizeof(void*)) * p->n_locations + 128;
}

inline const Prepared& prepared(const MapProgram& m) { return *static_cast<const Prepared*>(m.prepared); }

inline size_t map_scratch_bytes(const MapProgram& m) { return static_cast<size_t>(prepared(m).scratch_bytes); }

inline double map_work(const MapProgram& m) { return prepared(m).cost * static_cast<double>(m.count) + 20.0; }

// n elements of a strided input from flat position `at`, into `dst`.
inline void collect(const MapProgram& m, const MapInput& input, int64_t item, const char* base, int64_t at, int64_t n,
                    char* dst) {
  int64_t index[kMaxDims];
  int64_t rest = at, offset = 0;
  const int last = m.n_dims - 1;
  for (int d = last; d >= 0; --d) {
    index[d] = rest % m.dims[d];
    rest /= m.dims[d];
    offset += index[d] * input.strides[d];
  }
  const int64_t inner = m.dims[last], stride = input.strides[last];
  while (n > 0) {
    const int64_t run = std::min(n, inner - index[last]);
    const char* src = base + offset * item;
    if (stride == 1) {
      std::memcpy(dst, src, static_cast<size_t>(run * item));
    } else if (stride == 0) {
      splat(dst, src, item, run);
    } else {
      for (int64_t i = 0; i < run; ++i) std::memcpy(dst + i * item, src + i * stride * item, static_cast<size_t>(item));
    }
    dst += run * item;
    n -= run;
    offset -= index[last] * stride;
    index[last] = 0;
    if (n == 0) return;
    for (int d = last - 1; d >= 0; --d) {
      offset += input.strides[d];
      if (++index[d] < m.dims[d]) break;
      offset -= index[d] * input.strides[d];
      index[d] = 0;
    }
  }
}

// Asks for a share of what the next tile reads and writes in memory, before each op: the runs of a tile are too short to
// be foreseen, and all at once would wait for each other.
inline void fetch_share(const Prepared& p, const MapProgram& m, char* const* location, int64_t n, int64_t k,
                        int64_t ops) {
  const auto fetch = [&](const char* at, int64_t item) {
    const int64_t bytes = n * item, end = bytes + bytes * (k + 1) / ops / 64 * 64;
    for (int64_t i = bytes + bytes * k / ops / 64 * 64; i < end; i += 64) __builtin_prefetch(at + i);
  };
  for (int i = 0; i < m.n_inputs; ++i)
    if (p.inputs[i].access == Access::Contiguous) fetch(location[i], p.inputs[i].item);
  char* const* out = location + m.n_inputs + m.n_registers;
  for (int o = 0; o < m.n_outputs; ++o)
    if (m.outputs[o].value >= 0) fetch(out[o], p.outputs[o].item);
}

// n elements from flat position `at` of rows of `inner` elements, of which x has one each.
template <typename T>
inline void spread(const T* x, int64_t inner, int64_t at, int64_t n, T* dst) {
  constexpr int64_t w = kLanes<T>;
  x += at / inner;
  for (int64_t run = std::min(n, inner - at % inner); n > 0; n -= run, dst += run, run = std::min(n, inner), ++x) {
    int64_t i = 0;
    for (const Vec<T> v = broadcast(*x); i + w <= run; i += w) store(dst + i, v);
    for (; i < run; ++i) dst[i] = *x;
  }
}

inline void spread(const void* x, int64_t item, int64_t inner, int64_t at, int64_t n, void* dst) {
  const auto spread_as = [&](auto type) {
    using T = decltype(type);
    spread(static_cast<const T*>(x), inner, at, n, static_cast<T*>(dst));
  };
  switch (item) {
    case 1:
      return spread_as(uint8_t());
    case 2:
      return spread_as(uint16_t());
    case 4:
      return spread_as(uint32_t());
    default:
      return spread_as(uint64_t());
  }
}

// What the program hands to its caller as output o, where that is an input in memory; else null.
inline const void* handed_input(const MapProgram& m, int o, void* const* values) {
  return prepared(m).outputs[o].is_in_memory ? values[m.inputs[m.outputs[o].reg].value] : nullptr;
}

// Asks for elements [begin, end) of what a run over them reads in memory.
inline void map_fetch(const MapProgram& m, void* const* values, int64_t begin, int64_t end) {
  const Prepared& p = prepared(m);
  for (int i = 0; i < m.n_inputs; ++i) {
    if (p.inputs[i].access != Access::Contiguous) continue;
    const int64_t item = p.inputs[i].item;
    const char* x = static_cast<const char*>(values[m.inputs[i].value]);
    for (const char* at = x + begin * item; at < x + end * item; at += 64) __builtin_prefetch(at);
  }
}

inline void map_run(const MapProgram& m, void* const* values, int64_t begin, int64_t end, const void* accumulator,
                    void* result, char* scratch) {
  if (begin >= end) return;
  const Prepared& p = prepared(m);
  auto** location = reinterpret_cast<char**>(scratch);
  char* registers = scratch + (static_cast<size_t>(p.n_locations) * sizeof(void*) + 63) / 64 * 64;
  const int64_t longest = std::min(p.tile, end - begin);
  const int first_register = m.n_inputs, first_output = first_register + m.n_registers;
  for (int r = m.n_inputs; r < m.n_registers; ++r) location[first_register + r] = registers + p.register_offsets[r];
  bool is_each_tile = false;  // an input must be collected again for every tile
  for (int i = 0; i < m.n_inputs; ++i) {
    const PreparedInput& q = p.inputs[i];
    const MapInput& input = m.inputs[i];
    switch (q.access) {
      case Access::Accumulator:
        location[i] = static_cast<char*>(const_cast<void*>(accumulator));
        break;
      case Access::Contiguous:
        location[i] = static_cast<char*>(values[input.value]) + begin * q.item;
        break;
      case Access::Scalar:
        location[i] = registers + q.scratch;
        splat(location[i], values[input.value], q.item, q.is_read_once ? 1 : longest);
        break;
      case Access::Row:
        location[i] = registers + q.scratch;
        if (p.tile % p.inner == 0)
          collect(m, input, q.item, static_cast<char*>(values[input.value]), begin, longest, location[i]);
        else
          is_each_tile = true;
        break;
      case Access::Column:
        location[i] = registers + q.scratch;
        is_each_tile |= q.is_spread;
        break;
      case Access::General:
        location[i] = registers + q.scratch;
        is_each_tile = true;
        break;
    }
  }
  auto* handed = static_cast<char*>(result);
  for (int o = 0; o < m.n_outputs; ++o) {
    const MapOutput& output = m.outputs[o];
    if (output.value < 0) {
      location[first_output + o] = handed;
      if (!p.outputs[o].is_in_memory) handed += (end - begin) * p.outputs[o].item;
    } else {
      location[first_output + o] = static_cast<char*>(values[output.value]) + begin * p.outputs[o].item;
    }
  }
  for (const PreparedOp* op = p.ops; op != p.ops + p.n_constants; ++op)
    fill(location[op->dst], op->type, op->is_read_once ? 1 : longest, op->number);

  const PreparedOp* const ops_end = p.ops + m.n_ops;
  for (int64_t at = begin;;) {
    const int64_t n = std::min(p.tile, end - at);
    if (is_each_tile) {
      for (int i = 0; i < m.n_inputs; ++i) {
        const PreparedInput& q = p.inputs[i];
        if (q.access == Access::Column && q.is_spread) {
          spread(values[m.inputs[i].value], q.item, p.inner, at, n, location[i]);
        } else if (q.access == Access::General || (q.access == Access::Row && p.tile % p.inner != 0)) {
          const char* base = static_cast<char*>(values[m.inputs[i].value]);
          if (q.access == Access::Row && at % p.inner + n <= p.inner) {
            location[i] = const_cast<char*>(base) + at % p.inner * q.item;  // within one row: read in place
          } else {
            location[i] = registers + q.scratch;
            collect(m, m.inputs[i], q.item, base, at, n, location[i]);
          }
        }
      }
    }
    for (const PreparedOp* op = p.ops + p.n_constants; op != ops_end; ++op) {
      const int32_t* read = op->read;
      if (p.is_fetched) fetch_share(p, m, location, n, op - p.ops - p.n_constants, m.n_ops - p.n_constants);
      if (op->by_row) {
        op->by_row(m, values, location, *op, at, n);
      } else if (op->fused) {
        op->fused(location, op, n);
        op += 2;
      } else if (op->function) {
        op->function(location[op->dst], location[read[0]], location[read[1]], location[read[2]], n);
      } else if (op->wide) {
        op->wide(location[op->dst], location[read[0]], location[read[1]], location[read[2]], location[read[3]],
                 location[read[4]], n);
      } else {
        fill(location[op->dst], op->type, n, op->number);
      }
    }
    for (int o = 0; o < m.n_outputs; ++o) {
      const PreparedOutput& q = p.outputs[o];
      if (q.from >= 0) std::memmove(location[first_output + o], location[q.from], static_cast<size_t>(n * q.item));
    }
    at += n;
    if (at >= end) return;
    for (int i = 0; i < m.n_inputs; ++i)
      if (p.inputs[i].access <= Access::Contiguous) location[i] += n * p.inputs[i].item;
    for (int o = 0; o < m.n_outputs; ++o) location[first_output + o] += n * p.outputs[o].item;
  }
}

}  // namespace yeoul::YEOUL_ISA
