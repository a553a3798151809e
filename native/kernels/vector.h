// Vectors as wide as the instruction set that this file is compiled for.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace yeoul::YEOUL_ISA {

// Wider ones than the instruction set has are made of several: slow, but right, so that any machine can test them.
#if !defined(YEOUL_VECTOR_BYTES)
#if defined(__AVX512F__)
#define YEOUL_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define YEOUL_VECTOR_BYTES 32
#else
#define YEOUL_VECTOR_BYTES 16
#endif
#endif
constexpr int kVectorBytes = YEOUL_VECTOR_BYTES;

template <typename T>
struct VectorOf {
  typedef T type __attribute__((vector_size(kVectorBytes), aligned(alignof(T)), may_alias));
};
template <typename T>
using Vec = typename VectorOf<T>::type;

template <typename T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <typename T>
inline Vec<T> load(const T* p) {
  return *reinterpret_cast<const Vec<T>*>(p);
}

template <typename T>
inline void store(T* p, Vec<T> v) {
  *reinterpret_cast<Vec<T>*>(p) = v;
}

template <typename T>
inline Vec<T> broadcast(T x) {
  return x - Vec<T>{};
}

// One vector, or one element: the same loops.
template <typename V, typename T>
inline V load_as(const T* p) {
  if constexpr (std::is_same_v<V, T>)
    return *p;
  else
    return load(p);
}
template <typename V, typename T>
inline void store_as(T* p, V v) {
  if constexpr (std::is_same_v<V, T>)
    *p = v;
  else
    store(p, v);
}

}  // namespace yeoul::YEOUL_ISA
