"""ttl-1.0: times to live in creates, updates and infos (RFC 9803)."""

from __future__ import annotations

from typing import Final

from regwire.epp.ext import ttl as t
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model.ttl import SetTtls, TtlInfo, TtlValue, TtlWanted

__all__ = ["FRONT"]

#: The types that the schema has a word for; others are "custom".
_KNOWN: Final = frozenset({"NS", "DS", "DNAME", "A", "AAAA"})


def _set(element: t.TtlCreate | t.TtlUpdate, _: Command) -> SetTtls:
    return SetTtls(tuple([_value(ttl) for ttl in element.ttls]))


def _value(ttl: t.Ttl) -> TtlValue:
    custom = ttl.for_ == "custom"
    seconds = int(ttl.value) if ttl.value else None
    return TtlValue(ttl.custom or ttl.for_, seconds, custom, (ttl.custom is not None) == custom)


def _wanted(element: t.TtlInfo, _: Command) -> TtlWanted:
    return TtlWanted(element.policy)


def _told(info: TtlInfo) -> t.TtlInfoData:
    return t.TtlInfoData(tuple([_data(value) for value in info.values]))


def _data(value: TtlValue) -> t.TtlData:
    known = value.type in _KNOWN
    return t.TtlData(
        "" if value.seconds is None else str(value.seconds),
        for_=value.type if known else "custom",  # type: ignore[arg-type]
        custom=None if known else value.type,
        min=value.minimum,
        default=value.default,
        max=value.maximum,
    )


FRONT = FrontExtension(
    name="ttl",
    feature="ttl",
    greeting={"ttl": t.NAMESPACE},
    commands={t.TtlCreate: _set, t.TtlUpdate: _set, t.TtlInfo: _wanted},
    replies={TtlInfo: _told},
)
