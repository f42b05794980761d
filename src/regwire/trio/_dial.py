"""Connecting by TCP, and why it did not work, in few words."""

from __future__ import annotations

import os
import socket

import trio

from regwire.errors import ConnectFailed

__all__ = ["dial", "why"]


async def dial(host: str, port: int) -> trio.SocketStream:
    """Connect to any address of a host; raises ConnectFailed."""
    try:
        return await trio.open_tcp_stream(host, port)
    except OSError as error:
        raise ConnectFailed(f"{host}:{port}: {why(error)}") from error
    except UnicodeError as error:
        raise ConnectFailed(f"{host}:{port}: no host has such a name ({error})") from error


def why(error: Exception) -> str:
    """The system's reasons of a failed connection, each once: "Connection refused". Of other errors their text."""
    if not isinstance(error, OSError):
        return str(error)
    cause = error.__cause__
    tried = cause.exceptions if isinstance(cause, BaseExceptionGroup) else (cause or error,)
    return "; ".join(dict.fromkeys(_reason(one) for one in tried))


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno and not isinstance(error, socket.gaierror):
        return os.strerror(error.errno)
    return str(getattr(error, "strerror", None) or error)
