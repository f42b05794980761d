"""e164epp-1.0: the NAPTR records of numbers in creates, updates and infos (RFC 4114)."""

from __future__ import annotations

from typing import Final

from regwire.epp.ext import enum_naptr as e
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model.e164 import ChangeNaptrs, Naptr, NaptrInfo

__all__ = ["FRONT"]


def _create(element: e.EnumCreate, _: Command) -> ChangeNaptrs:
    return ChangeNaptrs(_records(element.naptrs))


def _update(element: e.EnumUpdate, _: Command) -> ChangeNaptrs:
    return ChangeNaptrs(
        () if element.add is None else _records(element.add.naptrs),
        () if element.rem is None else _records(element.rem.naptrs),
    )


def _records(naptrs: tuple[e.EnumNaptr, ...]) -> tuple[Naptr, ...]:
    return tuple([Naptr(n.order, n.pref, n.svc, n.flags, n.regex, n.repl) for n in naptrs])


def _told(info: NaptrInfo) -> e.EnumInfoData:
    return e.EnumInfoData(
        tuple(
            [
                e.EnumNaptr(order=n.order, pref=n.pref, flags=n.flags, svc=n.svc, regex=n.regex, repl=n.repl)
                for n in info.naptrs
            ]
        )
    )


FRONT: Final = FrontExtension(
    name="enum",
    feature="enum",
    greeting={"enum": e.NAMESPACE},
    commands={e.EnumCreate: _create, e.EnumUpdate: _update},
    replies={NaptrInfo: _told},
)
