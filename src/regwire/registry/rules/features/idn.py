"""IDN tables: which names a zone registers beyond ASCII, and which exclude each other (idn-1.0, RFC 7940).

A name in Unicode must be accepted by a table of its zone: the one that the create names (idn:data), else the first that
accepts it. Variants of registered names are blocked; where the policy says so, those that the table makes allocatable
are kept for the registrar, or the registrant, of the name that is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.idn import ZoneTables, load_table, to_unicode
from regwire.registry.model import codes
from regwire.registry.model.idn import IdnChoice, IdnInfo, IndexVariants, VariantName
from regwire.registry.model.objects import Domain, with_extra
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.requests import CreateDomain, InfoDomain, Request
from regwire.registry.rules import ledger
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.policy import Policies, ZonePolicy
from regwire.registry.rules.view import View

__all__ = ["FEATURE", "IdnSettings", "variants_of"]

_ALLOCATABLE: Final = frozenset({"allocatable", "activated"})
_KIND: Final = "variantName"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdnSettings:
    """``[policy.idn]``.

    Attributes:
        directory: what files are relative to; not a setting.

    """

    tables: tuple[str, ...] = setting(
        (),
        why="files (RFC 7940 or older forms) or tables that come along (latin, cyrillic), tried in this order; "
        "tag=file names the tag; none: every name that IDNA2008 allows. Name them before names are registered",
    )
    only: bool = setting(False, why="true: names in ASCII are refused (2306)")
    require_table: bool = setting(False, why="true: a create of an IDN must name its table (idn:data), else 2003")
    variants: str = setting(
        "blocked",
        why="variants of registered names; the others allow those that the table makes allocatable",
        choices=("blocked", "same-registrar", "same-registrant"),
    )
    directory: Path = field(default=Path(), compare=False)

    def relative_to(self, directory: Path) -> IdnSettings:
        """See `regwire.registry.config`."""
        return replace(self, directory=directory)

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`.

        Raises:
            ConfigError: a table cannot be read or has a fault; naming its file and line.

        """
        try:
            zone_tables(self)
        except ValueError as error:
            return "tables", f"has a fault ({error}); write tag=file to give one another tag"
        if self.only and not self.tables:
            return "only", "is true, but there are no tables; name one in tables"
        return None


def zone_tables(settings: IdnSettings) -> ZoneTables:
    """Return the tables that settings name, loaded once."""
    return _loaded(settings.tables, settings.directory)


@lru_cache(maxsize=64)
def _loaded(names: tuple[str, ...], directory: Path) -> ZoneTables:
    tables = [load_table(name, directory) for name in names]
    # A registrar may say "latin" where the settings do, though the document in the file calls itself und-Latn.
    others = {Path(name).stem: table for name, table in zip(names, tables, strict=True) if "=" not in name}
    return ZoneTables(tables, others)


class Idn(Feature):
    """See the module."""

    name = "idn"
    order = 20
    settings = IdnSettings
    takes = frozenset({IdnChoice})

    def __init__(self) -> None:
        self.requests = {IndexVariants: _index}

    def applies(self, zone: str, settings: IdnSettings) -> bool:
        """Only where there are tables."""
        return bool(settings.tables)

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Refuse a name that no table accepts: 2306; what the registrar says of it: 2003, 2005, 2306."""
        if type(request) is not CreateDomain:
            return
        settings: IdnSettings = zone.feature(self.name)
        choice = request.extension(IdnChoice)
        tables, label = zone_tables(settings), _label(request.name)
        if choice is not None:
            _check_choice(choice, request.name, tables)
        if label.isascii():
            if settings.only:
                raise Refusal(codes.POLICY, "names in ASCII are not registered here", "domain:name", request.name)
            if choice is None:
                return
        elif choice is None and settings.require_table:
            raise Refusal(codes.MISSING, "the IDN table is missing", "domain:name", request.name)
        table, reason = tables.accepting(label, None if choice is None else choice.table)
        if table is None:
            raise Refusal(codes.POLICY, reason or "in no table", "domain:name", request.name)

    def eligibility(self, ctx: Context, request: Request, domain: Domain | None, zone: ZonePolicy) -> None:
        """Refuse a variant of a registered name: 2306."""
        if type(request) is CreateDomain:
            other = _collision(ctx, request.name, request.registrant or None, zone)
            if other is not None:
                raise Refusal(codes.POLICY, f"a variant of {other}", "domain:name", request.name)

    def commit(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Keep the table of a new name, and the key by which its variants find it."""
        if type(request) is not CreateDomain:
            return after
        tables, label = zone_tables(zone.feature(self.name)), _label(request.name)
        choice = request.extension(IdnChoice)
        table, _ = tables.accepting(label, None if choice is None else choice.table)
        tag = "" if table is None else table.tag
        ctx.put(_KIND, request.name, _entry(tables, request.name, tag))
        return after if not tag or (choice is None and label.isascii()) else with_extra(after, self.name, tag)

    def check_name(self, ctx: Context, request: Request, name: str, zone: ZonePolicy) -> str | None:
        """Tell what `policy` and `eligibility` would say."""
        settings: IdnSettings = zone.feature(self.name)
        label = _label(name)
        if not label.isascii():
            table, reason = zone_tables(settings).accepting(label)
            if table is None:
                return reason
        elif settings.only:
            return "Not registered in ASCII"
        registrant_unknown = settings.variants == "same-registrant"
        other = _collision(ctx, name, None, zone, any_registrant=registrant_unknown)
        return None if other is None else "Variant of a registered name"

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """Say by which table a name was registered."""
        if type(request) is InfoDomain:
            tag = value.extra.get(self.name)
            if tag is not None:
                ctx.extend(IdnInfo(tag, _in_unicode(value.name)))

    def lapse(self, ctx: Context, event: str, before: Domain, after: Domain | None, zone: ZonePolicy) -> Domain | None:
        """A name that is gone excludes none any more."""
        if after is None:
            ctx.put(_KIND, before.name, None)
        return after


