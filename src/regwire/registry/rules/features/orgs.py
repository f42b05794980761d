"""Organisations live: objects of their own (RFC 8543), and in roles for domains, hosts and contacts (RFC 8544).

The organisations of an object are kept with it; a record by its ROID, which names do not change, is what finds it again
by an organisation. What goes to another registrar keeps those organisations that the new one sponsors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeVar

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model.objects import Contact, Domain, Host, with_extra
from regwire.registry.model.orgs import (
    ChangeOrgs,
    CheckOrgs,
    CreateOrg,
    DeleteOrg,
    InfoOrg,
    OrgInfo,
    OrgLink,
    OrgLinks,
    SetOrgs,
    UpdateOrg,
)
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import InfoContact, InfoDomain, InfoHost, Request
from regwire.registry.rules import orgs
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["FEATURE", "OrgSettings"]

_KIND: Final = "orgLinks"
_ID: Final = "orgext:id"
_Object = TypeVar("_Object", Domain, Host, Contact)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgSettings:
    """``[policy.orgs]``."""

    enabled: bool = setting(True, why="whether objects have organisations")


def _links(value: Any) -> tuple[OrgLink, ...]:
    return tuple([OrgLink(role, id) for role, id in value.extra.get("orgs", ())])


def _kept(ctx: Context, value: _Object, links: tuple[OrgLink, ...]) -> _Object:
    """Return an object with these organisations, and have it found by them."""
    ctx.put(_KIND, value.roid, OrgLinks(value.roid, links) if links else None)
    return with_extra(value, "orgs", [[link.role, link.id] for link in links] or None)


def _forget(ctx: Context, value: Any) -> None:
    if "orgs" in value.extra:
        ctx.put(_KIND, value.roid, None)


def _changed(value: Any, wanted: ChangeOrgs) -> tuple[OrgLink, ...]:
    """Return the links after an update: 2305 where one is there that should not be, or the other way round."""
    links = {link.role: link for link in _links(value)}
    for link in wanted.remove:
        present = links.pop(link.role, None)
        if present is None or link.id not in ("", present.id):
            raise Refusal(codes.ASSOCIATION, f"it is not the {link.role}", _ID, link.id)
    for link in wanted.change:
        if link.role not in links:
            raise Refusal(codes.ASSOCIATION, f"there is no {link.role}", _ID, link.id)
    for link in wanted.add:
        if link.role in links:
            raise Refusal(codes.ASSOCIATION, f"there is a {link.role} already", _ID, link.id)
        links[link.role] = link
    links |= {link.role: link for link in wanted.change}
    return tuple(links.values())


class Orgs(Feature):
    """See the module."""

    name = "orgs"
    settings = OrgSettings
    takes = frozenset({SetOrgs, ChangeOrgs})

    def applies(self, zone: str, settings: OrgSettings) -> bool:
        """Only where they are enabled."""
        return settings.enabled

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Refuse what names a role twice (2306), or no organisation (2003)."""
        if not request.extensions:
            return
        given, change = request.extension(SetOrgs), request.extension(ChangeOrgs)
        new = () if given is None else given.links
        groups = [new]
        if change is not None:
            if not (change.add or change.remove or change.change):
                raise Refusal(codes.MISSING, "one of add, rem, chg", "orgext:update")
            groups = [change.add, change.remove, change.change]
            new = (*change.add, *change.change)
        for links in groups:
            roles = [link.role for link in links]
            for link in links:
                if roles.count(link.role) > 1:
                    raise Refusal(codes.POLICY, f"{link.role} comes twice", _ID, link.id)
        for link in new:
            if not link.id:
                raise Refusal(codes.MISSING, "name the organisation", _ID)

    def data(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Refuse organisations that are not there, or not in that role."""
        if not request.extensions:
            return after
        given, change = request.extension(SetOrgs), request.extension(ChangeOrgs)
        new = () if given is None else given.links
        if change is not None and before is not None:
            _changed(before, change)
            new = (*change.add, *change.change)
        for link in new:
            orgs.require_linkable(ctx, link.id, link.role, _ID)
        return after

    def commit(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Keep the links; those of what is gone go."""
        if before is None and not request.extensions:
            return after
        given, change = request.extension(SetOrgs), request.extension(ChangeOrgs)
        if after is None:
            _forget(ctx, before)
        elif given is not None:
            after = _kept(ctx, after, given.links)
        elif change is not None:
            after = _kept(ctx, after, _changed(after, change))
        elif before is not None and before.sponsor != after.sponsor:
            after = _moved(ctx, after)
        return after

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """Tell who may see all of the object."""
        if not isinstance(request, InfoDomain | InfoHost | InfoContact):
            return
        auth = getattr(request, "auth", None)
        if value.sponsor == ctx.account or isinstance(request, InfoHost) or (auth is not None and auth.password):
            links = _links(value)
            if links:
                ctx.extend(OrgInfo(links))

    def lapse(self, ctx: Context, event: str, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Drop the links of what is gone, and at a transfer those of the losing registrar."""
        if after is None:
            _forget(ctx, before)
        elif event == "transfer":
            after = _moved(ctx, after)
        return after


def _moved(ctx: Context, value: _Object) -> _Object:
    links = _links(value)
    if not links:
        return value
    found = [(link, ctx.record("org", link.id)) for link in links]
    return _kept(ctx, value, tuple([link for link, org in found if org is not None and org.sponsor == value.sponsor]))


Orgs.requests = {
    CheckOrgs: orgs.check,
    InfoOrg: orgs.info,
    CreateOrg: orgs.create,
    DeleteOrg: orgs.delete,
    UpdateOrg: orgs.update,
}
Orgs.reads = frozenset({CheckOrgs, InfoOrg})
FEATURE = Orgs()
