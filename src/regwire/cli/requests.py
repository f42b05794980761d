"""From what people type to messages: names, periods, DS records, addresses, contacts.

Everything that cannot be understood is a `ConfigError` that names the argument and says how it is written.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.epp import (
        ContactAddRem,
        ContactAuthInfo,
        DomainAddRem,
        DomainContact,
        HostAddRem,
        HostAddress,
        NameServers,
        Period,
        Phone,
        PostalInfo,
    )
    from regwire.epp.ext.secdns import SecDnsCreate, SecDnsDsData, SecDnsUpdate

__all__ = [
    "a_label_name",
    "contact_auth",
    "contact_links",
    "contact_statuses",
    "domain_change_set",
    "ds_record",
    "exp_date",
    "host_addresses",
    "host_change_set",
    "name_servers",
    "new_auth_info",
    "optional_contact_auth",
    "period",
    "phone",
    "postal_info",
    "sec_dns_create",
    "sec_dns_update",
]

# RFC 9154 section 4.1: printable ASCII; without those that shells, XML and people stumble over. 24 of 66 are 145 bits.
_AUTH_INFO_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!"
_AUTH_INFO_LENGTH = 24


def a_label_name(text: str) -> str:
    """A domain name as the wire has it: lower case, U-labels as A-labels, no dot at the end."""
    name = text.lower().rstrip(".")
    if name.isascii():
        return name
    import idna

    try:
        return idna.encode(name).decode("ascii")
    except idna.IDNAError as error:
        raise ConfigError(text, f"not a domain name ({error})", "write it in A-labels (xn--…)") from None


def period(text: str | None) -> Period | None:
    """``2``, ``2y`` or ``24m``."""
    from regwire.epp import Period

    if text is None:
        return None
    match = re.fullmatch(r"([1-9][0-9]?)([ym]?)", text.strip().lower())
    if match is None:
        raise ConfigError(f"--period {text}", "not a period", "write years as 2 or 2y, months as 24m; 1 to 99")
    return Period(int(match[1]), cast("Literal['y', 'm']", match[2] or "y"))


def exp_date(text: str) -> dt.date:
    """``2027-03-01``."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--exp-date {text}", "not a date", "write it as 2027-03-01") from None


def name_servers(hosts: Sequence[str]) -> NameServers | None:
    """Host objects by name; with addresses (``ns1.a.example=192.0.2.1,2001:db8::1``) host attributes."""
    from regwire.epp import HostAttribute, NameServers

    if not hosts:
        return None
    if not any("=" in host for host in hosts):
        return NameServers(host_objs=tuple(a_label_name(host) for host in hosts))
    attributes = []
    for host in hosts:
        name, _, addresses = host.partition("=")
        attributes.append(HostAttribute(a_label_name(name), host_addresses(filter(None, addresses.split(",")))))
    return NameServers(host_attrs=tuple(attributes))


def host_addresses(addresses: Iterable[str]) -> tuple[HostAddress, ...]:
    """IP addresses, each marked with its family."""
    from regwire.epp import HostAddress

    found = []
    for text in addresses:
        try:
            address = ipaddress.ip_address(text.strip())
        except ValueError:
            raise ConfigError(text, "not an IP address", "write it as 192.0.2.1 or 2001:db8::1") from None
        found.append(HostAddress(str(address), "v4" if address.version == 4 else "v6"))
    return tuple(found)


def contact_links(**contacts: Sequence[str]) -> tuple[DomainContact, ...]:
    """``admin=["c1"], tech=["c2"]`` as links of a domain."""
    from regwire.epp import DomainContact

    kinds = cast("dict[Literal['admin', 'billing', 'tech'], Sequence[str]]", contacts)
    return tuple(DomainContact(id, kind) for kind, ids in kinds.items() for id in ids)


def ds_record(text: str) -> SecDnsDsData:
    """``KEYTAG ALGORITHM TYPE DIGEST`` as in a zone file; white space within the digest is ignored."""
    from regwire.epp.ext.secdns import SecDnsDsData

    parts = text.split(maxsplit=3)
    try:
        tag, algorithm, kind, digest = int(parts[0]), int(parts[1]), int(parts[2]), bytes.fromhex(parts[3])
    except (IndexError, ValueError):
        cure = 'write it in quotes as in a zone file: "12345 13 2 49FD…"'
        raise ConfigError(f"DS {text!r}", "not a DS record", cure) from None
    return SecDnsDsData(tag, algorithm, kind, digest)


