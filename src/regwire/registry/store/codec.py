"""Objects of the model to rows and back. Instants are integers: milliseconds since 1970 UTC."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from regwire.registry.model.audit import Audited, HistoryRow, Origin
from regwire.registry.model.kinds import RESERVED, dump, kind_named, load, load_tagged, tagged
from regwire.registry.model.objects import (
    NO_EXTRA,
    Address,
    Contact,
    ContactLink,
    Disclose,
    Domain,
    DsRecord,
    GracePeriod,
    Host,
    HostAttribute,
    KeyRecord,
    Phone,
    PollMessage,
    PostalInfo,
    Restore,
    Status,
    Transfer,
)
from regwire.registry.model.outcomes import Outcome, TransferData
from regwire.registry.model.requests import Call

__all__ = [
    "CONTACT_COLUMNS",
    "DOMAIN_COLUMNS",
    "HOST_COLUMNS",
    "audited_from_row",
    "block",
    "contact_detail",
    "contact_from_row",
    "contact_row",
    "detail_of",
    "domain_detail",
    "domain_from_row",
    "domain_row",
    "from_ms",
    "history_from_row",
    "history_rows",
    "host_detail",
    "host_from_row",
    "host_row",
    "poll_from_row",
    "poll_row",
    "record_detail",
    "record_from_detail",
    "records",
    "to_ms",
]

DOMAIN_COLUMNS: Final = (
    "name, roid, sponsor, creator, created, expires, updater, updated, transferred, registrant, auth, due, detail"
)
HOST_COLUMNS: Final = "name, roid, sponsor, creator, created, updater, updated, transferred, superordinate, detail"
CONTACT_COLUMNS: Final = "name, roid, sponsor, creator, created, updater, updated, transferred, auth, due, detail"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_encode: Callable[[Any], str]
_decode: Callable[[str], Any]
if importlib.util.find_spec("orjson") is not None:
    # The same text at a seventh of the time, and back at a third; a create writes it once, an info reads it once.
    _orjson: Any = importlib.import_module("orjson")
    _decode, _dumps = _orjson.loads, _orjson.dumps

    def _encode(value: Any) -> str:
        return _dumps(value).decode()  # type: ignore[no-any-return]
else:
    _encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
    _decode = json.loads
_Row = tuple[Any, ...]
_LINK: Final = attrgetter("type", "id")


def block(rows: Sequence[Any]) -> str:
    """Return many rows, or numbers, as one text."""
    return _encode(rows)


def records(text: str) -> list[Any]:
    """Return what `block` made a text of."""
    found: list[Any] = _decode(text)
    return found


@lru_cache(maxsize=1024)
def to_ms(instant: datetime) -> int:
    """Return an aware instant as stored."""
    # One group's rows have few different instants.
    return (instant - _EPOCH) // _MS


def from_ms(value: int) -> datetime:
    """Return a stored instant."""
    return _EPOCH + value * _MS


def _opt_to_ms(instant: datetime | None) -> int | None:
    return None if instant is None else to_ms(instant)


def _opt_from_ms(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + value * _MS


# --- parts


def decode_detail(text: str) -> Any:
    """Return the JSON of a detail."""
    return _decode(text)


def statuses_out(statuses: tuple[Status, ...]) -> list[_Row]:
    """Return statuses as a detail keeps them."""
    return [(s.value, s.text, s.lang) if s.text else (s.value,) for s in statuses]


def _statuses_in(detail: dict[str, Any]) -> tuple[Status, ...]:
    return tuple([Status(*item) for item in detail.get("statuses", ())])


def _addresses_out(addresses: tuple[Address, ...]) -> list[_Row]:
    return [(a.address, a.version) for a in addresses]


def _addresses_in(items: list[list[str]]) -> tuple[Address, ...]:
    return tuple([Address(*item) for item in items])


def _key_out(key: KeyRecord) -> _Row:
    return (key.flags, key.protocol, key.algorithm, key.public_key.hex())


def _key_in(item: list[Any]) -> KeyRecord:
    return KeyRecord(item[0], item[1], item[2], bytes.fromhex(item[3]))


def _ds_out(ds: DsRecord) -> _Row:
    head = (ds.key_tag, ds.algorithm, ds.digest_type, ds.digest.hex())
    return head if ds.key is None else (*head, _key_out(ds.key))


def _ds_in(item: list[Any]) -> DsRecord:
    key = _key_in(item[4]) if len(item) > 4 else None
    return DsRecord(item[0], item[1], item[2], bytes.fromhex(item[3]), key)


def _transfer_out(t: Transfer) -> _Row:
    return (t.status, t.requester, to_ms(t.requested), t.actor, to_ms(t.acted), t.months, _opt_to_ms(t.expires))


def _transfer_in(item: list[Any] | None) -> Transfer | None:
    if item is None:
        return None
    status, requester, requested, actor, acted, months, expires = item
    return Transfer(status, requester, from_ms(requested), actor, from_ms(acted), months, _opt_from_ms(expires))


def _grace_out(period: GracePeriod) -> _Row:
    head = (period.type, to_ms(period.start), to_ms(period.end), period.years)
    return head if period.amount is None else (*head, period.amount)


#: The last grace periods, and what they are in JSON: the new domains of a group have the very same.
_last_graces: tuple[tuple[GracePeriod, ...], list[_Row]] = ((), [])


def _graces_out(periods: tuple[GracePeriod, ...]) -> list[_Row]:
    global _last_graces  # noqa: PLW0603
    known, found = _last_graces
    if periods is not known:
        found = [_grace_out(period) for period in periods]
        _last_graces = (periods, found)
    return found


def _restore_out(r: Restore) -> _Row:
    instants = (to_ms(r.deleted), to_ms(r.redeemable), to_ms(r.purged))
    return (*instants, _opt_to_ms(r.report_due), _opt_to_ms(r.requested), int(r.final))


def _restore_in(item: list[Any] | None) -> Restore | None:
    if item is None:
        return None
    requested = item[4] if len(item) > 4 else None
    final = bool(item[5]) if len(item) > 5 else False
    deleted, redeemable, purged = map(from_ms, item[:3])
    return Restore(deleted, redeemable, purged, _opt_from_ms(item[3]), _opt_from_ms(requested), final)


# --- domains


def domain_detail(value: Domain) -> str:
    """Return the part of a domain that is kept as JSON; empty values are left out."""
    detail: dict[str, Any] = {}
    if value.hosts:
        detail["hosts"] = value.hosts
    if value.contacts:
        detail["contacts"] = list(map(_LINK, value.contacts))
    if value.grace:
        detail["grace"] = _graces_out(value.grace)
    if value.statuses:
        detail["statuses"] = statuses_out(value.statuses)
    if value.ds:
        detail["ds"] = [_ds_out(ds) for ds in value.ds]
    if value.keys:
        detail["keys"] = [_key_out(key) for key in value.keys]
    if value.host_attributes:
        detail["attributes"] = [(a.name, _addresses_out(a.addresses)) for a in value.host_attributes]
    if value.transfer is not None:
        detail["transfer"] = _transfer_out(value.transfer)
    if value.restore is not None:
        detail["restore"] = _restore_out(value.restore)
    if value.extra:
        detail["extra"] = value.extra
    return _encode(detail)


def domain_row(value: Domain, detail: str) -> _Row:
    """Return the row of a domain, by DOMAIN_COLUMNS."""
    return (
        value.name,
        value.roid,
        value.sponsor,
        value.creator,
        to_ms(value.created),
        to_ms(value.expires),
        value.updater,
        _opt_to_ms(value.updated),
        _opt_to_ms(value.transferred),
        value.registrant,
        value.auth,
        to_ms(value.expires if value.restore is None and value.transfer is None else value.due()),
        detail,
    )


def domain_from_row(row: _Row) -> Domain:
    """Return the domain of a row."""
    name, roid, sponsor, creator, created, expires, updater, updated, transferred, registrant, auth, _, text = row
    detail = _decode(text)
    return Domain(
        name,
        roid,
        sponsor,
        creator,
        from_ms(created),
        from_ms(expires),
        updater,
        _opt_from_ms(updated),
        _opt_from_ms(transferred),
        registrant,
        tuple([ContactLink(*item) for item in detail.get("contacts", ())]),
        tuple(detail.get("hosts", ())),
        tuple([HostAttribute(name, _addresses_in(items)) for name, items in detail.get("attributes", ())]),
        _statuses_in(detail),
        auth,
        tuple([_ds_in(item) for item in detail.get("ds", ())]),
        tuple([_key_in(item) for item in detail.get("keys", ())]),
        tuple([GracePeriod(g[0], from_ms(g[1]), from_ms(g[2]), *g[3:]) for g in detail.get("grace", ())]),
        _transfer_in(detail.get("transfer")),
        _restore_in(detail.get("restore")),
        detail.get("extra", NO_EXTRA),
    )


# --- hosts


def host_detail(value: Host) -> str:
    """Return the part of a host that is kept as JSON."""
    detail: dict[str, Any] = {}
    if value.addresses:
        detail["addresses"] = _addresses_out(value.addresses)
    if value.statuses:
        detail["statuses"] = statuses_out(value.statuses)
    if value.extra:
        detail["extra"] = value.extra
    return _encode(detail)


def host_row(value: Host, detail: str) -> _Row:
    """Return the row of a host, by HOST_COLUMNS."""
    return (
        value.name,
        value.roid,
        value.sponsor,
        value.creator,
        to_ms(value.created),
        value.updater,
        _opt_to_ms(value.updated),
        _opt_to_ms(value.transferred),
        value.superordinate,
        detail,
    )


def host_from_row(row: _Row) -> Host:
    """Return the host of a row."""
    name, roid, sponsor, creator, created, updater, updated, transferred, superordinate, text = row
    detail = _decode(text)
    return Host(
        name,
        roid,
        sponsor,
        creator,
        from_ms(created),
        updater,
        _opt_from_ms(updated),
        _opt_from_ms(transferred),
        superordinate,
        _addresses_in(detail.get("addresses", [])),
        _statuses_in(detail),
        detail.get("extra", NO_EXTRA),
    )


# --- contacts


def contact_detail(value: Contact) -> str:
    """Return the part of a contact that is kept as JSON."""
    detail: dict[str, Any] = {
        "postal": [(p.type, p.name, p.org, p.street, p.city, p.sp, p.pc, p.cc) for p in value.postal],
        "email": value.email,
    }
    for name, phone in (("voice", value.voice), ("fax", value.fax)):
        if phone is not None:
            detail[name] = (phone.number, phone.extension)
    if value.statuses:
        detail["statuses"] = statuses_out(value.statuses)
    if value.disclose is not None:
        detail["disclose"] = (value.disclose.flag, value.disclose.elements)
    if value.transfer is not None:
        detail["transfer"] = _transfer_out(value.transfer)
    if value.extra:
        detail["extra"] = value.extra
    return _encode(detail)


def contact_row(value: Contact, detail: str) -> _Row:
    """Return the row of a contact, by CONTACT_COLUMNS."""
    return (
        value.id,
        value.roid,
        value.sponsor,
        value.creator,
        to_ms(value.created),
        value.updater,
        _opt_to_ms(value.updated),
        _opt_to_ms(value.transferred),
        value.auth,
        _opt_to_ms(value.due()),
        detail,
    )


def contact_from_row(row: _Row) -> Contact:
    """Return the contact of a row."""
    id, roid, sponsor, creator, created, updater, updated, transferred, auth, _, text = row
    detail = _decode(text)
    voice, fax, disclose = detail.get("voice"), detail.get("fax"), detail.get("disclose")
    return Contact(
        id,
        roid,
        sponsor,
        creator,
        from_ms(created),
        tuple([PostalInfo(p[0], p[1], p[2], tuple(p[3]), *p[4:]) for p in detail["postal"]]),
        detail["email"],
        Phone(*voice) if voice else None,
        Phone(*fax) if fax else None,
        updater,
        _opt_from_ms(updated),
        _opt_from_ms(transferred),
        _statuses_in(detail),
        auth,
        Disclose(disclose[0], tuple(disclose[1])) if disclose else None,
        _transfer_in(detail.get("transfer")),
        detail.get("extra", NO_EXTRA),
    )


# --- history


def history_rows(call: Call, outcome: Outcome, now: datetime) -> list[HistoryRow]:
    """Return what the history keeps of one call, a row for each object that it changed."""
    rows = []
    for change in outcome.changes:
        if change.kind not in RESERVED and not kind_named(change.kind).history:
            continue
        found: Any = change.before if change.after is None else change.after
        if found is None:
            continue
        detail = None if change.after is None else _decode(detail_of(change.kind, change.after))
        roid = found.roid if change.kind in RESERVED else f"{change.kind}:{change.key}"
        sponsor = getattr(change.after, "sponsor", None)
        who = (call.account, call.transaction, call.client_transaction, type(call.request).__name__)
        rows.append(HistoryRow(now, *who, change.kind, change.key, roid, sponsor, detail))
    return rows


def history_from_row(row: _Row) -> HistoryRow:
    """Return the history row of a row: at, account, txn, client_txn, operation, kind, key, roid, sponsor, detail."""
    at, account, txn, client_txn, operation, kind, key, roid, sponsor, text = row
    detail = None if text is None else _decode(text)
    return HistoryRow(from_ms(at), account, txn, client_txn, operation, kind, key, roid, sponsor, detail)


def audited_from_row(row: _Row) -> Audited:
    """Return the audited command of a row, by the columns of its table."""
    id, at, account, txn, client_txn, command, session, peer, code, fault, frame = row
    return Audited(from_ms(at), account, txn, client_txn, Origin(command, session, peer, frame), code, fault, id)


# --- records of registered kinds


def detail_of(kind: str, value: Any) -> str:
    """Return the JSON of an object of any kind."""
    own: dict[str, Any] = {"domain": domain_detail, "host": host_detail, "contact": contact_detail}
    text: str = own.get(kind, record_detail)(value)
    return text


def record_detail(value: object) -> str:
    """Return a record of a registered kind as JSON."""
    return _encode(dump(value))


def record_from_detail(kind: str, text: str) -> Any:
    """Return the record of a kind that `record_detail` wrote."""
    return load(kind_named(kind).cls, _decode(text))


# --- poll messages


def poll_row(message: PollMessage) -> _Row:
    """Return the row of a message: account, id, queued, text, data."""
    data: str | None = None
    d = message.data
    if type(d) is TransferData and not message.extensions:
        # By far the most frequent one: no names of fields.
        data = _encode({"transfer": [d.kind, d.name, _transfer_out(d.transfer), d.sponsor]})
    elif d is not None or message.extensions:
        content = {"data": None if d is None else tagged(d), "extensions": [tagged(e) for e in message.extensions]}
        data = _encode(content)
    return (message.account, message.id, to_ms(message.queued), message.text, data)


def poll_from_row(row: _Row) -> PollMessage:
    """Return the message of a row."""
    account, id, queued, text, data = row
    if data is None:
        return PollMessage(account, from_ms(queued), text, None, id)
    content = _decode(data)
    if "transfer" in content:
        kind, name, item, sponsor = content["transfer"]
        transfer = _transfer_in(item)
        assert transfer is not None
        return PollMessage(account, from_ms(queued), text, TransferData(kind, name, transfer, sponsor), id)
    value = None if content["data"] is None else load_tagged(content["data"])
    extensions = tuple([load_tagged(item) for item in content["extensions"]])
    return PollMessage(account, from_ms(queued), text, value, id, extensions)
