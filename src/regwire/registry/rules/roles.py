"""The contacts of a domain: which there may be, which there must be (RFC 5731 section 2.2, the zone's data model)."""

from __future__ import annotations

from operator import attrgetter

from regwire.registry.model import codes
from regwire.registry.model.objects import ContactLink, Domain
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import UpdateDomain
from regwire.registry.rules.context import Context
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["allowed", "check_types", "require_existing", "require_needed", "updated"]

# Without a frame for each: every create asks.
_TYPE = attrgetter("type")


def check_types(links: tuple[ContactLink, ...]) -> None:
    """Refuse with 2003 a contact without a type, which the schema allows."""
    for link in links:
        if not link.type:
            raise Refusal(codes.MISSING, "a contact needs a type", "domain:contact", link.id)


def allowed(
    ctx: Context, registrant: str | None, links: tuple[ContactLink, ...], policy: ZonePolicy
) -> tuple[str | None, tuple[ContactLink, ...]]:
    """Return the contacts that a command gives, as far as the zone's data model keeps any.

    Raises:
        Refusal: 2306 for contacts where the data model is minimum and does not ignore them, for one given twice and
            for too many.

    """
    if _model(ctx, policy) == "minimum" and (registrant or links):
        if not policy.settings.ignore_contacts:
            element, id = ("domain:registrant", registrant) if registrant else ("domain:contact", links[0].id)
            raise Refusal(codes.POLICY, "domains have no contacts here", element, id or "")
        return None, ()
    _check_number(links, policy)
    return registrant, links


def require_needed(
    ctx: Context, registrant: str | None, links: tuple[ContactLink, ...], policy: ZonePolicy, code: int
) -> None:
    """Refuse with ``code`` if a role that the policy needs is not filled."""
    model = _model(ctx, policy)
    needed = policy.settings.required_contacts
    if model == "minimum" or not (needed or model == "maximum"):
        return
    there = {link.type for link in links}
    if registrant:
        there.add("registrant")
    for role in ("registrant", *needed) if model == "maximum" else needed:
        if role not in there:
            element = "domain:registrant" if role == "registrant" else "domain:contact"
            raise Refusal(code, f"{role} is required", element)


def require_existing(ctx: Context, registrant: str | None, contacts: tuple[ContactLink, ...]) -> None:
    """Refuse with 2303 if a contact does not exist."""
    if registrant and not ctx.view.contact_exists(registrant):
        raise Refusal(codes.DOES_NOT_EXIST, "no such contact", "domain:registrant", registrant)
    for link in contacts:
        if not ctx.view.contact_exists(link.id):
            raise Refusal(codes.DOES_NOT_EXIST, "no such contact", "domain:contact", link.id)


def updated(
    value: Domain, request: UpdateDomain, add: tuple[ContactLink, ...], policy: ZonePolicy
) -> tuple[ContactLink, ...]:
    """Return the contacts of a domain after an update: 2306 for what is not there or is there already, or too many."""
    if not add and not request.remove_contacts:
        return value.contacts
    left = list(value.contacts)
    for link in request.remove_contacts:
        if link not in left:
            raise Refusal(codes.POLICY, "not a contact of the domain", "domain:contact", link.id)
        left.remove(link)
    for link in add:
        if link in left:
            raise Refusal(codes.POLICY, "a contact of the domain already", "domain:contact", link.id)
        left.append(link)
    _check_number(tuple(left), policy)
    return tuple(left)


def _model(ctx: Context, policy: ZonePolicy) -> str:
    model = policy.settings.data_model
    if model == "per-registrar":
        return "minimum" if ctx.account in policy.settings.minimum_registrars else "maximum"
    return model


def _check_number(links: tuple[ContactLink, ...], policy: ZonePolicy) -> None:
    if policy.settings.max_contacts and len(set(map(_TYPE, links))) == len(links):
        return
    seen: dict[str, list[str]] = {}
    for link in links:
        ids = seen.setdefault(link.type, [])
        if link.id in ids:
            raise Refusal(codes.POLICY, "given twice", "domain:contact", link.id)
        ids.append(link.id)
        if len(ids) > policy.settings.max_contacts:
            raise Refusal(codes.POLICY, f"at most {policy.settings.max_contacts} a type", "domain:contact", link.id)
