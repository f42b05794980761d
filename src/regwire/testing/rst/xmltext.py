"""Commands as XML text: what the typed messages of `regwire.epp` refuse to build must be sent here on purpose.

`node` builds text, `raw` makes of it an element that a command of the public client can carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from regwire.epp import Command
from regwire.epp.ext import secdns
from regwire.epp.messages import contact, core, domain, host
from regwire.schema import Raw

__all__ = [
    "add_or_rem",
    "auth_info",
    "contact_create",
    "contact_update",
    "domain_create",
    "domain_update",
    "extension_elements",
    "host_create",
    "host_update",
    "keys",
    "name_servers",
    "node",
    "object_command",
    "postal_info",
    "sec_dns",
]

CONTACT, HOST, DOMAIN, SECDNS = contact.CONTACT.uri, host.HOST.uri, domain.DOMAIN.uri, secdns.NAMESPACE.uri
_OPERATIONS: dict[str, Any] = {
    "check": core.Check,
    "create": core.Create,
    "delete": core.Delete,
    "info": core.Info,
    "update": core.Update,
    "renew": core.Renew,
}


def node(tag: str, *content: str | None, **attributes: str | None) -> str:
    """An element; children are XML text already, None is left out."""
    found = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None)
    return f"<{tag}{found}>{''.join(part for part in content if part is not None)}</{tag}>"


def leaf(tag: str, text: str | None, **attributes: str | None) -> str | None:
    """An element with text; nothing for None, an empty element for an empty text."""
    return None if text is None else node(tag, escape(text), **attributes)


def object_command(tag: str, namespace: str, body: Iterable[str | None], extension: Iterable[Raw] = ()) -> Command:
    """A command on an object, whatever is in it: `tag` is check, create and so on."""
    element = Raw(node(tag, *body, xmlns=namespace).encode())
    return Command(_OPERATIONS[tag](element), tuple(extension))


def auth_info(value: str) -> str:
    """<authInfo> with a password."""
    return node("authInfo", leaf("pw", value))


# --- contacts


def postal_info(cells: Mapping[str, str], supported: frozenset[str]) -> str:
    """<postalInfo> of a row; optional elements that the server does not take are left out."""

    def optional(column: str, part: str) -> str | None:
        return cells[column] if part in supported else None

    # An empty second or third street line stands for none.
    streets = [cells["street1"], *(cells[column] for column in ("street2", "street3") if cells[column])]
    return node(
        "postalInfo",
        leaf("name", cells["name"]),
        leaf("org", optional("org", "org")),
        node(
            "addr",
            *((leaf("street", line) for line in streets) if "street" in supported else ()),
            leaf("city", cells["city"]),
            leaf("sp", optional("sp", "sp")),
            leaf("pc", optional("pc", "pc")),
            leaf("cc", cells["cc"]),
        ),
        type=cells["postalInfoType"],
    )


def _phones(cells: Mapping[str, str], supported: frozenset[str]) -> Iterable[str | None]:
    for part in ("voice", "fax"):
        if part in supported:
            extension = cells[f"{part}Ext"] if f"{part}:ext" in supported else None
            yield leaf(part, cells[part], x=extension)


def contact_create(cells: Mapping[str, str], supported: frozenset[str]) -> Command:
    """A create of a contact with the values of a row."""
    body = [
        leaf("id", cells["id"]),
        postal_info(cells, supported),
        *_phones(cells, supported),
        leaf("email", cells["email"]),
        auth_info(cells["authInfo"]),
    ]
    return object_command("create", CONTACT, body)


def contact_update(id: str, change: Iterable[str | None] | None = None, *, parts: str | None = None) -> Command:
    """An update of a contact: what goes into <chg>, or <add> and <rem> as they are."""
    return object_command("update", CONTACT, [leaf("id", id), parts, node("chg", *change) if change else None])


def contact_other(cells: Mapping[str, str], supported: frozenset[str]) -> list[str | None]:
    """What a row changes of a contact beside its address."""
    return [*_phones(cells, supported), leaf("email", cells["email"])]


# --- hosts


def address(kind: str | None, value: str, tag: str = "addr") -> str | None:
    """An address of a host; none if the row has neither kind nor value."""
    return leaf(tag, value, ip=kind) if kind or value else None


def host_create(name: str, addresses: Iterable[str | None] = ()) -> Command:
    """A create of a host."""
    return object_command("create", HOST, [leaf("name", name), *addresses])


def add_or_rem(action: str, part: str | None) -> str:
    """<add> or <rem>."""
    return node(action, part)


def status(value: str) -> str:
    """<status>, allowed or not."""
    return node("status", s=value)


def host_update(name: str, parts: str | None = None, *, new_name: str | None = None) -> Command:
    """An update of a host: <add> and <rem> as they are, or a new name."""
    change = None if new_name is None else node("chg", leaf("name", new_name))
    return object_command("update", HOST, [leaf("name", name), parts, change])


# --- domains


def name_servers(*servers: tuple[str, Iterable[str | None]], objects: bool) -> str | None:
    """<ns> of these names and addresses, as host objects or as attributes; none without names."""
    if not servers:
        return None
    if objects:
        return node("ns", *(leaf("hostObj", name) for name, _ in servers))
    return node("ns", *(node("hostAttr", leaf("hostName", name), *addresses) for name, addresses in servers))


def domain_create(
    name: str,
    *,
    auth: str,
    period: tuple[str, str] | None = None,
    ns: str | None = None,
    registrant: str | None = None,
    contacts: Mapping[str, str] | None = None,
    extension: Iterable[Raw] = (),
) -> Command:
    """A create of a domain, whatever its values are."""
    body = [
        leaf("name", name),
        None if period is None else leaf("period", period[0], unit=period[1]),
        ns,
        leaf("registrant", registrant),
        *(leaf("contact", id, type=kind) for kind, id in (contacts or {}).items()),
        auth_info(auth),
    ]
    return object_command("create", DOMAIN, body, extension)


def domain_update(
    name: str, *, add: str | None = None, rem: str | None = None, chg: str | None = None, extension: Iterable[Raw] = ()
) -> Command:
    """An update of a domain; the parts are the content of <add>, <rem> and <chg>."""
    parts = [(tag, part) for tag, part in (("add", add), ("rem", rem), ("chg", chg)) if part is not None]
    return object_command("update", DOMAIN, [leaf("name", name), *(node(tag, part) for tag, part in parts)], extension)


def keys(cells: Mapping[str, str], *, ds: bool) -> str:
    """<dsData> or <keyData> of a row."""
    if ds:
        columns = (("keyTag", "keyTag"), ("alg", "dsDataAlg"), ("digestType", "digestType"), ("digest", "digest"))
    else:
        columns = (("flags", "flags"), ("protocol", "protocol"), ("alg", "keyDataAlg"), ("pubKey", "pubKey"))
    return node("dsData" if ds else "keyData", *(leaf(tag, cells[column]) for tag, column in columns))


def extension_elements(text: str) -> tuple[Raw, ...]:
    """The children of an <extension> given as text.

    Raises:
        ValueError: it is not well-formed, or another element.

    """
    try:
        root = etree.fromstring(text.strip().encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(f"is not well-formed: {error}") from None
    if etree.QName(root).localname != "extension" or not len(root):
        raise ValueError("must be an <extension> with at least one element in it")
    return tuple(Raw(etree.tostring(item, with_tail=False)) for item in root.iterchildren(etree.Element))


def sec_dns(tag: str, *content: str | None) -> Raw:
    """<secDNS:create> or <secDNS:update>."""
    return Raw(node(tag, *content, xmlns=SECDNS).encode())
