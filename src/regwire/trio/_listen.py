"""Sockets that listen, and how a server's tasks end: shared by the servers of all protocols."""

from __future__ import annotations

import socket

import trio

from regwire.errors import ConfigError

__all__ = ["BACKLOG", "datagram_sockets", "stream_sockets", "until_cancelled"]

BACKLOG = 4096
"""Connections that the kernel may queue: a thousand clients that reconnect after a restart must all get in."""

DATAGRAM_BUFFER = 4 * 1024 * 1024
"""Octets that the kernel is asked to queue for a datagram socket, as far as it allows: a burst arrives faster than it
is answered."""


def stream_sockets(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for every address of `host` ("" is every address); raises ConfigError."""
    return _sockets(host, port, socket.SOCK_STREAM)


def datagram_sockets(host: str, port: int) -> list[socket.socket]:
    """The same for datagrams."""
    return _sockets(host, port, socket.SOCK_DGRAM)


def _sockets(host: str, port: int, kind: socket.SocketKind) -> list[socket.socket]:
    where = f"{host or '*'}:{port}"
    try:
        found = socket.getaddrinfo(host or None, port, type=kind, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigError(where, f"no such address ({error})") from error
    sockets: list[socket.socket] = []
    try:
        for family, type_, proto, _, address in dict.fromkeys(found):
            sock = socket.socket(family, type_, proto)
            sockets.append(sock)
            if kind is socket.SOCK_STREAM:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            else:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DATAGRAM_BUFFER)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
            if kind is socket.SOCK_STREAM:
                sock.listen(BACKLOG)
            sock.setblocking(False)
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise ConfigError(
            where, f"cannot listen ({error.strerror})", "choose another port or stop what uses it"
        ) from error
    return sockets


async def until_cancelled(stop: trio.Event) -> None:
    """Sleep until cancelled, then set `stop`."""
    try:
        await trio.sleep_forever()
    finally:
        stop.set()
