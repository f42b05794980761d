"""What a server makes of a TLS hello: one of our own making, so that no library's settings stand between.

A library of today does not offer TLS 1.1 any more, and whether it would depends on how it was built. Up to TLS 1.2 the
server's first answer is in clear: the version, the cipher suite and the certificates can be read without keys.
"""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import trio

__all__ = ["LEGACY", "OLD", "RECOMMENDED", "TLS10", "TLS11", "TLS12", "Answer", "hello", "version_name"]

TLS10, TLS11, TLS12 = 0x0301, 0x0302, 0x0303

RECOMMENDED = {
    0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256",
    0xC02C: "ECDHE-ECDSA-AES256-GCM-SHA384",
    0xC02F: "ECDHE-RSA-AES128-GCM-SHA256",
    0xC030: "ECDHE-RSA-AES256-GCM-SHA384",
}
"""The suites of RFC 9325 section 4.2, by number."""

OLD = {
    0xC009: "ECDHE-ECDSA-AES128-SHA",
    0xC00A: "ECDHE-ECDSA-AES256-SHA",
    0xC013: "ECDHE-RSA-AES128-SHA",
    0xC014: "ECDHE-RSA-AES256-SHA",
    0x0033: "DHE-RSA-AES128-SHA",
    0x0039: "DHE-RSA-AES256-SHA",
    0x002F: "AES128-SHA",
    0x0035: "AES256-SHA",
    0x009C: "AES128-GCM-SHA256",
    0x009D: "AES256-GCM-SHA384",
    0x003C: "AES128-SHA256",
    0xC023: "ECDHE-ECDSA-AES128-SHA256",
    0xC027: "ECDHE-RSA-AES128-SHA256",
    0xCCA8: "ECDHE-RSA-CHACHA20-POLY1305",
    0xCCA9: "ECDHE-ECDSA-CHACHA20-POLY1305",
}
"""Others that a server may have: to find out whether it speaks a version at all."""

LEGACY = {
    0x0001: "NULL-MD5",
    0x0002: "NULL-SHA",
    0x003B: "NULL-SHA256",
    0x0003: "EXP-RC4-MD5",
    0x0004: "RC4-MD5",
    0x0005: "RC4-SHA",
    0xC007: "ECDHE-ECDSA-RC4-SHA",
    0xC011: "ECDHE-RSA-RC4-SHA",
    0x000A: "DES-CBC3-SHA",
    0xC008: "ECDHE-ECDSA-DES-CBC3-SHA",
    0xC012: "ECDHE-RSA-DES-CBC3-SHA",
}
"""Suites that RFC 9325 section 4.1 forbids: null, export, RC4, and 64-bit blocks."""

_HANDSHAKE, _ALERT = 22, 21
_KINDS = frozenset({20, _ALERT, _HANDSHAKE, 23})
_SERVER_HELLO, _CERTIFICATE, _SERVER_HELLO_DONE = 2, 11, 14
#: Certificates of a server are far below.
_LONGEST = 1 << 18


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: version and cipher of a ServerHello with the certificates (DER, the server's first), or an alert.

    All None: something else than TLS, or the connection was closed.
    """

    version: int | None = None
    cipher: int | None = None
    certificates: tuple[bytes, ...] = ()
    alert: int | None = None


def version_name(version: int) -> str:
    """`TLS 1.1` for 0x0302."""
    return {0x0300: "SSL 3.0"}.get(version, f"TLS 1.{(version & 0xFF) - 1}")


async def hello(address: str, port: int, name: str, *, version: int, suites: Iterable[int], timeout: float) -> Answer:
    """Send a ClientHello of at most this version with these cipher suites; return the answer.

    Raises:
        OSError: no connection.
        trio.TooSlowError: not within `timeout` seconds.

    """
    with trio.fail_after(timeout):
        stream = await trio.open_tcp_stream(address, port)
        async with stream:
            try:
                await stream.send_all(_client_hello(name, version, tuple(suites)))
                return await _answer(stream)
            except trio.BrokenResourceError:
                return Answer()


def _client_hello(name: str, version: int, suites: tuple[int, ...]) -> bytes:
    extensions = b"".join(_extension(number, body) for number, body in _extensions(name))
    body = struct.pack(">H", version) + os.urandom(32) + b"\0"
    body += _vector(struct.pack(f">{len(suites)}H", *suites), 2) + b"\x01\0" + _vector(extensions, 2)
    message = b"\x01" + _vector(body, 3)
    # The record's own version is the oldest: servers that compare it with nothing take it.
    return struct.pack(">BH", _HANDSHAKE, min(version, TLS10)) + _vector(message, 2)


def _extensions(name: str) -> Iterator[tuple[int, bytes]]:
    if not _is_address(name):
        host = name.encode("idna") if not name.isascii() else name.encode()
        yield 0, _vector(b"\0" + _vector(host, 2), 2)
    yield 10, _vector(struct.pack(">4H", 29, 23, 24, 25), 2)
    yield 11, _vector(b"\0", 1)
    schemes = (0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)
    yield 13, _vector(struct.pack(f">{len(schemes)}H", *schemes), 2)
    yield 23, b""
    yield 0xFF01, b"\0"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _extension(number: int, body: bytes) -> bytes:
    return struct.pack(">H", number) + _vector(body, 2)


def _vector(body: bytes, octets: int) -> bytes:
    return len(body).to_bytes(octets, "big") + body


async def _answer(stream: trio.SocketStream) -> Answer:
    """Read until the certificates have come, or it is clear that none will."""
    buffer, handshake = bytearray(), bytearray()
    answer = Answer()
    while len(buffer) + len(handshake) < _LONGEST:
        piece = await stream.receive_some(65536)
        if not piece:
            return answer
        buffer += piece
        for kind, payload in _records(buffer):
            if kind == _ALERT:
                return replace(answer, alert=payload[1] if len(payload) > 1 else None)
            if kind != _HANDSHAKE:
                return answer
            handshake += payload
        for number, body in _messages(handshake):
            if number == _SERVER_HELLO and len(body) >= 35:
                start = 35 + body[34]
                version, cipher = body[:2], body[start : start + 2]
                answer = Answer(int.from_bytes(version, "big"), int.from_bytes(cipher, "big"))
            elif number == _CERTIFICATE:
                return replace(answer, certificates=tuple(_certificates(body)))
            elif number == _SERVER_HELLO_DONE:
                return answer
    return answer


def _records(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take whole records off the front; what is no TLS is given out as kind 0."""
    while len(buffer) >= 5:
        kind, _, length = struct.unpack_from(">BHH", buffer)
        if kind not in _KINDS:
            yield 0, b""
            return
        if len(buffer) < 5 + length:
            return
        payload = bytes(buffer[5 : 5 + length])
        del buffer[: 5 + length]
        yield kind, payload


def _messages(handshake: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take whole messages off the front."""
    while len(handshake) >= 4:
        length = int.from_bytes(handshake[1:4], "big")
        if len(handshake) < 4 + length:
            return
        yield handshake[0], bytes(handshake[4 : 4 + length])
        del handshake[: 4 + length]


def _certificates(body: bytes) -> Iterator[bytes]:
    position = 3
    while position + 3 <= len(body):
        length = int.from_bytes(body[position : position + 3], "big")
        yield body[position + 3 : position + 3 + length]
        position += 3 + length
