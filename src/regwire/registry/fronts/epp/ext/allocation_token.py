"""allocationToken-1.0: the token of a check, a create, a transfer, and of an info that asks for it (RFC 8495)."""

from __future__ import annotations

from regwire.epp.ext.allocation_token import NAMESPACE, AllocationToken, AllocationTokenInfo
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model.tokens import GivenToken, TokenInfo, TokenInfoWanted

__all__ = ["FRONT"]


def _given(element: AllocationToken, _: Command) -> GivenToken:
    return GivenToken(element.value)


def _wanted(_: AllocationTokenInfo, __: Command) -> TokenInfoWanted:
    return TokenInfoWanted()


def _told(info: TokenInfo) -> AllocationToken:
    return AllocationToken(info.value)


FRONT = FrontExtension(
    name="allocation_token",
    greeting={"allocationToken": NAMESPACE},
    feature="allocation_token",
    commands={AllocationToken: _given, AllocationTokenInfo: _wanted},
    replies={TokenInfo: _told},
)
