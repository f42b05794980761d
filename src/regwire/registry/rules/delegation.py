"""What a domain refers to: name servers by object or attribute, registrant and contacts."""

from __future__ import annotations

from regwire.registry.model import codes
from regwire.registry.model.objects import ContactLink, HostAttribute
from regwire.registry.model.outcomes import Refusal
from regwire.registry.rules.addresses import check_addresses
from regwire.registry.rules.context import Context
from regwire.registry.rules.names import check_host_name
from regwire.registry.rules.policy import ZonePolicy

__all__ = [
    "check_host_model",
    "require_contacts",
    "resolve_attributes",
    "resolve_hosts",
]


def check_host_model(hosts: tuple[str, ...], attributes: tuple[HostAttribute, ...], policy: ZonePolicy) -> None:
    """Refuse with 2306 name servers in the form that the zone does not have."""
    if attributes and policy.settings.host_model == "objects":
        raise Refusal(codes.POLICY, "this zone takes host objects", "domain:hostAttr", attributes[0].name)
    if hosts and policy.settings.host_model == "attributes":
        raise Refusal(codes.POLICY, "this zone takes host attributes", "domain:hostObj", hosts[0])


def resolve_hosts(ctx: Context, names: tuple[str, ...]) -> list[str]:
    """Return the ROIDs of hosts that a domain is about to be delegated to.

    Raises:
        Refusal: 2303 for one that does not exist, 2306 for an internal one without glue.

    """
    roids = []
    for name in names:
        host = ctx.view.host(name)
        if host is None:
            raise Refusal(codes.DOES_NOT_EXIST, "no such host", "domain:hostObj", name)
        if host.superordinate is not None and not host.addresses:
            raise Refusal(codes.POLICY, "host has no glue", "domain:hostObj", name)
        roids.append(host.roid)
    return roids


def resolve_attributes(ctx: Context, domain: str, attributes: tuple[HostAttribute, ...]) -> tuple[HostAttribute, ...]:
    """Return name servers given by value, checked: glue where it is needed and only there.

    Raises:
        Refusal: 2005 for names and addresses that are none, 2306 for missing or superfluous glue.

    """
    checked = []
    for attribute in attributes:
        check_host_name(attribute.name)
        inside = attribute.name == domain or attribute.name.endswith("." + domain)
        if inside and not attribute.addresses:
            raise Refusal(codes.POLICY, "glue is missing", "domain:hostName", attribute.name)
        if attribute.addresses and not inside:
            raise Refusal(codes.POLICY, "glue is only for hosts in the domain", "domain:hostName", attribute.name)
        checked.append(HostAttribute(attribute.name, check_addresses(attribute.addresses)))
    return tuple(checked)


def require_contacts(ctx: Context, registrant: str | None, contacts: tuple[ContactLink, ...]) -> None:
    """Refuse with 2303 if a contact does not exist."""
    if registrant and not ctx.view.contact_exists(registrant):
        raise Refusal(codes.DOES_NOT_EXIST, "no such contact", "domain:registrant", registrant)
    for link in contacts:
        if not ctx.view.contact_exists(link.id):
            raise Refusal(codes.DOES_NOT_EXIST, "no such contact", "domain:contact", link.id)