def variants_of(view: View, name: str, policies: Policies) -> list[str]:
    """Return the registered names that are variants of ``name``, itself included if it is one; by name."""
    zone = policies.by_zone.get(name.partition(".")[2])
    if zone is None or not zone.feature("idn").tables:
        return []
    entry = _entry(zone_tables(zone.feature("idn")), name, "")
    return [] if entry is None else [value.name for value in view.records(_KIND, "key", entry.key)]


def _entry(tables: ZoneTables, name: str, tag: str) -> VariantName | None:
    """Return what variants of a name are found by; None if it has none."""
    label, _, zone = name.partition(".")
    key = tables.key(to_unicode(label))
    return None if key is None else VariantName(name, f"{key}.{zone}", tag)


def _index(ctx: Context, request: IndexVariants) -> Outcome:
    ledger.require_operator(ctx)
    changed = 0
    for name in request.names:
        domain, zone = ctx.view.domain(name), ctx.policies.by_zone.get(name.partition(".")[2])
        after: VariantName | None = None
        if domain is not None and zone is not None and zone.feature("idn").tables:
            tables = zone_tables(zone.feature("idn"))
            table, _ = tables.accepting(_label(name), domain.extra.get("idn"))
            after = _entry(tables, name, "" if table is None else table.tag)
        if after != ctx.record(_KIND, name):
            ctx.put(_KIND, name, after)
            changed += 1
    return ctx.done(changed)


def _label(name: str) -> str:
    return to_unicode(name.partition(".")[0])


def _in_unicode(name: str) -> str:
    return ".".join(map(to_unicode, name.split(".")))


def _check_choice(choice: IdnChoice, name: str, tables: ZoneTables) -> None:
    if tables.table(choice.table) is None:
        known = ", ".join(tables.tags())
        raise Refusal(codes.POLICY, f"no such IDN table; there is {known}", "idn:table", choice.table)
    if choice.unicode is not None:
        given = choice.unicode.lower().removesuffix(".")
        label, _, zone = name.partition(".")
        if given not in (f"{to_unicode(label)}.{zone}", _in_unicode(name)):
            raise Refusal(codes.SYNTAX, "not the name in Unicode", "idn:uname", choice.unicode)


def _collision(
    ctx: Context, name: str, registrant: str | None, zone: ZonePolicy, *, any_registrant: bool = False
) -> str | None:
    """Return a registered name that ``name`` is a variant of and that keeps it from this registrar, or None."""
    settings: IdnSettings = zone.feature("idn")
    tables, label = zone_tables(settings), _label(name)
    key = tables.key(label)
    if key is None:
        return None
    for other in _of_key(ctx, f"{key}.{zone.zone}"):
        if other.name == name:
            continue
        disposition = tables.collisions.disposition(_label(other.name), label, tables.table(other.table))
        if disposition is None:
            continue
        if disposition not in _ALLOCATABLE or not _same_holder(
            ctx, settings, other.name, registrant, any_registrant=any_registrant
        ):
            return other.name
    return None


def _same_holder(
    ctx: Context, settings: IdnSettings, name: str, registrant: str | None, *, any_registrant: bool
) -> bool:
    """Tell whether the policy lets this registrar have allocatable variants of ``name``."""
    holder = ctx.view.domain(name)
    if settings.variants == "blocked" or holder is None or holder.sponsor != ctx.account:
        return False
    if settings.variants == "same-registrar" or any_registrant:
        return True
    return registrant is not None and registrant == holder.registrant


def _of_key(ctx: Context, key: str) -> Iterator[VariantName]:
    after = ""
    while found := ctx.view.records(_KIND, "key", key, after=after):
        yield from found
        after = found[-1].name


FEATURE = Idn()
