"""``regwire domain``, ``host`` and ``contact``: registrars' objects as the operator sees and changes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regwire.cli.operate import Dir, Json, Reason, Yes, confirm, group, name, operator, plain, show
from regwire.errors import ConfigError, OperatorRefused

if TYPE_CHECKING:
    from regwire.registry.operator import Operator

__all__ = ["contact", "domain", "host"]

Name = Annotated[str, typer.Argument(metavar="NAME")]
Id = Annotated[str, typer.Argument(metavar="ID")]
Statuses = Annotated[list[str] | None, typer.Option(metavar="STATUS", help="As serverHold; repeatable.")]
Registrar = Annotated[str | None, typer.Option("--registrar", metavar="ID", help="Give it to this one.")]

domain = group("Domains, as their registry: look at them, lock them, hold them, move them, purge them.")
host = group("Hosts, as their registry.")
contact = group("Contacts, as their registry.")

#: A registry lock: nothing changes until the registry takes it away.
LOCK = {
    "domain": ("serverDeleteProhibited", "serverTransferProhibited", "serverUpdateProhibited"),
    "host": ("serverDeleteProhibited", "serverUpdateProhibited"),
    "contact": ("serverDeleteProhibited", "serverTransferProhibited", "serverUpdateProhibited"),
}


def _key(kind: str, text: str) -> str:
    return text if kind == "contact" else name(text)


def _cure(kind: str, key: str) -> str:
    return f"`regwire {kind} history {key}` tells what became of it"


def _show(kind: str, text: str, folder: Path, *, json: bool) -> None:
    from regwire.registry.model.requests import InfoContact, InfoDomain, InfoHost

    key = _key(kind, text)
    with operator(folder) as found:
        value = _existing(found, kind, key)
        # As its sponsor sees it: settled by time, with what features add.
        requests: dict[str, Any] = {"domain": InfoDomain, "host": InfoHost, "contact": InfoContact}
        data = found.ask(requests[kind](key), account=value.sponsor, cure=_cure(kind, key))
        show(_described(kind, plain(data)), json=json)


def _described(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """One level: the object's own members, and beside them what is derived."""
    found: dict[str, Any] = data.pop(kind)
    found["statuses"] = [status["value"] for status in data.pop("statuses", found["statuses"])]
    if "host_names" in data:
        found["hosts"] = data.pop("host_names") or found["hosts"]
    for hidden in ("full", "auth"):
        data.pop(hidden, None)
    return {**found, **data}


def _set(
    kind: str, text: str, folder: Path, *, json: bool, add: tuple[str, ...], remove: tuple[str, ...], reason: str
) -> None:
    """Set and remove; what is so already is passed over."""
    from regwire.registry.model.changes import Why
    from regwire.registry.model.objects import Status
    from regwire.registry.model.requests import SetServerStatuses

    key = _key(kind, text)
    with operator(folder) as found:
        present = {status.value for status in _existing(found, kind, key).statuses}
        new = tuple([Status(status) for status in add if status not in present])
        gone = tuple([Status(status) for status in remove if status in present or not status.startswith("server")])
        if new or gone:
            request = SetServerStatuses(kind, key, new, gone, extensions=(Why(reason=reason),))
            found.ask(request, cure=_missing(kind, key))
        value = _existing(found, kind, key)
        _changed(value, key, json=json)


def _existing(found: Operator, kind: str, key: str) -> Any:
    with found.looking() as state:
        value = getattr(state.view, kind)(key)
    if value is None:
        raise OperatorRefused(2303, f"there is no {kind} {key}", _cure(kind, key))
    return value


def _missing(kind: str, key: str) -> str:
    return f"`regwire {kind} show {key}` shows it"


def _changed(value: Any, key: str, *, json: bool) -> None:
    show({"name": key, "sponsor": value.sponsor, "statuses": [status.value for status in value.statuses]}, json=json)


def _change(
    kind: str,
    text: str,
    folder: Path,
    *,
    json: bool,
    add: list[str] | None,
    remove: list[str] | None,
    registrar: str | None,
    reason: str,
) -> None:
    if not (add or remove or registrar):
        raise ConfigError(text, "nothing to change", "give --add-status, --rem-status or --registrar")
    if add or remove:
        if registrar:
            raise ConfigError("--registrar", "changes nothing but the sponsor", "set statuses with a second command")
        _set(kind, text, folder, json=json, add=tuple(add or ()), remove=tuple(remove or ()), reason=reason)
    else:
        _move(kind, text, folder, json=json, registrar=registrar or "")


