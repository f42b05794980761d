"""Which allocation token a command may use (RFC 8495)."""

from __future__ import annotations

from typing import Final

from regwire.registry.model.objects import Domain, with_extra
from regwire.registry.model.record import replace
from regwire.registry.model.requests import Request
from regwire.registry.model.tokens import GivenToken, Token, digest_of
from regwire.registry.rules.context import Context

__all__ = [
    "APPLIED",
    "FEATURE",
    "PENDING",
    "USED",
    "applicable",
    "give_back",
    "given",
    "promise",
    "released",
    "reserve",
]

#: The key in ``extra`` of a domain, and what stands there: the token it was allocated by, that of a pending transfer,
#: that of a launch application.
FEATURE: Final = "allocation_token"
USED: Final = "used"
PENDING: Final = "pending"
APPLIED: Final = "applied"


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
    _usable_again(ctx, kept[PENDING])
    left = {key: used for key, used in kept.items() if key != PENDING}
    return with_extra(value, FEATURE, left or None)


def reserve(ctx: Context, request: Request, value: Domain) -> Domain:
    """Use the token of an application up, if it has one, and keep it with the domain applied for."""
    token = given(request)
    known = applicable(ctx, token, "create", value.name)
    if token is None or known is None:
        return value
    if known.uses is not None:
        ctx.put("token", known.digest, replace(known, uses=known.uses - 1))
    return with_extra(value, FEATURE, {APPLIED: token.value})


def released(ctx: Context, value: Domain) -> tuple[Domain, str | None]:
    """Make the token of an application that is over usable again.

    Returns:
        the domain without it, and the token; None: the application had none, or the operator has removed it.

    """
    applied = value.extra.get(FEATURE, {}).get(APPLIED)
    if applied is None:
        return value, None
    return with_extra(value, FEATURE, None), applied if _usable_again(ctx, applied) else None


def _usable_again(ctx: Context, value: str) -> bool:
    """Take back one use of a token; false if there is no such token any more."""
    token = ctx.record("token", digest_of(value))
    if not isinstance(token, Token):
        return False
    if token.uses is not None:
        ctx.put("token", token.digest, replace(token, uses=token.uses + 1))
    return True


def promise(ctx: Context, value: str, name: str) -> GivenToken:
    """Have a token apply to the create of ``name`` whatever it says by now: it did when it was applied for."""
    token = ctx.record("token", digest_of(value))
    ctx.memo.setdefault(FEATURE, {})[value, "create", name] = token
    return GivenToken(value)
