"""IP addresses of hosts (RFC 5732 section 2.5)."""

from __future__ import annotations

import ipaddress

from regwire.registry.model import codes
from regwire.registry.model.objects import Address
from regwire.registry.model.outcomes import Refusal

__all__ = ["apply_addresses", "check_addresses"]


def check_addresses(given: tuple[Address, ...], element: str = "host:addr") -> tuple[Address, ...]:
    """Return the addresses in canonical form.

    Raises:
        Refusal: 2005 for what is no address of its family, 2306 for one that no name server can have.

    """
    return tuple(_check(address, element) for address in given) if given else ()


def _check(given: Address, element: str) -> Address:
    try:
        if given.version == "v4":
            parsed: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.IPv4Address(given.address)
        else:
            parsed = ipaddress.IPv6Address(given.address)
    except ValueError:
        raise Refusal(codes.SYNTAX, f"not an IP{given.version} address", element, given.address) from None
    scoped = parsed.version == 6 and parsed.scope_id is not None
    mapped = parsed.version == 6 and parsed.ipv4_mapped is not None
    reserved = parsed.version == 4 and parsed.is_reserved
    nobodys = parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or parsed.is_link_local or reserved
    if nobodys or scoped or mapped:
        raise Refusal(codes.POLICY, "not an address of a name server", element, given.address)
    return Address(str(parsed), given.version)


def apply_addresses(
    present: tuple[Address, ...],
    remove: tuple[Address, ...],
    add: tuple[Address, ...],
    limit: int,
    element: str = "host:addr",
) -> tuple[Address, ...]:
    """Return ``present`` without ``remove``, with ``add``, all canonical.

    Raises:
        Refusal: 2306 for what is not there to be removed, is there already, or is too much.

    """
    left = list(present)
    for address in remove:
        if address not in left:
            raise Refusal(codes.POLICY, "address is not set", element, address.address)
        left.remove(address)
    for address in add:
        if address in left:
            raise Refusal(codes.POLICY, "address is set already", element, address.address)
        left.append(address)
    if len(left) > limit:
        raise Refusal(codes.POLICY, f"at most {limit} addresses", element, add[-1].address if add else "")
    return tuple(left)
