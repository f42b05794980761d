"""Domains (dreg1, RFC 3982): lookups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from regwire.iris.handlers import Handlers
from regwire.iris.messages import dreg
from regwire.iris.messages.common import DREG, Text
from regwire.iris.messages.core import LookupEntity, ResultSet
from regwire.registry.fronts.iris.desk import Desk, Sight, domain_name, idn_name, to_unicode
from regwire.registry.fronts.iris.objects import Shapes
from regwire.registry.model.objects import Domain
from regwire.registry.rules.changes import rgp_statuses
from regwire.registry.rules.features.idn import variants_of
from regwire.registry.rules.present import why_not_free
from regwire.registry.rules.status import domain_statuses

__all__ = ["SHAPES", "domain_result", "register"]

SHAPES: Final = Shapes(dreg)


def register(handlers: Handlers, desk: Desk) -> None:
    """Have the entity classes of RFC 3982 section 3.4 looked up."""
    SHAPES.register(handlers, desk)
    handlers.lookup(DREG, "domain-name")(desk.handler(DREG, _by_name))
    handlers.lookup(DREG, "idn")(desk.handler(DREG, _by_idn))
    handlers.lookup(DREG, "domain-handle")(desk.handler(DREG, _by_handle))


def _by_name(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    return _named(sight, domain_name(asked.entity_name), "domain-name", "")


def _by_idn(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    name = idn_name(asked.entity_name)
    return _named(sight, name, "idn", to_unicode(name) or name)


def _by_handle(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    kept = sight.view.domain_of_roid(asked.entity_name.strip().upper())
    value = None if kept is None else sight.domain(kept.name)
    if value is None or kept is None or value.roid != kept.roid:
        return None
    return _whole(sight, value, "domain-handle", value.roid)


def _named(sight: Sight, name: str, entity_class: str, entity: str) -> ResultSet | None:
    value = sight.domain(name)
    if value is not None:
        return _whole(sight, value, entity_class, entity or name)
    reason = why_not_free(sight.view, (name,), sight.now, sight.desk.policies).get(name)
    return None if reason is None else sight.answer([_reserved(sight, name, reason, entity_class, entity or name)])


def _reserved(sight: Sight, name: str, reason: str, entity_class: str, entity: str) -> dreg.Domain:
    """Return a name that nobody has and nobody can register."""
    said = dreg.Status(descriptions=(Text(reason, language="en"),) if reason else ())
    return dreg.Domain(
        domain_name=name,
        idn=to_unicode(name),
        status=dreg.DomainStatus(reserved_delegation=said),
        **sight.naming(entity_class, entity),
    )


def _whole(sight: Sight, value: Domain, entity_class: str, entity: str) -> ResultSet:
    """Return a domain with what it refers to."""
    result, beside = _built(sight, value, entity_class, entity)
    return sight.answer([result], beside)


def domain_result(sight: Sight, value: Domain) -> dreg.Domain:
    """Return a domain as a search gives it."""
    return _built(sight, value, "domain-name", value.name)[0]


def _built(sight: Sight, value: Domain, entity_class: str, entity: str) -> tuple[dreg.Domain, list[Any]]:
    servers, beside = SHAPES.servers(sight, value)
    roles, contacts = SHAPES.contacts(sight, value)
    handle = sight.desk.settings.registry_handle
    result = dreg.Domain(
        domain_name=value.name,
        idn=to_unicode(value.name),
        domain_handle=dreg.PrivateNormalized(value=value.roid),
        name_servers=tuple(servers),
        registrant=next(iter(roles.get("registrant", ())), None),
        billing_contacts=tuple(roles.get("billing", ())),
        technical_contacts=tuple(roles.get("tech", ())),
        administrative_contacts=tuple(roles.get("admin", ())),
        status=_status(value, sight.now),
        domain_variants=tuple(_variants(sight, value.name)),
        registry=sight.refer("registrationAuthority", "registration-authority", handle, dreg.HostingEntity),
        registrar=sight.refer("registrationAuthority", "registration-authority", value.sponsor, dreg.HostingEntity),
        initial_delegation=dreg.PrivateDateTime(value=value.created),
        expiration=dreg.PrivateDateTime(value=value.expires),
        **sight.naming(entity_class, entity),
    )
    return result, [] if sight.brief else [*beside, *contacts, *SHAPES.sponsor(sight, value.sponsor)]


def _variants(sight: Sight, name: str) -> Iterator[Any]:
    for other in variants_of(sight.view, name, sight.desk.policies):
        if other != name and sight.domain(other) is not None:
            yield sight.refer("domain", "domain-name", other)


def _status(value: Domain, now: datetime) -> dreg.DomainStatus:
    """Return what is said of a domain; what RFC 3982 has no word for is in the descriptions of "other"."""
    found = {status.value: status for status in domain_statuses(value)}
    locks = {
        side: [s for name, s in found.items() if name.startswith(side) and name.endswith("Prohibited")]
        for side in ("client", "server")
    }
    holds = [status for name, status in found.items() if name.endswith("Hold")]
    gone = value.restore is not None
    quiet = "inactive" in found
    grace = [name for name in rgp_statuses(value, now) if name not in {"redemptionPeriod", "pendingDelete"}]
    return dreg.DomainStatus(
        assigned_and_active=None if quiet or holds or gone else dreg.Status(),
        assigned_and_inactive=dreg.Status() if quiet and not gone else None,
        assigned_and_on_hold=_said(holds),
        revoked=dreg.Status(applied_date=value.restore.deleted) if value.restore is not None else None,
        transfer_pending=(
            dreg.Status(applied_date=value.transfer.requested)
            if "pendingTransfer" in found and value.transfer is not None
            else None
        ),
        registry_lock=_said(locks["server"]),
        registrar_lock=_said(locks["client"]),
        other=dreg.Status(descriptions=tuple([Text(name, language="en") for name in grace])) if grace else None,
    )


def _said(statuses: list[Any]) -> dreg.Status | None:
    if not statuses:
        return None
    return dreg.Status(
        descriptions=tuple([Text(status.text or status.value, language=status.lang) for status in statuses])
    )
