"""Which allocation token a command may use (RFC 8495), and which names need one."""

from __future__ import annotations

from regwire.registry.model.requests import Request
from regwire.registry.model.tokens import GivenToken, Reserved, Token, digest_of
from regwire.registry.rules.context import Context

__all__ = ["applicable", "given", "reserved"]


def given(request: Request) -> GivenToken | None:
    """Return the token that came with a request, or None."""
    return request.extension(GivenToken) if request.extensions else None


def applicable(ctx: Context, value: GivenToken | None, command: str, name: str) -> Token | None:
    """Return the token if it may be used for ``command`` ("create", "transfer") on ``name`` now by this registrar."""
    if value is None:
        return None
    token = ctx.record("token", digest_of(value.value))
    if not isinstance(token, Token) or command not in token.commands or token.uses == 0:
        return None
    if token.name not in ("", name) or token.zone not in ("", name.partition(".")[2]):
        return None
    if token.account not in ("", ctx.account):
        return None
    if (token.begins is not None and ctx.now < token.begins) or (token.ends is not None and ctx.now >= token.ends):
        return None
    return token


def reserved(ctx: Context, name: str) -> Reserved | None:
    """Return the reservation of a name, or None."""
    found = ctx.record("reserved", name)
    return found if isinstance(found, Reserved) else None
