"""The name servers of a domain, as objects or attributes (RFC 5731 section 1.1)."""

from __future__ import annotations

from operator import attrgetter

from regwire.registry.model import codes
from regwire.registry.model.objects import Domain, Host, HostAttribute
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import CreateDomain, UpdateDomain
from regwire.registry.rules.addresses import apply_addresses, check_addresses
from regwire.registry.rules.context import Context
from regwire.registry.rules.names import check_host_name, check_syntax
from regwire.registry.rules.policy import ZonePolicy

__all__ = [
    "check_attributes",
    "check_count",
    "check_create",
    "check_glue",
    "check_update",
    "require_existing",
    "updated_attributes",
    "updated_hosts",
]

# Without a frame for each: every create asks.
_ROID = attrgetter("roid")


def check_attributes(attributes: tuple[HostAttribute, ...]) -> tuple[HostAttribute, ...]:
    """Return name servers given by value with their addresses in canonical form.

    Raises:
        Refusal: 2005 for names and addresses that are none, 2306 for addresses that no name server has.

    """
    for attribute in attributes:
        check_host_name(attribute.name, "domain:hostName")
    return tuple([HostAttribute(a.name, check_addresses(a.addresses, "domain:hostAddr")) for a in attributes])


def check_create(request: CreateDomain, attributes: tuple[HostAttribute, ...], policy: ZonePolicy) -> None:
    """Refuse with 2306 name servers that no domain of the zone can have: see `check_update`; and too few."""
    _check_model(request.hosts, attributes, policy)
    count = len(request.hosts) + len(attributes)
    check_count(count, policy)
    if count < policy.settings.min_name_servers:
        raise Refusal(codes.POLICY, f"at least {policy.settings.min_name_servers} name servers", "domain:ns")
    _check_distinct(request.hosts or tuple([attribute.name for attribute in attributes]))
    if attributes:
        _check_attribute_glue(request.name, attributes, policy)


def check_update(request: UpdateDomain, attributes: tuple[HostAttribute, ...], policy: ZonePolicy) -> None:
    """Refuse with 2306 name servers in the form that the zone does not have, given twice, without or with odd glue."""
    _check_model(
        request.add_hosts + request.remove_hosts,
        request.add_host_attributes + request.remove_host_attributes,
        policy,
    )
    _check_distinct(request.add_hosts or tuple([attribute.name for attribute in attributes]))
    _check_attribute_glue(request.name, attributes, policy)


def check_count(count: int, policy: ZonePolicy) -> None:
    """Refuse with 2306 more name servers than a domain may have."""
    if count > policy.settings.max_name_servers:
        raise Refusal(codes.POLICY, f"at most {policy.settings.max_name_servers} name servers", "domain:ns")


def require_existing(ctx: Context, names: tuple[str, ...]) -> list[Host]:
    """Return the hosts that a domain is about to be delegated to: 2303 (2005 for what is no name)."""
    found = []
    for name in names:
        host = ctx.view.host(name)
        if host is None:
            check_syntax(name, "domain:hostObj")
            raise Refusal(codes.DOES_NOT_EXIST, "no such host", "domain:hostObj", name)
        found.append(host)
    return found


def check_glue(hosts: list[Host]) -> tuple[str, ...]:
    """Return the ROIDs of hosts; refuse with 2306 an internal one without an address."""
    for host in hosts:
        if host.superordinate is not None and not host.addresses:
            raise Refusal(codes.POLICY, "host has no glue", "domain:hostObj", host.name)
    return tuple(map(_ROID, hosts))


def updated_hosts(ctx: Context, value: Domain, request: UpdateDomain, add: list[Host]) -> tuple[str, ...]:
    """Return the hosts of a domain after an update: 2306 for what is not there, is there already, or lacks glue."""
    if not add and not request.remove_hosts:
        return value.hosts
    names = ctx.view.host_names(value.hosts)
    left = {names[roid]: roid for roid in value.hosts}
    for name in request.remove_hosts:
        if left.pop(name, None) is None:
            raise Refusal(codes.POLICY, "not a name server of the domain", "domain:hostObj", name)
    for host in add:
        if host.name in left:
            raise Refusal(codes.POLICY, "a name server of the domain already", "domain:hostObj", host.name)
        left[host.name] = host.roid
    check_glue(add)
    return tuple(left.values())


def updated_attributes(
    value: Domain, request: UpdateDomain, add: tuple[HostAttribute, ...]
) -> tuple[HostAttribute, ...]:
    """Return the name servers by value of a domain after an update: 2306 as `updated_hosts`. Names identify them."""
    if not add and not request.remove_host_attributes:
        return value.host_attributes
    left = {attribute.name: attribute for attribute in value.host_attributes}
    for attribute in request.remove_host_attributes:
        if left.pop(attribute.name, None) is None:
            raise Refusal(codes.POLICY, "not a name server of the domain", "domain:hostName", attribute.name)
    for attribute in add:
        if attribute.name in left:
            raise Refusal(codes.POLICY, "a name server of the domain already", "domain:hostName", attribute.name)
        left[attribute.name] = attribute
    return tuple(left.values())


def _check_model(hosts: tuple[str, ...], attributes: tuple[HostAttribute, ...], policy: ZonePolicy) -> None:
    if attributes and policy.settings.host_model == "objects":
        raise Refusal(codes.POLICY, "this zone takes host objects", "domain:hostAttr", attributes[0].name)
    if hosts and policy.settings.host_model == "attributes":
        raise Refusal(codes.POLICY, "this zone takes host attributes", "domain:hostObj", hosts[0])


def _check_distinct(names: tuple[str, ...]) -> None:
    if len(names) > 1 and len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Refusal(codes.POLICY, "given twice", "domain:ns", twice)


def _check_attribute_glue(domain: str, attributes: tuple[HostAttribute, ...], policy: ZonePolicy) -> None:
    """Glue is for name servers in the domain itself, and only there (the narrow glue policy)."""
    for attribute in attributes:
        inside = attribute.name == domain or attribute.name.endswith("." + domain)
        if inside and not attribute.addresses:
            raise Refusal(codes.POLICY, "glue is missing", "domain:hostName", attribute.name)
        if attribute.addresses and not inside:
            raise Refusal(codes.POLICY, "glue is only for hosts in the domain", "domain:hostName", attribute.name)
        apply_addresses((), (), attribute.addresses, policy.settings.max_addresses, "domain:hostAddr")
