"""Allocation tokens: who presents one may create or take over a name, or pays less for it (RFC 8495).

A token is used up with the command that it came with, by the same commit: of two commands in one group, the second
finds it used. A transfer uses it at its request; if nothing comes of the transfer, it can be used again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model.objects import Domain, with_extra
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.requests import CreateDomain, InfoDomain, Request, TransferDomain
from regwire.registry.model.tokens import (
    AddTokens,
    GivenToken,
    ReadTokens,
    RemoveTokens,
    Token,
    TokenInfo,
    TokenInfoWanted,
)
from regwire.registry.rules import ledger, tokens
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.view import View

__all__ = ["FEATURE", "TokenSettings"]

_NAME: Final = tokens.FEATURE
_KIND: Final = "token"
_COMMANDS: Final = frozenset({"create", "transfer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """``[policy.allocation_token]``."""

    enabled: bool = setting(False, why="whether allocation tokens are taken; each costs a look-up")
    required: bool = setting(False, why="true: every create needs a token, else 2003")

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`."""
        if self.required and not self.enabled:
            return "required", "is true where tokens are not taken; add enabled = true"
        return None


class AllocationToken(Feature):
    """See the module."""

    name = _NAME
    order = 25
    settings = TokenSettings
    takes = frozenset({GivenToken, TokenInfoWanted})
    reads = frozenset({ReadTokens})

    def __init__(self) -> None:
        self.requests = {AddTokens: _add, RemoveTokens: _remove, ReadTokens: _read}

    def applies(self, zone: str, settings: TokenSettings) -> bool:
        """Only where tokens are taken."""
        return bool(zone and settings.enabled)

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Refuse a create without the token that the zone wants: 2003; a token where none goes: 2103."""
        given = tokens.given(request)
        if given is None:
            if isinstance(request, CreateDomain) and zone.feature(_NAME).required:
                raise Refusal(codes.MISSING, "the allocation token is missing", "domain:name", request.name)
        elif isinstance(request, TransferDomain) and request.op != "request":
            raise Refusal(codes.UNIMPLEMENTED_EXTENSION, "only a transfer request takes a token")

    def eligibility(self, ctx: Context, request: Request, domain: Domain | None, zone: ZonePolicy) -> None:
        """Refuse a token that does not apply: 2201."""
        given, command = tokens.given(request), _command(request)
        if given is not None and command is not None:
            name = request.name  # type: ignore[attr-defined]
            if tokens.applicable(ctx, given, command, name) is None:
                raise Refusal(codes.AUTHORIZATION, "the allocation token does not apply", "domain:name", name)

    def commit(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Use the token up, and keep it with the name; give it back if nothing came of a transfer."""
        if isinstance(request, TransferDomain) and request.op in ("reject", "cancel"):
            return tokens.give_back(ctx, after)
        given, command = tokens.given(request), _command(request)
        if given is None or command is None:
            return after
        token = tokens.applicable(ctx, given, command, request.name)  # type: ignore[attr-defined]
        assert token is not None
        if token.uses is not None:
            ctx.put(_KIND, token.digest, replace(token, uses=token.uses - 1))
        kept = after.extra.get(_NAME, {})
        return with_extra(after, _NAME, {**kept, tokens.USED if command == "create" else tokens.PENDING: given.value})

    def check_name(self, ctx: Context, request: Request, name: str, zone: ZonePolicy) -> str | None:
        """Tell whether a create with this token, or with none, would be let through (section 3.1.1)."""
        given = tokens.given(request)
        if given is None:
            return "Allocation token needed" if zone.feature(_NAME).required else None
        if tokens.applicable(ctx, given, "create", name) is None:
            return "Allocation token mismatch"
        return None

    def passes(self, view: View, zone: ZonePolicy) -> bool:
        """No token is needed."""
        return not zone.feature(_NAME).required

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """Give the sponsor the token that the name was allocated by: 2201 to others, 2303 if there was none."""
        if isinstance(request, TransferDomain) and tokens.given(request) is not None:
            raise Refusal(codes.UNIMPLEMENTED_EXTENSION, "only a transfer request takes a token")
        if not isinstance(request, InfoDomain) or request.extension(TokenInfoWanted) is None:
            return
        if value.sponsor != ctx.account:
            raise Refusal(codes.AUTHORIZATION, "only the sponsor is told the token", "domain:name", value.name)
        used = value.extra.get(_NAME, {}).get(tokens.USED)
        if used is None:
            raise Refusal(codes.DOES_NOT_EXIST, "there is no allocation token", "domain:name", value.name)
        ctx.extend(TokenInfo(used))

    def lapse(self, ctx: Context, event: str, before: Domain, after: Domain | None, zone: ZonePolicy) -> Domain | None:
        """After a transfer, the token is that of the transfer, or none."""
        if after is None or _NAME not in after.extra:
            return after
        if event == "transfer":
            pending = before.extra.get(_NAME, {}).get(tokens.PENDING)
            return with_extra(after, _NAME, None if pending is None else {tokens.USED: pending})
        return after


def _command(request: Request) -> str | None:
    if isinstance(request, CreateDomain):
        return "create"
    return "transfer" if isinstance(request, TransferDomain) and request.op == "request" else None


# --- the operator's requests


def _add(ctx: Context, request: AddTokens) -> Outcome:
    ledger.require_operator(ctx)
    for token in request.tokens:
        if ctx.record(_KIND, token.digest) is not None:
            raise Refusal(codes.EXISTS, f"there is a token {token.digest} already")
        _check(ctx, token)
        ctx.put(_KIND, token.digest, token)
    return ctx.done()


def _check(ctx: Context, token: Token) -> None:
    """Refuse a token that could never be used: 2306."""
    zone = token.zone or token.name.partition(".")[2]
    taking = [name for name, policy in ctx.policies.by_zone.items() if policy.feature(_NAME).enabled]
    if not taking or (zone and zone not in taking):
        where = f"[zone.{zone!r}.{_NAME}]" if zone in ctx.policies.by_zone else f"[policy.{_NAME}]"
        raise Refusal(codes.POLICY, f"no tokens are taken there; set enabled = true in {where}")
    if token.name and token.zone and token.name.partition(".")[2] != token.zone:
        raise Refusal(codes.POLICY, f"{token.name} does not lie in {token.zone}")
    if not token.commands or not _COMMANDS.issuperset(token.commands):
        raise Refusal(codes.POLICY, f"a token is for {' or '.join(sorted(_COMMANDS))}")
    if not 0 <= token.discount <= 100 or (token.uses is not None and token.uses < 1):
        raise Refusal(codes.POLICY, "a discount is 0 to 100 percent, and a token is used once at least")
    if token.ends is not None and (token.ends <= ctx.now or (token.begins is not None and token.ends <= token.begins)):
        raise Refusal(codes.POLICY, "the token ends before it begins")


def _remove(ctx: Context, request: RemoveTokens) -> Outcome:
    ledger.require_operator(ctx)
    for digest in request.digests:
        if ctx.record(_KIND, digest) is None:
            raise Refusal(codes.DOES_NOT_EXIST, f"there is no token {digest}")
        ctx.put(_KIND, digest, None)
    return ctx.done()


def _read(ctx: Context, request: ReadTokens) -> Outcome:
    ledger.require_operator(ctx)
    return ctx.answer(ctx.view.records(_KIND, after=request.after, limit=request.limit))


FEATURE = AllocationToken()
