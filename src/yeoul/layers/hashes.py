"""Hashes of strings that are the same on every machine and in every run, so that buckets can be relied on.

`fingerprint` is FarmHash's Fingerprint64 (Pike & Alakuijala 2014), `keyed_hash` is SipHash-2-4 (Aumasson & Bernstein 2012),
`joined` combines two fingerprints by MurmurHash's mixing. TensorFlow hashes with the same three, so buckets equal Keras'.
All arithmetic is modulo 2^64.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_ALL = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _right(x: int, bits: int) -> int:
    """Rotation to the right."""
    x &= _ALL
    return (x >> bits | x << (64 - bits)) & _ALL


def _fold(x: int) -> int:
    x &= _ALL
    return x ^ x >> 47


def _mix(u: int, v: int, multiplier: int) -> int:
    a = _fold((u ^ v) * multiplier)
    return _fold((v ^ a) * multiplier) * multiplier & _ALL


def fingerprint(data: bytes) -> int:
    """Fingerprint64 of `data`."""
    n = len(data)
    if n == 0:
        return _K2
    if n < 4:
        y = data[0] + (data[n >> 1] << 8)
        z = n + (data[-1] << 2)
        return _fold(y * _K2 ^ z * _K0) * _K2 & _ALL
    multiplier = _K2 + n * 2 & _ALL
    if n < 8:
        first, last = int.from_bytes(data[:4], "little"), int.from_bytes(data[-4:], "little")
        return _mix(n + (first << 3), last, multiplier)
    if n <= 16:
        a, b = _word(data, 0) + _K2 & _ALL, _word(data, n - 8)
        c = _right(b, 37) * multiplier + a & _ALL
        d = (_right(a, 25) + b) * multiplier & _ALL
        return _mix(c, d, multiplier)
    if n <= 64:
        return _fingerprint_to_64(data, n, multiplier)
    return _long_fingerprint(data, n)


def _fingerprint_to_64(data: bytes, n: int, multiplier: int) -> int:
    first = _K1 if n <= 32 else _K2
    a, b = _word(data, 0) * first & _ALL, _word(data, 8)
    c, d = _word(data, n - 8) * multiplier & _ALL, _word(data, n - 16) * _K2 & _ALL
    y = _right(a + b, 43) + _right(c, 30) + d & _ALL
    z = _mix(y, a + _right(b + _K2, 18) + c & _ALL, multiplier)
    if n <= 32:
        return z
    e, f = _word(data, 16) * multiplier & _ALL, _word(data, 24)
    g, h = (y + _word(data, n - 32)) * multiplier & _ALL, (z + _word(data, n - 24)) * multiplier & _ALL
    return _mix(_right(e + f, 43) + _right(g, 30) + h & _ALL, e + _right(f + a, 18) + g & _ALL, multiplier)


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = (_word(data, at + i) for i in (0, 8, 16, 24))
    a = a + w & _ALL
    b = _right(b + a + z, 21)
    c = a
    a = a + x + y & _ALL
    b = b + _right(a, 44) & _ALL
    return a + z & _ALL, b + c & _ALL


def _long_fingerprint(data: bytes, n: int) -> int:
    y = 81 * _K1 + 113 & _ALL
    z = _fold(y * _K2 + 113) * _K2 & _ALL
    x = 81 * _K2 + _word(data, 0) & _ALL
    v, w = (0, 0), (0, 0)
    multiplier, factor = _K1, 1
    whole = (n - 1) // 64 * 64
    for at in [*range(0, whole, 64), n - 64]:
        if at == n - 64:  # the last 64 bytes, whichever they are, are mixed harder
            multiplier, factor = _K1 + ((z & 0xFF) << 1) & _ALL, 9
            first = w[0] + (n - 1 & 63) & _ALL
            v = (v[0] + first & _ALL, v[1])
            w = (first + v[0] & _ALL, w[1])
        x = _right(x + y + v[0] + _word(data, at + 8), 37) * multiplier & _ALL
        y = _right(y + v[1] + _word(data, at + 48), 42) * multiplier & _ALL
        x ^= w[1] * factor & _ALL
        y = y + v[0] * factor + _word(data, at + 40) & _ALL
        z = _right(z + w[0], 33) * multiplier & _ALL
        v = _weak(data, at, v[1] * multiplier & _ALL, x + w[0] & _ALL)
        w = _weak(data, at + 32, z + w[1] & _ALL, y + _word(data, at + 16) & _ALL)
        z, x = x, z
    left = _mix(v[0], w[0], multiplier) + _fold(y) * _K0 + z & _ALL
    return _mix(left, _mix(v[1], w[1], multiplier) + x & _ALL, multiplier)


def keyed_hash(data: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 of `data` under a key of two 64-bit words."""
    k0, k1 = key[0] & _ALL, key[1] & _ALL
    state = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for at in range(0, len(padded), 8):
        word = _word(padded, at)
        state[3] ^= word
        _sip_rounds(state, 2)
        state[0] ^= word
    state[2] ^= 0xFF
    _sip_rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _sip_rounds(state: list[int], count: int) -> None:
    a, b, c, d = state
    for _ in range(count):
        a, c = a + b & _ALL, c + d & _ALL
        b, d = _right(b, 51) ^ a, _right(d, 48) ^ c
        a = _right(a, 32)
        c, a = c + b & _ALL, a + d & _ALL
        b, d = _right(b, 47) ^ c, _right(d, 43) ^ a
        c = _right(c, 32)
    state[:] = a, b, c, d


def joined(first: int, second: int) -> int:
    """One fingerprint from two, in this order."""
    multiplier = 0xC6A4A7935BD1E995
    mixed = (first ^ multiplier ^ _fold(second * multiplier) * multiplier) * multiplier & _ALL
    return _fold(_fold(mixed) * multiplier)


def hashed(values: np.ndarray, function: Callable[[bytes], int]) -> np.ndarray:
    """`function` of every element's text, as uint64; each distinct element is hashed once."""
    distinct, places = np.unique(values.ravel(), return_inverse=True)
    found = np.array([function(str(value).encode("utf-8")) for value in distinct.tolist()], np.uint64)
    return found[places.ravel()].reshape(values.shape) if found.size else np.zeros(values.shape, np.uint64)
