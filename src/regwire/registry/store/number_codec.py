"""Number resources and their parties to rows and back."""

from __future__ import annotations

import json
from typing import Any, Final

from regwire.registry.model.kinds import dump, load
from regwire.registry.model.numbers import (
    BITS,
    NumberContact,
    NumberLink,
    NumberOrganisation,
    NumberResource,
    Party,
    range_text,
)
from regwire.registry.model.record import replace
from regwire.registry.store.codec import from_ms, to_ms

__all__ = [
    "NUMBER_COLUMNS",
    "NUMBER_KINDS",
    "forks_of",
    "history_roid",
    "history_text",
    "key_of",
    "number_from_row",
    "number_history",
    "number_row",
    "packed",
    "party_from_row",
    "party_history",
    "party_kind",
    "party_row",
]

NUMBER_COLUMNS: Final = "type, first, last, fork, handle, organisation, source, detail"
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_Row = tuple[Any, ...]
_PARTIES: Final[dict[str, type[Party]]] = {"organisation": NumberOrganisation, "numberContact": NumberContact}
#: What the history calls them: types of resources, kinds of parties.
NUMBER_KINDS: Final = frozenset({*BITS, *_PARTIES})
#: Octets of an address.
_WIDTH: Final = {name: bits // 8 for name, bits in BITS.items()}


def packed(resource_type: str, value: int) -> bytes:
    """Return an address or number so that it sorts."""
    return value.to_bytes(_WIDTH[resource_type], "big")


def _fork(bits: int, width: int, first: int, length: int) -> bytes:
    """Return a prefix as a key: its length, then its bits."""
    shift = bits - length
    return bytes((length,)) + (first >> shift << shift).to_bytes(width, "big")


def forks_of(resource_type: str, first: int, last: int) -> list[bytes]:
    """Return the keys under which everything is kept that contains a range."""
    bits, width = BITS[resource_type], _WIDTH[resource_type]
    common = bits - (first ^ last).bit_length()
    return [_fork(bits, width, first, length) for length in range(common + 1)]


def key_of(handle: str) -> str:
    """Return a handle as terms have it."""
    return handle.casefold()


def number_row(value: NumberResource) -> _Row:
    """Return the row of a resource, by NUMBER_COLUMNS."""
    kind, first, last = value.type, value.first, value.last
    bits, width = BITS[kind], _WIDTH[kind]
    detail: dict[str, Any] = {"status": value.status}
    for name in ("name", "parent", "registry", "country"):
        text = getattr(value, name)
        if text:
            detail[name] = text
    if value.name_servers:
        detail["servers"] = value.name_servers
    if value.contacts:
        detail["contacts"] = [(link.role, link.contact) for link in value.contacts]
    if value.registered is not None:
        detail["registered"] = to_ms(value.registered)
    if value.updated is not None:
        detail["updated"] = to_ms(value.updated)
    return (
        kind,
        first.to_bytes(width, "big"),
        last.to_bytes(width, "big"),
        _fork(bits, width, first, bits - (first ^ last).bit_length()),
        value.handle,
        value.organisation,
        value.source,
        _encode(detail),
    )


def number_from_row(row: _Row) -> NumberResource:
    """Return the resource of a row."""
    kind, first, last, _, handle, organisation, source, text = row
    detail = json.loads(text)
    registered, updated = detail.get("registered"), detail.get("updated")
    return NumberResource(
        kind,
        handle,
        int.from_bytes(first, "big"),
        int.from_bytes(last, "big"),
        detail["status"],
        detail.get("name", ""),
        organisation,
        detail.get("parent", ""),
        detail.get("registry", ""),
        detail.get("country", ""),
        tuple(detail.get("servers", ())),
        tuple([NumberLink(*link) for link in detail.get("contacts", ())]),
        None if registered is None else from_ms(registered),
        None if updated is None else from_ms(updated),
        source,
    )


def party_kind(value: Party) -> str:
    """Return the kind of an organisation or contact."""
    return "organisation" if isinstance(value, NumberOrganisation) else "numberContact"


def party_row(value: Party) -> _Row:
    """Return the row of an organisation or contact: kind, handle, source, detail."""
    kept = dump(value)
    for name in ("handle", "source"):
        kept.pop(name, None)
    return party_kind(value), value.handle, value.source, _encode(kept)


def party_from_row(row: _Row) -> Party:
    """Return the organisation or contact of a row."""
    kind, handle, source, detail = row
    found = load(_PARTIES[kind], {"handle": handle, **json.loads(detail)})
    return replace(found, source=source) if source else found


def history_roid(kind: str, handle: str) -> str:
    """Return what the history knows a resource or party by: letters of both cases are the same."""
    return f"{kind}:{key_of(handle)}"


def number_history(row: _Row) -> str:
    """Return what the history keeps of the resource of a row, as JSON."""
    kind, first, last, _, handle, organisation, source, detail = row
    ends = int.from_bytes(first, "big"), int.from_bytes(last, "big")
    head = {"handle": handle, "range": range_text(kind, *ends), "organisation": organisation, "source": source}
    return _joined({name: text for name, text in head.items() if text}, detail)


def party_history(row: _Row) -> str:
    """Return what the history keeps of the organisation or contact of a row, as JSON."""
    _, handle, source, detail = row
    return _joined({"handle": handle, "source": source} if source else {"handle": handle}, detail)


def history_text(value: NumberResource | Party) -> str:
    """Return what the history keeps of a resource or party, as JSON."""
    return number_history(number_row(value)) if isinstance(value, NumberResource) else party_history(party_row(value))


def _joined(head: dict[str, str], detail: str) -> str:
    return _encode(head) if detail == "{}" else f"{_encode(head)[:-1]},{detail[1:]}"
