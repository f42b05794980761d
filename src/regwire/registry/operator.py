"""The operator's way into a registry: the same store, rules, history and audit as everybody's, beside a running server.

Every change is one request by the account "-", committed when `Operator.ask` returns; a server of the same file sees
it with its next command. SQLite lets one process write at a time: a command waits for the server's commits, and these
for it, a few milliseconds each.
"""

from __future__ import annotations

import getpass
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

from regwire.errors import ConfigError, OperatorRefused
from regwire.registry.accounts import taking
from regwire.registry.clock import Clock, SystemClock
from regwire.registry.config import Config
from regwire.registry.model import codes
from regwire.registry.model.audit import Audited, Origin
from regwire.registry.model.numbers import NumberResource, NumbersImported, NumberSource, Party
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.requests import Call, Request
from regwire.registry.rules import Policies, decide, is_read
from regwire.registry.rules.ledger import OPERATOR
from regwire.registry.rules.texts import line_problem, uncarried
from regwire.registry.store.base import Snapshot, Store, StoreError
from regwire.registry.store.sqlite import SqliteStore

__all__ = ["Operator", "open_operator"]


class Operator:
    """Asks a registry as its operator; use `open_operator` to get one. Blocking, for one thread.

    Args:
        store: of the registry.
        policies: what its rules go by.
        clock: for reads.
        command: what the audit says was done: a command line without secrets.

    """

    def __init__(self, store: Store, policies: Policies, clock: Clock, command: str = "") -> None:
        self.store = store
        self.policies = policies
        self._clock = clock
        self._command = command
        self._peer = _user()
        # Unique for ever, as those of servers are: seconds, 24 random bits, a counter.
        self._prefix = f"{int(time.time()):08X}{secrets.token_hex(3).upper()}"
        self._numbers = count(1)

    def ask(self, request: Request, *, account: str = OPERATOR, cure: str = "") -> Any:
        """Have a request decided and, if it changes something, committed; return its data.

        Args:
            request: what is asked for.
            account: in whose name; the audit has it.
            cure: what the error tells to do about a refusal.

        Raises:
            OperatorRefused: the rules refuse it, or it cannot be written; nothing was changed.

        """
        outcome = self._decide(account, request)
        if outcome.code >= 2000:
            raise OperatorRefused(outcome.code, _reason(outcome), cure)
        return outcome.data

    def _decide(self, account: str, request: Request) -> Outcome:
        if is_read(request):
            with self.store.read() as view:
                return decide(view, Call(account, request, ""), self._clock.now(), self.policies)
        _require_carried(request)
        transaction = f"{self._prefix}{next(self._numbers):08X}"
        origin = Origin(f"operator {type(request).__name__}", 0, self._peer, self._command or None)
        (outcome,) = self.store.execute([Call(account, request, transaction, None, os.urandom(16), origin)])
        return outcome

    def now(self) -> datetime:
        """Return the registry's instant."""
        return self._clock.now()

    def change_numbers(
        self,
        put: Sequence[NumberResource | Party] = (),
        drop: Sequence[tuple[str, str]] = (),
        *,
        new: bool = False,
    ) -> None:
        """Write and remove number resources; see `regwire.registry.store.base.Store`. Noted in the audit.

        Raises:
            OperatorRefused: what is new is there already, what is to go is not, or a text has more than one line.

        """
        for value in put:
            _require_lines(value)
        try:
            self.store.change_numbers(put, drop, new=new, note=self._note("ChangeNumbers"))
        except StoreError as error:
            raise OperatorRefused(
                2302 if new else 2303, str(error), "--replace writes over it" if new else ""
            ) from None

    def import_numbers(
        self, source: NumberSource, values: Iterable[NumberResource | Party], *, older: bool = False
    ) -> NumbersImported:
        """Take a registry's file in; see `regwire.registry.store.base.Store`. Noted in the audit."""
        return self.store.import_numbers(source, values, older=older, note=self._note("ImportNumbers"))

    def _note(self, what: str) -> Audited:
        origin = Origin(f"operator {what}", 0, self._peer, self._command or None)
        transaction = f"{self._prefix}{next(self._numbers):08X}"
        return Audited(self._clock.now(), OPERATOR, transaction, None, origin, codes.OK)

    def all(self, page: Callable[[str], Request], key: Callable[[Any], str]) -> Iterator[Any]:
        """Yield what a read of pages gives.

        Args:
            page: makes the request for what comes after a key.
            key: of one value.

        """
        after = ""
        while found := self.ask(page(after)):
            yield from found
            after = key(found[-1])

    @contextmanager
    def looking(self) -> Iterator[Snapshot]:
        """Give one consistent committed state to read for long."""
        with self.store.snapshot() as snapshot:
            yield snapshot


def _require_lines(value: Any) -> None:
    """Refuse texts that no answer could show as they are: areg has lines, and identifiers without spaces around."""
    for name, text in _texts(value):
        problem = line_problem(text)
        if problem is not None:
            raise OperatorRefused(codes.SYNTAX, f"{name} {text!r} {problem[0]}", problem[1])


def _require_carried(request: Request) -> None:
    """Refuse texts with characters that no answer could carry: who gets them would get 2400 instead, every time."""
    for name, text in _texts(request):
        bad = uncarried(text)
        if bad is not None:
            raise OperatorRefused(codes.SYNTAX, f"{name} {text!r} has the character {bad}", "leave it out")


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in a record, with the names of the fields that they are in."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item, name)
    elif hasattr(value, "__dataclass_fields__"):
        for field in value.__dataclass_fields__:
            yield from _texts(getattr(value, field), field)


def _reason(outcome: Outcome) -> str:
    if outcome.code == codes.FAILED:
        return f"it could not be written: {outcome.reason or 'the file is busy or cannot be used'}; nothing was changed"
    reason = outcome.reason or "the rules do not allow it"
    key = outcome.value[1] if outcome.value else ""
    return f"{key}: {reason}" if key and key not in reason else reason


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@contextmanager
def open_operator(config: Config, *, command: str = "", clock: Clock | None = None) -> Iterator[Operator]:
    """Open the registry that ``config`` describes, whether a server runs on it or not.

    What is new or changed in the accounts file is taken over first, as at a server's start.

    Raises:
        ConfigError: the registry is kept in the memory of its server, or the accounts file cannot be used.
        StoreError: the file cannot be used.

    """
    if config.store.kind != "sqlite":
        raise ConfigError(
            "store.kind", f"is {config.store.kind}: only the server's own process sees it", 'use kind = "sqlite"'
        )
    clock = clock or SystemClock()
    policies = Policies(config)
    settings = config.store
    store = SqliteStore(
        config.path(settings.path), policies, clock, busy_timeout=settings.busy_timeout, snapshot=settings.snapshot
    )
    try:
        operator = Operator(store, policies, clock, command)
        with store.snapshot() as snapshot:
            request = taking(snapshot.view, None, config.path(config.registry.accounts), scram=config.accounts.scram)
        if request is not None:
            operator.ask(request)
        yield operator
    finally:
        store.close()
