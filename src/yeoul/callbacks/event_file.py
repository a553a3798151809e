"""The files that TensorBoard reads: events in Protocol Buffers, framed as TFRecords, written without either library.

Sources: tensorflow/core/util/event.proto, framework/summary.proto, framework/tensor.proto; the TFRecord format in
TensorFlow's guide; CRC-32C in RFC 3720, appendix B.4.
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
import zlib
from pathlib import Path
from typing import IO

import numpy as np

_VARINT, _FIXED64, _BYTES = 0, 1, 2
_FLOAT, _DOUBLE, _STRING = 1, 2, 7  # tensorflow.DataType
_DTYPES = {"float32": _FLOAT, "float64": _DOUBLE}
_counter = itertools.count()


# -- frames ----------------------------------------------------------------------------------------------------------
def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _masked_crc(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    """A TFRecord: length, its checksum, data, their checksum."""
    length = struct.pack("<Q", len(data))
    return length + _masked_crc(length) + data + _masked_crc(data)


# -- messages --------------------------------------------------------------------------------------------------------
def _varint(value: int) -> bytes:
    made = bytearray()
    value &= 2**64 - 1
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | _FIXED64) + struct.pack("<d", value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | _BYTES) + _varint(len(data)) + data


def _tensor(dtype: int, shape: tuple[int, ...], content: bytes) -> bytes:
    sizes = b"".join(_bytes(2, _number(1, size)) for size in shape)
    return _number(1, dtype) + _bytes(2, sizes) + content


def _value(tag: str, plugin: str, tensor: bytes, content: bytes = b"") -> bytes:
    """One entry of a summary: a tensor, and the plugin of TensorBoard that shows it."""
    plugin_data = _bytes(1, plugin) + (_bytes(2, content) if content else b"")
    return _bytes(1, _bytes(1, tag) + _bytes(8, tensor) + _bytes(9, _bytes(1, plugin_data)))


def _numbers(array: np.ndarray) -> bytes:
    return _tensor(_DTYPES[array.dtype.name], array.shape, _bytes(4, np.ascontiguousarray(array).tobytes()))


def scalar(tag: str, value: float) -> bytes:
    """A summary with one number."""
    return _value(tag, "scalars", _numbers(np.asarray(value, np.float32)))


def text(tag: str, plugin: str, value: str, content: bytes) -> bytes:
    """A summary with a string for some plugin."""
    return _value(tag, plugin, _tensor(_STRING, (), _bytes(8, value)), content)


def histogram(tag: str, values: np.ndarray, buckets: int = 30) -> bytes:
    """A summary with how often values fall between equally wide bounds: rows of (left, right, count)."""
    return _value(tag, "histograms", _numbers(histogram_rows(values, buckets)))


def histogram_rows(values: np.ndarray, buckets: int = 30) -> np.ndarray:
    """float64 (buckets, 3); a single value stands alone in the middle of bounds of no width."""
    data = np.asarray(values, np.float64).reshape(-1)
    data = data[np.isfinite(data)]
    if not data.size:
        return np.zeros((buckets, 3))
    low, high = data.min(), data.max()
    if low == high:
        counts = np.zeros(buckets)
        counts[-1] = data.size
        return np.stack([np.full(buckets, low), np.full(buckets, low), counts], axis=1)
    counts, edges = np.histogram(data, buckets, (low, high))
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def images(tag: str, pictures: np.ndarray) -> bytes:
    """A summary with the first three of some pictures (count, height, width) of floats from 0 to 1."""
    grey = np.clip(np.nan_to_num(pictures[:3]) * 255.5, 0, 255).astype(np.uint8)
    parts = [str(size).encode() for size in (grey.shape[2], grey.shape[1])] + [_png(picture) for picture in grey]
    return _value(tag, "images", _tensor(_STRING, (len(parts),), b"".join(_bytes(8, part) for part in parts)))


def _png(picture: np.ndarray) -> bytes:
    """A grey picture (height, width) as a PNG file. Source: ISO/IEC 15948."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = picture.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with the number of its filter, here none
    rows[:, 1:] = picture
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# -- the file --------------------------------------------------------------------------------------------------------
class EventWriter:
    """An events file in `folder`, made when the first summary comes."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._file: IO[bytes] | None = None

    def write(self, step: int, *summaries: bytes) -> None:
        """Adds an event for each summary, and hands them to the operating system."""
        file = self._file or self._open()
        for summary in summaries:
            file.write(record(_double(1, time.time()) + _number(2, step) + _bytes(5, summary)))
        file.flush()

    def _open(self) -> IO[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        name = f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}.{next(_counter)}.v2"
        self._file = (self._folder / name).open("wb")
        self._file.write(record(_double(1, now) + _bytes(3, "brain.Event:2")))
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
