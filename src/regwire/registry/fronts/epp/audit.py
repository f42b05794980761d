"""What of EPP goes into the registry's audit: which commands, and what they looked like without their secrets."""

from __future__ import annotations

from typing import Any, Final

from regwire.epp.coding import DEFAULT
from regwire.epp.messages.core import Check, Command, Info, Login, Logout, Poll, Response, Transfer
from regwire.errors import RegwireError
from regwire.registry.engine import Registry
from regwire.registry.model.audit import Audited, Origin
from regwire.schema import Fault

__all__ = ["Auditor"]

_CATEGORIES: Final[dict[type[Any], str]] = {
    Check: "checks",
    Info: "queries",
    Poll: "polls",
    Login: "logins",
    Logout: "logins",
}


class Auditor:
    """Makes the origins and notes of one registry's commands, as its ``[audit]`` settings say."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        settings = registry.audit
        self._frames = settings.frames
        self._kept = {name: getattr(settings, name) for name in ("transforms", "queries", "checks", "polls", "logins")}
        # By the classes of the command and its object: whether it is kept, its name, whether it has an op of its own.
        self._known: dict[tuple[type[Any], type[Any]], tuple[bool, str, bool]] = {}

    def origin(self, session: Any, command: Command) -> Origin | None:
        """Return what the audit keeps of a command; None: nothing."""
        op: Any = command.op
        subject = getattr(op, "object", op)
        classes = (type(op), type(subject))
        known = self._known.get(classes)
        if known is None:
            kept = self._kept[_CATEGORIES.get(type(op), "transforms")]
            known = self._known[classes] = (kept, _name(subject, own=subject is not op), hasattr(op, "op"))
        kept, name, has_op = known
        if has_op:
            if type(op) is Transfer and op.op == "query":
                kept = self._kept["queries"]
            if isinstance(op.op, str):
                name = f"{name} {op.op}"
        if not kept:
            return None
        return Origin(name, session.number or 0, _address(session.peer), self._frame(command))

    def _frame(self, command: Command) -> str | None:
        if not self._frames:
            return None
        try:
            return DEFAULT.redacted(command)
        except (RegwireError, ValueError):
            # Taken in a form that is never sent (what a server tolerates); the rest of the row says what it was.
            return None

    def read(self, session: Any, command: Command, origin: Origin, transaction: str, code: int) -> None:
        """Note a command that was answered without the writer."""
        who = (session.client_id or "", transaction, command.cl_trid)
        self._registry.note(Audited(self._registry.clock.now(), *who, origin, code))

    def answered(self, session: Any, item: Any, response: Response) -> None:
        """Note what a session answered itself; for `regwire.epp.handlers.Handlers.answered`."""
        account = session.client_id
        if isinstance(item, Command):
            origin = self.origin(session, item)
            if isinstance(item.op, Login):
                account = item.op.cl_id
        elif self._kept["logins"]:
            origin = Origin(getattr(item, "command", None) or "frame", session.number or 0, _address(session.peer))
        else:
            return
        if origin is None:
            return
        result, ids = response.results[0], response.tr_id
        fault = _fault(item) or (str(result.msg.text) if result.code >= 2000 else None)
        who = (account or "", ids.sv_trid, getattr(item, "cl_trid", None))
        self._registry.note(Audited(self._registry.clock.now(), *who, origin, int(result.code), fault))


def _name(subject: Any, *, own: bool) -> str:
    """Return what the audit calls a command by its object; ``own`` false: the command is all there is."""
    kind = type(subject)
    prefix = getattr(getattr(kind, "__ns__", None), "prefix", None)
    tag = str(getattr(kind, "__tag__", None) or kind.__name__.lower())
    return f"{prefix}:{tag}" if own and prefix else tag


def _fault(item: Any) -> str | None:
    """Return where and why a frame was refused, its length and its hash; never a value of it.

    A frame that is no message has no places known to be secret, so nothing else of it is kept: with length and hash a
    registrar's own log tells which it was.
    """
    if not isinstance(item, Fault):
        return None
    told = [f"{first.path or '/'}: {first.rule}" for first in item.faults[:1]]
    if item.sha256 is not None:
        told.append(f"{item.octets} octets, SHA-256 {item.sha256}")
    return "; ".join(told) or None


def _address(peer: Any) -> str:
    address = getattr(peer, "address", None)
    if isinstance(address, tuple):
        return str(address[0])
    return "" if address is None else str(address)
