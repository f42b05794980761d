"""The SASL chunks of XPC (RFC 4992 section 6.5): mechanism and data, each with its length."""

from __future__ import annotations

__all__ = ["SERVICE", "build", "parse"]

SERVICE = "iris-xpc"
"""The SASL service name (RFC 4992 section 14.2)."""

ABSENT = 0xFFFF
"""In place of a length: no data at all, as against empty data."""


def build(mechanism: str, data: bytes | None) -> bytes:
    """Return the chunk's data. Raises ValueError for data that no one chunk can hold."""
    name = mechanism.encode("ascii")
    octets = data if data is not None else b""
    if 1 + len(name) + 2 + len(octets) > 0xFFFF:
        raise ValueError("SASL data longer than a chunk")
    length = ABSENT if data is None else len(octets)
    return bytes([len(name)]) + name + length.to_bytes(2, "big") + octets


def parse(chunk: bytes) -> tuple[str, bytes | None]:
    """Return mechanism and data (None: absent). Raises ValueError for lengths that do not fit the chunk."""
    if not chunk:
        raise ValueError("no mechanism")
    end = 1 + chunk[0]
    name, rest = chunk[1:end], chunk[end:]
    if len(name) != chunk[0] or not name or len(rest) < 2:
        raise ValueError("the mechanism's name overruns the chunk")
    length, data = int.from_bytes(rest[:2], "big"), rest[2:]
    if length == ABSENT and not data:
        return _mechanism(name), None
    if length != len(data):
        raise ValueError("the length of the data is not that of the chunk")
    return _mechanism(name), data


def _mechanism(name: bytes) -> str:
    try:
        return name.decode("ascii")
    except UnicodeDecodeError as error:
        raise ValueError("the mechanism's name is not ASCII") from error
