"""ENUM zones: names are E.164 numbers, a digit a label, at any depth below the zone; NAPTR records (RFC 4114).

The NAPTR records are for who publishes the zone, and for infos. A number and a longer one that begins with it may both
be registered: whoever has the shorter one delegates as DNS allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model.e164 import MOST_DIGITS, ChangeNaptrs, Naptr, NaptrInfo, split
from regwire.registry.model.objects import Domain, with_extra
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import CreateDomain, InfoDomain, Request
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["FEATURE", "EnumSettings", "naptrs_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumSettings:
    """``[policy.enum]``; to be switched on for one zone: ``[zone."1.3.e164.arpa".enum]``."""

    enabled: bool = setting(False, why="names of the zone are E.164 numbers, one digit a label")
    max_naptrs: int = setting(20, unit="records", why="of one number", minimum=0, maximum=1000)


class Enum(Feature):
    """See the module."""

    name = "enum"
    settings = EnumSettings
    takes = frozenset({ChangeNaptrs})

    def applies(self, zone: str, settings: EnumSettings) -> bool:
        """Only in ENUM zones; nothing is a number elsewhere."""
        return bool(zone) and settings.enabled

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Refuse names that are no numbers (2306), and records that contradict themselves."""
        if isinstance(request, CreateDomain):
            fault = _fault_of(request.name, zone.zone)
            if fault is not None:
                raise Refusal(codes.POLICY, fault, "domain:name", request.name)
        change = request.extension(ChangeNaptrs) if request.extensions else None
        for naptr in change.add if change is not None else ():
            if naptr.regex is not None and naptr.repl is not None:
                raise Refusal(codes.POLICY, "a regex or a replacement, not both", "e164:repl", naptr.repl)

    def check_name(self, ctx: Context, request: Request, name: str, zone: ZonePolicy) -> str | None:
        """Tell what is no number."""
        return _fault_of(name, zone.zone)

    def data(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Keep the records with the domain: 2306 for what is there already, is not there, or is too much."""
        change = request.extension(ChangeNaptrs) if request.extensions else None
        if change is None or after is None:
            return after
        records = list(naptrs_of(after))
        for naptr in change.remove:
            if naptr not in records:
                raise Refusal(codes.POLICY, "no such record", "e164:svc", naptr.svc)
            records.remove(naptr)
        for naptr in change.add:
            if naptr in records:
                raise Refusal(codes.POLICY, "the record is there already", "e164:svc", naptr.svc)
            records.append(naptr)
        limit = zone.feature(self.name).max_naptrs
        if len(records) > limit:
            raise Refusal(codes.POLICY, f"at most {limit} records", "e164:svc", records[-1].svc)
        kept = [[n.order, n.pref, n.svc, n.flags, n.regex, n.repl] for n in records]
        return with_extra(after, self.name, kept or None)

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """Tell the records."""
        if isinstance(request, InfoDomain):
            found = naptrs_of(value)
            if found:
                ctx.extend(NaptrInfo(found))


def naptrs_of(value: Domain) -> tuple[Naptr, ...]:
    """Return the NAPTR records of a domain, in the order in which they came."""
    return tuple([Naptr(*kept) for kept in value.extra.get("enum", ())])


def _fault_of(name: str, zone: str) -> str | None:
    """Return why a name is no number of a zone, None if it is one."""
    digits, apex = split(name)
    own, own_apex = split(zone)
    if apex != own_apex or not digits.startswith(own) or digits == own:
        return "not one digit a label"
    return None if len(digits) <= MOST_DIGITS else f"more than {MOST_DIGITS} digits"


FEATURE: Final = Enum()