def _move(kind: str, text: str, folder: Path, *, json: bool, registrar: str) -> None:
    from regwire.registry.model.changes import Why
    from regwire.registry.model.operators import MoveObject

    key = _key(kind, text)
    with operator(folder) as found:
        value = found.ask(MoveObject(kind, key, registrar, extensions=(Why(quiet=True),)), cure=_missing(kind, key))
        _changed(value, key, json=json)


def _history(kind: str, text: str, folder: Path, *, json: bool) -> None:
    from regwire.cli.trail import show_history

    show_history(kind, text, folder, json=json)


# --- domains


@domain.command("show")
def show_domain(text: Name, folder: Dir = Path(), json: Json = False) -> None:
    """Everything about a domain, whoever sponsors it."""
    _show("domain", text, folder, json=json)


@domain.command("lock")
def lock_domain(text: Name, reason: Reason = "", folder: Dir = Path(), json: Json = False) -> None:
    """A registry lock: no update, transfer or delete until it is unlocked."""
    _set("domain", text, folder, json=json, add=LOCK["domain"], remove=(), reason=reason)


@domain.command("unlock")
def unlock_domain(text: Name, reason: Reason = "", folder: Dir = Path(), json: Json = False) -> None:
    """Take the registry lock away."""
    _set("domain", text, folder, json=json, add=(), remove=LOCK["domain"], reason=reason)


@domain.command("set")
def set_domain(
    text: Name,
    add_status: Statuses = None,
    rem_status: Statuses = None,
    registrar: Registrar = None,
    reason: Reason = "",
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Set and remove statuses, or give the domain to another registrar as a transfer approved by the server."""
    _change("domain", text, folder, json=json, add=add_status, remove=rem_status, registrar=registrar, reason=reason)


@domain.command("history")
def domain_history(text: Name, folder: Dir = Path(), json: Json = False) -> None:
    """What happened to a domain, also to former ones of this name."""
    _history("domain", text, folder, json=json)


@domain.command("delete")
def delete_domain(text: Name, reason: Reason = "", yes: Yes = False, folder: Dir = Path(), json: Json = False) -> None:
    """Purge a domain at once with the hosts in it: no redemption, nothing to restore."""
    from regwire.registry.model.changes import Why
    from regwire.registry.model.operators import PurgeDomain

    key = name(text)
    with operator(folder) as found:
        _existing(found, "domain", key)
        confirm(f"purge {key}", yes=yes)
        value = found.ask(PurgeDomain(key, extensions=(Why(reason=reason),)), cure=_cure("domain", key))
        show({"name": key, "sponsor": value.sponsor, "purged": True}, json=json)


# --- hosts


@host.command("show")
def show_host(text: Name, folder: Dir = Path(), json: Json = False) -> None:
    """Everything about a host."""
    _show("host", text, folder, json=json)


@host.command("lock")
def lock_host(text: Name, reason: Reason = "", folder: Dir = Path(), json: Json = False) -> None:
    """No update and no delete until it is unlocked."""
    _set("host", text, folder, json=json, add=LOCK["host"], remove=(), reason=reason)


@host.command("unlock")
def unlock_host(text: Name, reason: Reason = "", folder: Dir = Path(), json: Json = False) -> None:
    """Take the registry lock away."""
    _set("host", text, folder, json=json, add=(), remove=LOCK["host"], reason=reason)


@host.command("history")
def host_history(text: Name, folder: Dir = Path(), json: Json = False) -> None:
    """What happened to a host, also to former ones of this name."""
    _history("host", text, folder, json=json)


# --- contacts


@contact.command("show")
def show_contact(text: Id, folder: Dir = Path(), json: Json = False) -> None:
    """Everything about a contact."""
    _show("contact", text, folder, json=json)


@contact.command("lock")
def lock_contact(text: Id, reason: Reason = "", folder: Dir = Path(), json: Json = False) -> None:
    """No update, transfer or delete until it is unlocked."""
    _set("contact", text, folder, json=json, add=LOCK["contact"], remove=(), reason=reason)


@contact.command("unlock")
def unlock_contact(text: Id, reason: Reason = "", folder: Dir = Path(), json: Json = False) -> None:
    """Take the registry lock away."""
    _set("contact", text, folder, json=json, add=(), remove=LOCK["contact"], reason=reason)


@contact.command("set")
def set_contact(
    text: Id,
    add_status: Statuses = None,
    rem_status: Statuses = None,
    registrar: Registrar = None,
    reason: Reason = "",
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Set and remove statuses, or give the contact to another registrar."""
    _change("contact", text, folder, json=json, add=add_status, remove=rem_status, registrar=registrar, reason=reason)


@contact.command("history")
def contact_history(text: Id, folder: Dir = Path(), json: Json = False) -> None:
    """What happened to a contact, also to former ones of this id."""
    _history("contact", text, folder, json=json)