def sec_dns_create(records: Sequence[str]) -> tuple[SecDnsCreate, ...]:
    """The extension of a create; nothing without records."""
    from regwire.epp.ext.secdns import SecDnsCreate

    return (SecDnsCreate(ds_data=tuple(ds_record(text) for text in records)),) if records else ()


def sec_dns_update(add: Sequence[str], rem: Sequence[str], *, rem_all: bool) -> tuple[SecDnsUpdate, ...]:
    """The extension of an update; nothing without changes."""
    from regwire.epp.ext.secdns import SecDnsAdd, SecDnsRem, SecDnsUpdate

    if rem and rem_all:
        raise ConfigError("--rem-ds and --rem-all-ds", "both are given", "one of them is enough")
    removed = SecDnsRem(ds_data=tuple(ds_record(text) for text in rem)) if rem else None
    removed = SecDnsRem(all=True) if rem_all else removed
    added = SecDnsAdd(ds_data=tuple(ds_record(text) for text in add)) if add else None
    return (SecDnsUpdate(removed, added),) if removed or added else ()


def domain_change_set(ns: Sequence[str], contacts: Sequence[str], statuses: Sequence[str]) -> DomainAddRem | None:
    """What is added to or removed from a domain; contacts are written ``tech:c1``; None when it is nothing."""
    from regwire.epp import DomainAddRem, DomainStatus

    links: dict[str, list[str]] = {}
    for text in contacts:
        kind, mark, identifier = text.partition(":")
        if not mark or kind not in {"admin", "billing", "tech"}:
            raise ConfigError(text, "not a contact of a domain", "write it as admin:ID, tech:ID or billing:ID")
        links.setdefault(kind, []).append(identifier)
    servers, linked = name_servers(ns), contact_links(**links)
    marks = tuple(DomainStatus(*_status(status)) for status in statuses)
    return DomainAddRem(servers, linked, marks) if servers or linked or marks else None


def _status(text: str) -> tuple[Any, str]:
    """``clientHold``, or ``clientHold:not paid`` with why."""
    status, _, reason = text.partition(":")
    return status, reason.strip()


def new_auth_info() -> str:
    """A new authInfo of more than 128 bits (RFC 9154 section 4.1)."""
    import secrets

    return "".join(secrets.choice(_AUTH_INFO_ALPHABET) for _ in range(_AUTH_INFO_LENGTH))


def host_change_set(addresses: Sequence[str], statuses: Sequence[str]) -> HostAddRem | None:
    """What is added to or removed from a host; None when it is nothing."""
    from regwire.epp import HostAddRem, HostStatus

    marks = tuple(HostStatus(*_status(status)) for status in statuses)
    return HostAddRem(host_addresses(addresses), marks) if addresses or statuses else None


def contact_statuses(statuses: Sequence[str]) -> ContactAddRem | None:
    """What is added to or removed from a contact; None when it is nothing."""
    from regwire.epp import ContactAddRem, ContactStatus

    return ContactAddRem(tuple(ContactStatus(*_status(status)) for status in statuses)) if statuses else None


def contact_auth(password: str) -> ContactAuthInfo:
    """A contact's authInfo."""
    from regwire.epp import AuthPw, ContactAuthInfo

    return ContactAuthInfo(AuthPw(password))


def optional_contact_auth(password: str | None) -> ContactAuthInfo | None:
    """A contact's authInfo, if one is given."""
    return None if password is None else contact_auth(password)


def postal_info(
    name: str,
    org: str | None,
    street: Sequence[str],
    city: str,
    state: str | None,
    postcode: str | None,
    country: str,
) -> PostalInfo:
    """One address: ``int``, which must be ASCII (RFC 5733 section 2.4), when it is; else ``loc``."""
    from regwire.epp import Address, PostalInfo

    address = Address(tuple(street), city=city, sp=state, pc=postcode, cc=country.upper())
    ascii_only = all(text.isascii() for text in (name, org or "", *street, city, state or "", postcode or ""))
    return PostalInfo("int" if ascii_only else "loc", name, org, addr=address)


def phone(text: str | None) -> Phone | None:
    """``+49.301234x5``: country, number and extension."""
    from regwire.epp import Phone

    if text is None:
        return None
    match = re.fullmatch(r"(\+[0-9]{1,3}\.[0-9]{1,14})?(?:x([0-9]+))?", text)
    if match is None:
        raise ConfigError(text, "not a telephone number", "write it as +49.301234567, with extension +49.301234567x12")
    return Phone(match[1] or "", match[2])
