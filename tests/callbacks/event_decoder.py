"""A reader of event files that shares nothing with the writer: Protocol Buffers by wire type, a bitwise CRC-32C, PNG."""

import struct
import zlib

import numpy as np


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            carry = (crc ^ byte >> bit) & 1
            crc >>= 1
            if carry:
                crc ^= 0b10000010111101100011101101111000
    return ~crc & 0xFFFFFFFF


def unmasked(crc):
    rotated = (crc - 0xA282EAD8) % 2**32
    return (rotated << 15 | rotated >> 17) % 2**32


def records(data):
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        body, rest = data[12 : 12 + length], data[12 + length :]
        assert unmasked(int.from_bytes(data[8:12], "little")) == crc32c(data[:8])
        assert unmasked(int.from_bytes(rest[:4], "little")) == crc32c(body)
        yield body
        data = rest[4:]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """{field number: list of values} of a message; nested messages stay bytes."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = struct.unpack("<d", data[at : at + 8])[0], at + 8
        else:
            assert kind == 2
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        found.setdefault(key >> 3, []).append(value)
    return found


def tensor(data):
    message = fields(data)
    shape = [fields(size).get(1, [0])[0] for size in fields(message[2][0]).get(2, [])]
    if message[1] == [7]:
        return message[8]
    dtype = {1: "<f4", 2: "<f8"}[message[1][0]]
    return np.frombuffer(message[4][0], dtype).reshape(shape)


def grey_png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, pixels = 8, b""
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 0)
        elif kind == b"IDAT":
            pixels += body
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(pixels), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return rows[:, 1:].tolist()


def decoded(folder):
    """[folder, step, tag, plugin, content] of every summary below `folder`, as record_golden_tensorboard.py has them."""
    found = []
    for path in sorted(folder.rglob("*tfevents*")):
        events = [fields(body) for body in records(path.read_bytes())]
        assert events[0][3] == [b"brain.Event:2"]
        for event in events[1:]:
            assert event[1][0] > 1.7e9
            for value in fields(event[5][0])[1]:
                message = fields(value)
                plugin = fields(fields(message[9][0])[1][0])[1][0].decode()
                found.append([path.parent.name, event[2][0], message[1][0].decode(), plugin, _content(plugin, message)])
    return found


def _content(plugin, message):
    content = tensor(message[8][0])
    if plugin == "images":
        return [int(content[0]), int(content[1]), [grey_png(part) for part in content[2:]]]
    if plugin == "graph_keras_model":
        return "text"
    return content.tolist()
