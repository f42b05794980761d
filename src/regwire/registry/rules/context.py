"""What one request's rules work with: the state they see, and what they decide."""

from __future__ import annotations

from datetime import datetime

from regwire.registry.model import codes
from regwire.registry.model.objects import Contact, Domain, Host, PollMessage
from regwire.registry.model.outcomes import Change, Outcome, Refusal
from regwire.registry.model.requests import Call
from regwire.registry.rules.policy import Policies
from regwire.registry.rules.view import View

__all__ = ["Context"]


class Context:
    """One request on its way through the rules.

    The state that `view` shows does not change meanwhile; what the rules decide is collected and takes effect
    only if they end without a Refusal.
    """

    __slots__ = ("account", "call", "changes", "messages", "now", "policies", "settled", "view")

    def __init__(self, view: View, call: Call, now: datetime, policies: Policies) -> None:
        self.view = view
        self.call = call
        self.account = call.account
        self.now = now
        self.policies = policies
        self.changes: list[Change] = []
        self.messages: list[PollMessage] = []
        # Domains that time changed, so that asking again decides nothing twice.
        self.settled: dict[str, Domain | None] = {}

    def change(
        self, kind: str, key: str, before: Domain | Host | Contact | None, after: Domain | Host | Contact | None
    ) -> None:
        """Decide that an object changes; ``before`` is what the view shows or an earlier change made of it."""
        self.changes.append(Change(kind, key, before, after))

    def tell(self, account: str, text: str, data: object = None, *, at: datetime | None = None) -> None:
        """Queue a message for an account."""
        self.messages.append(PollMessage(account, at or self.now, text, data))

    def done(self, data: object = None, code: int = codes.OK) -> Outcome:
        """Return the outcome with everything decided so far."""
        return Outcome(code, data, tuple(self.changes), tuple(self.messages))

    def roid(self, kind: str) -> str:
        """Return the ROID of a new object: unique because transactions are (RFC 5730 section 2.8)."""
        return f"{kind}{self.call.transaction}-{self.policies.repository}"

    def require_sponsor(self, sponsor: str, element: str, key: str) -> None:
        """Refuse with 2201 unless the account sponsors the object."""
        if sponsor != self.account:
            raise Refusal(codes.AUTHORIZATION, "sponsored by another client", element, key)
