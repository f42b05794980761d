"""``regwire numbers``: IP networks, autonomous systems, and who holds and answers for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regwire.cli.operate import Dir, Json, Yes, confirm, group, instant, operator, plain, show, tabulate
from regwire.errors import ConfigError, OperatorRefused

if TYPE_CHECKING:
    from regwire.registry.model.numbers import NumberLink, NumberResource
    from regwire.registry.store.base import Lookup

__all__ = ["numbers"]

numbers = group("Number resources: IP networks, autonomous systems, who holds them; IRIS serves them as areg.")
organisation = group("Who holds number resources, and the registries of them.")
contact = group("Who answers for number resources.")
numbers.add_typer(organisation, name="organisation")
numbers.add_typer(contact, name="contact")

Range = Annotated[
    str, typer.Argument(metavar="RANGE", help="192.0.2.0/24, 192.0.2.0-192.0.3.255, 2001:db8::/32, AS64496-AS64511.")
]
Handle = Annotated[str, typer.Argument(metavar="HANDLE")]
Emails = Annotated[list[str] | None, typer.Option("--email", help="Repeatable.")]
Phones = Annotated[list[str] | None, typer.Option("--phone", metavar="+CC.NUMBER[xEXT]", help="Repeatable.")]
Links = Annotated[
    list[str] | None,
    typer.Option("--contact", metavar="ROLE=HANDLE", help="admin, tech, noc, abuse or other; repeatable."),
]
Streets = Annotated[list[str] | None, typer.Option("--street", help="Repeatable.")]
City = Annotated[str, typer.Option()]
Region = Annotated[str, typer.Option(help="State or province.")]
PostalCode = Annotated[str, typer.Option("--postal-code")]
Country = Annotated[str, typer.Option(metavar="CC", help="ISO 3166.")]
Replace = Annotated[bool, typer.Option("--replace", help="Instead of the one that is there.")]
_TYPES = ("ipv4", "ipv6", "as")
Type = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="ipv4, ipv6 or as.")]


@numbers.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Delegated or delegated-extended; .gz is unpacked.")],
    older: Annotated[bool, typer.Option("--older", help="Even if it is older than what is there.")] = False,
    ignore_counts: Annotated[
        bool, typer.Option("--ignore-counts", help="Even if it has not as many records as it says.")
    ] = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Make the resources of a registry those of the file that it publishes. The same file again changes nothing."""
    from regwire.registry.numbers.delegated import open_delegated

    with open_delegated(file, counts=not ignore_counts) as found, operator(folder) as op:
        done = op.import_numbers(found.source, found.values(), older=older)
        show({"registry": found.source.registry, "date": found.source.date, **plain(done)}, json=json)


@numbers.command()
def sources(folder: Dir = Path(), json: Json = False) -> None:
    """Which registry's file is here, and of which day."""
    with operator(folder) as op, op.looking() as state:
        tabulate(state.view.number_sources(), ("registry", "date", "serial", "imported", "resources"), json=json)


