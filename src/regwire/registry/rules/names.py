"""Syntax of DNS names: LDH labels, and A-labels that IDNA2008 allows (RFC 1123 2.1, RFC 5890 2.3.1, RFC 5891 5.4)."""

from __future__ import annotations

import re
from functools import lru_cache

import idna

from regwire.registry.model import codes
from regwire.registry.model.outcomes import Refusal
from regwire.registry.rules.policy import Policies, ZonePolicy

__all__ = ["check_domain_name", "check_host_name", "check_syntax", "fault_of_label"]

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def fault_of_label(label: str) -> str | None:
    """Return why ``label`` (lower-case) cannot be registered, None if it can."""
    if _LABEL.fullmatch(label) is None:
        if not label:
            return "empty label"
        if not label.isascii():
            return "not an A-label"
        return "label too long" if len(label) > 63 else "not letters, digits, hyphens"
    if label[2:4] == "--":
        return _fault_of_a_label(label)
    return None


@lru_cache(maxsize=65536)
def _fault_of_a_label(label: str) -> str | None:
    if not label.startswith("xn--"):
        return "reserved: -- in places 3 and 4"
    try:
        # Round trip: a label that decodes but encodes otherwise (upper case inside, not NFC) is not an A-label.
        if idna.alabel(idna.ulabel(label)).decode("ascii") == label:
            return None
    except (idna.IDNAError, UnicodeError):
        pass
    return "not valid under IDNA2008"


def check_domain_name(name: str, policies: Policies) -> ZonePolicy:
    """Return the policy of the zone ``name`` can be registered in.

    Raises:
        Refusal: 2005 for a name that is not one, 2306 for one of another zone or depth.

    """
    label, _, zone = name.partition(".")
    policy = policies.by_zone.get(zone)
    if policy is not None:
        fault = fault_of_label(label)
        if fault is None and len(name) <= 253:
            if name in policies.by_zone:
                raise Refusal(codes.POLICY, "the name of a zone", "domain:name", name)
            return policy
        raise Refusal(codes.SYNTAX, fault or "name too long", "domain:name", name)
    check_syntax(name, "domain:name")
    if policies.zone_of(name) is None:
        raise Refusal(codes.POLICY, "not in a zone of this registry", "domain:name", name)
    raise Refusal(codes.POLICY, "not directly below a zone", "domain:name", name)


def check_syntax(name: str, element: str) -> None:
    """Refuse with 2005 what is no name at all: a final dot, a U-label, a label that nothing can have."""
    fault = next(filter(None, map(fault_of_label, name.split("."))), None)
    if fault is None and len(name) > 253:
        fault = "name too long"
    if fault is not None:
        raise Refusal(codes.SYNTAX, fault, element, name)


def check_host_name(name: str, element: str = "host:name") -> None:
    """Check the name of a host; any TLD goes, existing or not.

    Raises:
        Refusal: 2005.

    """
    labels = name.split(".")
    fault = next(filter(None, map(fault_of_label, labels)), None)
    if fault is None and len(name) > 253:
        fault = "name too long"
    if fault is None and len(labels) < 2:
        fault = "a single label"
    if fault is None and labels[-1].isdigit():
        fault = "an address, not a name"
    if fault is not None:
        raise Refusal(codes.SYNTAX, fault, element, name)
