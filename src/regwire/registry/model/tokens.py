"""Allocation tokens (RFC 8495)."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from hashlib import sha256

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = [
    "TOKEN",
    "AddTokens",
    "GivenToken",
    "ReadTokens",
    "RemoveTokens",
    "Token",
    "TokenInfo",
    "TokenInfoWanted",
    "digest_of",
]


def digest_of(value: str) -> str:
    """Return what a token is kept as: who reads the store does not learn tokens that can still be used."""
    return sha256(value.encode()).hexdigest()


@record
class Token:
    """An allocation token.

    Attributes:
        digest: `digest_of` its value.
        label: for the operator.
        name: only for this name; "": for any.
        zone: only for names of this zone; "": of any.
        account: only for this registrar; "": for any.
        commands: what it can be used with: "create", "transfer".
        uses: how often it can still be used; None: any number of times.
        begins: not before.
        ends: not at or after.
        discount: percent of the fees of the command.
        unlocks: whether it allows to create a reserved name.

    """

    digest: str
    label: str = ""
    name: str = ""
    zone: str = ""
    account: str = ""
    commands: tuple[str, ...] = ("create",)
    uses: int | None = 1
    begins: datetime | None = None
    ends: datetime | None = None
    discount: int = 0
    unlocks: bool = False


TOKEN = register(Kind("token", Token, key=lambda token: token.digest))


@record
class AddTokens(Request):
    """The operator's: new tokens; one that is known already is refused with 2302, and none is added."""

    tokens: tuple[Token, ...]


@record
class RemoveTokens(Request):
    """The operator's: withdraw tokens by their digests; 2303 if one is unknown."""

    digests: tuple[str, ...]


@record
class ReadTokens(Request):
    """The operator's: tokens, ascending by digest, at most ``limit`` after ``after``; data is a list of `Token`."""

    after: str = ""
    limit: int = 1000


# --- what goes over the wire, freed of it


@record
class GivenToken:
    """The token that comes with a check, a create or a transfer."""

    value: str = field(repr=False)


@record
class TokenInfoWanted:
    """An info asks for the token of a domain."""


@record
class TokenInfo:
    """The token that a domain was allocated by."""

    value: str = field(repr=False)
