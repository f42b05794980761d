"""What one request's rules work with: the state they see, and what they decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regwire.registry.model import codes
from regwire.registry.model.objects import Domain, PollMessage
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

    __slots__ = (
        "_records",
        "_seen",
        "account",
        "call",
        "changes",
        "extensions",
        "memo",
        "messages",
        "now",
        "policies",
        "settled",
        "view",
    )

    def __init__(self, view: View, call: Call, now: datetime, policies: Policies) -> None:
        self.view = view
        self.call = call
        self.account = call.account
        self.now = now
        self.policies = policies
        self.changes: list[Change] = []
        self.messages: list[PollMessage] = []
        self.extensions: list[Any] = []
        #: What features remember while they are asked about one name of a check after another, by their name.
        self.memo: dict[str, Any] = {}
        # What the first so many changes made, by kind and key.
        self._records: dict[tuple[str, str], Any] = {}
        self._seen = 0
        # Domains that time changed, so that asking again decides nothing twice.
        self.settled: dict[str, Domain | None] = {}

    def change(self, kind: str, key: str, before: Any, after: Any) -> None:
        """Decide that an object changes; ``before`` is what the view shows or an earlier change made of it."""
        self.changes.append(Change(kind, key, before, after))

    def record(self, kind: str, key: str) -> Any | None:
        """Return the record of a registered kind as it stands after what this request decided so far, or None.

        Features read through this rather than through the view: one request may change a record several times, as
        when many domains are settled together.
        """
        if self.changes:
            for change in self.changes[self._seen :]:
                self._records[change.kind, change.key] = change.after
            self._seen = len(self.changes)
            if (kind, key) in self._records:
                return self._records[kind, key]
        return self.view.record(kind, key)

    def forget_after(self, changes: int, messages: int) -> None:
        """Undo what was decided after the first so many changes and messages."""
        del self.changes[changes:], self.messages[messages:]
        self._records.clear()
        self._seen = 0

    def put(self, kind: str, key: str, after: Any | None) -> None:
        """Decide that the record of a registered kind becomes ``after``; None: that it goes."""
        before = self.record(kind, key)
        if before is not None or after is not None:
            self.change(kind, key, before, after)

    def tell(
        self,
        account: str,
        text: str,
        data: object = None,
        *,
        at: datetime | None = None,
        extensions: tuple[Any, ...] = (),
    ) -> None:
        """Queue a message for an account; ``data`` and ``extensions`` are records of registered kinds."""
        # Nothing future-dated is ever in a queue: nobody could say why it shows what has not happened.
        queued = self.now if at is None or at > self.now else at
        self.messages.append(PollMessage(account, queued, text, data, extensions=extensions))

    def extend(self, record: Any) -> None:
        """Have a record of the model go into the reply, beside its data."""
        self.extensions.append(record)

    def done(self, data: object = None, code: int = codes.OK) -> Outcome:
        """Return the outcome with everything decided so far."""
        return Outcome(code, data, tuple(self.changes), tuple(self.messages), None, None, None, tuple(self.extensions))

    def answer(self, data: object, code: int = codes.OK) -> Outcome:
        """Return the outcome of a read: whatever else was decided on the way (by time) is left undone."""
        return Outcome(code, data, extensions=tuple(self.extensions))

    def roid(self, kind: str) -> str:
        """Return the ROID of a new object: unique because transactions are (RFC 5730 section 2.8)."""
        return f"{kind}{self.call.transaction}-{self.policies.repository}"

    def require_sponsor(self, sponsor: str, element: str, key: str) -> None:
        """Refuse with 2201 unless the account sponsors the object."""
        if sponsor != self.account:
            raise Refusal(codes.AUTHORIZATION, "sponsored by another client", element, key)
