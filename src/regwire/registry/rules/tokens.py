"""Which allocation token a command may use (RFC 8495)."""

from __future__ import annotations

from typing import Final

from regwire.registry.model.objects import Domain, with_extra
from regwire.registry.model.record import replace
from regwire.registry.model.requests import Request
from regwire.registry.model.tokens import GivenToken, Token, digest_of
from regwire.registry.rules.context import Context

__all__ = ["FEATURE", "PENDING", "USED", "applicable", "give_back", "given"]

#: The key in ``extra`` of a domain, and what stands there: the token it was allocated by, that of a pending transfer.
FEATURE: Final = "allocation_token"
USED: Final = "used"
PENDING: Final = "pending"


def given(request: Request) -> GivenToken | None:
    """Return the token that came with a request, or None."""
    return request.extension(GivenToken) if request.extensions else None


def applicable(ctx: Context, value: GivenToken | None, command: str, name: str) -> Token | None:
    """Return the token if it may be used for ``command`` ("create", "transfer") on ``name`` now by this registrar.

    Within one request the answer stays what it was at first: the token is used up before its discount is billed.
    """
    if value is None:
        return None
    known = ctx.memo.setdefault(FEATURE, {})
    if (value.value, command, name) not in known:
        known[value.value, command, name] = _applicable(ctx, value, command, name)
    return known[value.value, command, name]  # type: ignore[no-any-return]


def _applicable(ctx: Context, value: GivenToken, command: str, name: str) -> Token | None:
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


def give_back(ctx: Context, value: Domain) -> Domain:
    """Make the token of a transfer that nothing came of usable again; return the domain without it."""
    kept = value.extra.get(FEATURE, {})
    if PENDING not in kept:
        return value
    token = ctx.record("token", digest_of(kept[PENDING]))
    if isinstance(token, Token) and token.uses is not None:
        ctx.put("token", token.digest, replace(token, uses=token.uses + 1))
    left = {key: used for key, used in kept.items() if key != PENDING}
    return with_extra(value, FEATURE, left or None)
