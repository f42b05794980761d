"""The limits of an EPP server's sessions, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, fields

from regwire.errors import ConfigError

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a session on the server; all times in seconds, sizes in octets.

    `handshake`: a TLS handshake takes two round trips; who needs longer holds a slot for nothing.
    `login`: from the end of the handshake to a completed login.
    `frame`: from a frame's first octet to its last, so that a trickle does not hold a buffer.
    `idle`: without any frame; clients keep a session alive by hello.
    `session`: at most this long in all, so that certificates and accounts are looked at again.
    `failed_logins`: then 2501; guessing a password costs a connection each so many tries.
    `frame_before_login`: a login with all services fits many times; strangers get no more.
    `frame_after_login`: encoded signed marks are large (RFC 7848).
    `check_names`: objects of one check, else 2306.
    `in_flight`: commands of a connection read and not answered; then it is no longer read.
    `unparsable`: frames in a row that are not XML or empty; then the connection is closed.
    `sessions_per_account`: logged in at the same time, else 2502; an account may have its own number.
    `password_threads`: password hashes computed at the same time; they are slow on purpose.
    """

    handshake: float = 10.0
    login: float = 10.0
    frame: float = 30.0
    idle: float = 600.0
    session: float = 24 * 3600.0
    failed_logins: int = 3
    frame_before_login: int = 16 * 1024
    frame_after_login: int = 512 * 1024
    check_names: int = 50
    in_flight: int = 64
    unparsable: int = 3
    sessions_per_account: int = 100
    password_threads: int = 2

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ConfigError(f"limits.{field.name}", f"must be positive, not {value!r}")
        for name in ("frame_before_login", "frame_after_login"):
            if not 512 <= getattr(self, name) <= 64 * 1024 * 1024:
                raise ConfigError(f"limits.{name}", "between 512 octets and 64 MiB")