@numbers.command("list")
def list_numbers(
    type: Type = None,
    within: Annotated[str | None, typer.Option(metavar="RANGE", help="Only what lies in it, or is it.")] = None,
    source: Annotated[str | None, typer.Option(metavar="REGISTRY", help="Only of its file; own: made here.")] = None,
    holder: Annotated[str | None, typer.Option("--organisation", metavar="HANDLE", help="Only what it holds.")] = None,
    status: Annotated[str | None, typer.Option(help="As allocated, assigned, available, reserved.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="How many at most.")] = 1000,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Networks and ranges, by where they begin."""
    if type is not None and type not in _TYPES:
        raise ConfigError("--type", f"is {type}", "ipv4, ipv6 and as are known")
    wanted = None if source is None else "" if source == "own" else source
    with operator(folder) as op, op.looking() as state:
        found = (
            value
            for value in _every(state.view, type, within, holder)
            if (wanted is None or value.source == wanted)
            and (status is None or value.status.casefold() == status.casefold())
            and (holder is None or value.organisation.casefold() == holder.casefold())
            and (type is None or value.type == type)
        )
        rows = (_described(value) for value in islice(found, limit))
        tabulate(rows, ("type", "range", "handle", "status", "country", "organisation", "source"), json=json)


def _every(view: Lookup, type: str | None, within: str | None, holder: str | None) -> Iterator[NumberResource]:
    if within is not None:
        kind, first, last = _range(within)
        yield from view.numbers_within(kind, first, last, limit=1 << 62)
    elif holder is not None:
        yield from view.numbers_of(holder, limit=1 << 62)
    else:
        for kind in (type,) if type else _TYPES:
            yield from view.every_number(kind)


@numbers.command("show")
def show_number(
    what: Annotated[str, typer.Argument(metavar="RANGE|HANDLE", help="An address, network, AS64496, or a handle.")],
    type: Type = None,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """The network or range that an address is in: itself if it is there, else the most specific one around it."""
    from regwire.registry.rules.specificity import parent_of

    with operator(folder) as op, op.looking() as state:
        value = _one(state.view, what, type)
        parent = parent_of(state.view, value)
        holder = state.view.party("organisation", value.organisation) if value.organisation else None
        described = {
            **_described(value),
            "parent": value.parent or (None if parent is None else parent.handle),
            "organisation_name": "" if holder is None else holder.name,
        }
        show(described, json=json)


def _one(view: Lookup, what: str, type: str | None) -> NumberResource:
    from regwire.registry.model.numbers import range_of
    from regwire.registry.rules.specificity import by_range

    for kind in (type,) if type else _TYPES:
        value = view.number(kind, what)
        if value is not None:
            return value
    try:
        found, first, last = range_of(what)
    except ValueError:
        raise OperatorRefused(
            2303, f"there is no handle {what}, and it is no range", "`regwire numbers list` shows all"
        ) from None
    around = by_range(view, found, first, last, "one-level-less-specific", equal=True, limit=1)
    if not around:
        raise OperatorRefused(
            2303, f"{what} is in no network or range of this registry", "`regwire numbers list` shows all"
        )
    return around[0]


def _range(text: str) -> tuple[str, int, int]:
    from regwire.registry.model.numbers import range_of

    try:
        return range_of(text)
    except ValueError as error:
        raise ConfigError(
            text, str(error), "write 192.0.2.0/24, 192.0.2.0-192.0.3.255, 2001:db8::/32 or AS64496"
        ) from None


def _described(value: NumberResource) -> dict[str, Any]:
    from regwire.registry.model.numbers import range_text

    found: dict[str, Any] = plain(value)
    for name in ("first", "last"):
        found.pop(name)
    return {"range": range_text(value.type, value.first, value.last), **found}


@numbers.command()
def add(
    range: Range,
    handle: Annotated[str | None, typer.Option(help="[made from the range].")] = None,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    status: Annotated[str, typer.Option(help="Or its network type.")] = "assigned",
    holder: Annotated[str, typer.Option("--organisation", metavar="HANDLE", help="Who holds it.")] = "",
    registry: Annotated[str, typer.Option(metavar="HANDLE", help="The organisation that is its registry.")] = "",
    parent: Annotated[str, typer.Option(metavar="HANDLE", help="Of the same range, the one that it is below.")] = "",
    country: Country = "",
    servers: Annotated[
        list[str] | None, typer.Option("--name-server", help="Of its reverse zones; repeatable.")
    ] = None,
    contacts: Links = None,
    registered: Annotated[str | None, typer.Option(metavar="WHEN", help="[now].")] = None,
    replace: Replace = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """A network or range of your own; imports leave it alone."""
    from regwire.registry.model.numbers import NumberResource, default_handle

    kind, first, last = _range(range)
    with operator(folder) as op:
        now = op.now()
        value = NumberResource(
            *(kind, handle or default_handle(kind, first, last), first, last, status, name, holder, parent, registry),
            *(country.upper(), tuple(servers or ()), _links(contacts), instant("--registered", registered) or now, now),
        )
        _require_there(op, value)
        op.change_numbers([value], new=not replace)
        show(_described(value), json=json)


def _require_there(op: Any, value: Any) -> None:
    """Refuse what refers to something that is not there."""
    wanted = [("numberContact", link.contact) for link in getattr(value, "contacts", ())]
    holders = [getattr(value, "organisation", ""), value.registry, *getattr(value, "organisations", ())]
    wanted += [("organisation", handle) for handle in holders if handle]
    with op.looking() as state:
        for kind, handle in wanted:
            if state.view.party(kind, handle) is None:
                word = "organisation" if kind == "organisation" else "contact"
                raise OperatorRefused(2303, f"there is no {word} {handle}", f"`regwire numbers {word} add` makes one")
        parent = getattr(value, "parent", "")
        found = state.view.number(value.type, parent) if parent else None
        if parent and (found is None or (found.first, found.last) != (value.first, value.last)):
            raise OperatorRefused(
                2303, f"there is no {parent} of the same range", "other parents follow from the ranges"
            )


def _links(texts: list[str] | None) -> tuple[NumberLink, ...]:
    from regwire.registry.model.numbers import ROLES, NumberLink

    links = []
    for text in texts or ():
        role, _, handle = text.partition("=")
        if role not in ROLES or not handle:
            raise ConfigError("--contact", f"is {text}", f"write ROLE=HANDLE; roles: {', '.join(ROLES)}")
        links.append(NumberLink(role, handle))
    return tuple(links)


@numbers.command("history")
def number_history(handle: Handle, type: Type = None, folder: Dir = Path(), json: Json = False) -> None:
    """What became of a network or range, also of what is gone: by whom, when, and with --json what it was then."""
    _show_history((type,) if type else _TYPES, handle, folder, json=json)


def _show_history(kinds: Iterable[str], handle: str, folder: Path, *, json: bool) -> None:
    with operator(folder) as op, op.looking() as state:
        rows = [row for kind in kinds for row in state.history(kind, handle)]
    if not rows:
        raise OperatorRefused(2303, f"no {handle} was ever here", "`regwire numbers list` shows what is")
    tabulate(rows, ("at", "account", "operation", "kind", "key", "transaction"), json=json)


@numbers.command()
def delete(handle: Handle, type: Type = None, yes: Yes = False, folder: Dir = Path()) -> None:
    """Remove a network or range; what lies in it stays."""
    with operator(folder) as op:
        with op.looking() as state:
            kinds = [kind for kind in ((type,) if type else _TYPES) if state.view.number(kind, handle) is not None]
        if len(kinds) != 1:
            raise OperatorRefused(
                2303,
                f"there is no {handle}" if not kinds else f"{handle} is of several types",
                "`regwire numbers list` shows all" if not kinds else "give --type",
            )
        confirm(f"remove {handle}", yes=yes)
        op.change_numbers(drop=[(kinds[0], handle)])


# --- organisations and contacts


@organisation.command("add")
def add_organisation(
    handle: Handle,
    name: Annotated[str, typer.Option()] = "",
    emails: Emails = None,
    phones: Phones = None,
    streets: Streets = None,
    city: City = "",
    region: Region = "",
    postal_code: PostalCode = "",
    country: Country = "",
    contacts: Links = None,
    registry: Annotated[str, typer.Option(metavar="HANDLE", help="The organisation that is its registry.")] = "",
    replace: Replace = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """An organisation; in place of an imported one, which has no name, give --replace."""
    from regwire.registry.model.numbers import NumberOrganisation

    with operator(folder) as op:
        now = op.now()
        value = NumberOrganisation(
            handle,
            name,
            tuple(emails or ()),
            _postal(streets, city, region, postal_code, country),
            tuple(map(_phone, phones or ())),
            _links(contacts),
            registry,
            now,
            now,
        )
        _require_there(op, value)
        op.change_numbers([value], new=not replace)
        show(value, json=json)


@contact.command("add")
def add_contact(
    handle: Handle,
    name: Annotated[str, typer.Option()] = "",
    emails: Emails = None,
    sips: Annotated[list[str] | None, typer.Option("--sip", help="Repeatable.")] = None,
    organisations: Annotated[
        list[str] | None, typer.Option("--organisation", metavar="HANDLE", help="That it belongs to; repeatable.")
    ] = None,
    phones: Phones = None,
    streets: Streets = None,
    city: City = "",
    region: Region = "",
    postal_code: PostalCode = "",
    country: Country = "",
    registry: Annotated[str, typer.Option(metavar="HANDLE", help="The organisation that is its registry.")] = "",
    replace: Replace = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """A point of contact."""
    from regwire.registry.model.numbers import NumberContact

    with operator(folder) as op:
        now = op.now()
        value = NumberContact(
            handle,
            name,
            tuple(emails or ()),
            tuple(sips or ()),
            tuple(organisations or ()),
            _postal(streets, city, region, postal_code, country),
            tuple(map(_phone, phones or ())),
            registry,
            now,
            now,
        )
        _require_there(op, value)
        op.change_numbers([value], new=not replace)
        show(value, json=json)


def _postal(streets: list[str] | None, city: str, region: str, code: str, country: str) -> tuple[Any, ...]:
    from regwire.registry.model.objects import PostalInfo

    if not (streets or city or region or code or country):
        return ()
    return (
        PostalInfo(
            "loc", None, None, tuple(streets or ()), city or None, region or None, code or None, country.upper() or None
        ),
    )


def _phone(text: str) -> Any:
    from regwire.registry.model.objects import Phone

    number, _, extension = text.partition("x")
    return Phone(number, extension or None)


def _party_commands(rooms: typer.Typer, kind: str, word: str) -> None:
    """The commands that are the same for both."""

    @rooms.command("show", help=f"One {word}.")
    def show_party(handle: Handle, folder: Dir = Path(), json: Json = False) -> None:
        with operator(folder) as op, op.looking() as state:
            value = state.view.party(kind, handle)
        if value is None:
            raise OperatorRefused(2303, f"there is no {word} {handle}", f"`regwire numbers {word} list` shows all")
        show(value, json=json)

    @rooms.command("list", help=f"Every {word}, by handle.")
    def list_parties(
        limit: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="How many at most.")] = 1000,
        folder: Dir = Path(),
        json: Json = False,
    ) -> None:
        with operator(folder) as op, op.looking() as state:
            tabulate(
                state.view.parties(kind, limit=limit), ("handle", "name", "emails", "registry", "source"), json=json
            )

    @rooms.command("history", help=f"What became of one {word}, also of what is gone.")
    def party_history(handle: Handle, folder: Dir = Path(), json: Json = False) -> None:
        _show_history((kind,), handle, folder, json=json)

    @rooms.command("delete", help=f"Remove one {word} that nothing refers to.")
    def delete_party(handle: Handle, yes: Yes = False, folder: Dir = Path()) -> None:
        with operator(folder) as op:
            with op.looking() as state:
                used = _used(state.view, kind, handle)
            if used:
                raise OperatorRefused(2305, f"{handle} is used by {used}", "change or delete that first")
            confirm(f"remove {handle}", yes=yes)
            op.change_numbers(drop=[(kind, handle)])


def _used(view: Lookup, kind: str, handle: str) -> str:
    """Something that refers to an organisation or contact, or nothing."""
    from regwire.registry.model.numbers import Match

    if kind == "organisation":
        held = view.numbers_of(handle, limit=1)
        if held:
            return held[0].handle
        members = view.found("numberContact", "member", Match(handle), limit=1)
        return members[0] if members else ""
    for of in (*_TYPES, "organisation"):
        found = view.found(of, "contact", Match(handle), limit=1)
        if found:
            return found[0]
    return ""


_party_commands(organisation, "organisation", "organisation")
_party_commands(contact, "numberContact", "contact")
