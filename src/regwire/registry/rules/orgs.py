"""The rules of organisations (RFC 8543)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from regwire.registry.model import codes
from regwire.registry.model.objects import Phone, PostalInfo
from regwire.registry.model.orgs import (
    CheckOrgs,
    CreateOrg,
    DeleteOrg,
    InfoOrg,
    Org,
    OrgChange,
    OrgContact,
    OrgCreated,
    OrgData,
    OrgRole,
    OrgsChecked,
    UpdateOrg,
)
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.rules.context import Context
from regwire.registry.rules.countries import COUNTRIES

__all__ = ["check", "create", "delete", "existing", "info", "require_linkable", "update"]

_CLIENT: Final = frozenset({"clientDeleteProhibited", "clientUpdateProhibited", "clientLinkProhibited"})
#: The registrar may set these, too, on what has a parent (section 3.4).
_WITH_PARENT: Final = frozenset({"hold", "terminated"})
_ROLE: Final = frozenset({"clientLinkProhibited"})


def check(ctx: Context, request: CheckOrgs) -> Outcome:
    """Tell which ids are free (section 4.1.1)."""
    if len(request.ids) > ctx.policies.check_limit:
        raise Refusal(codes.POLICY, f"at most {ctx.policies.check_limit} ids", "org:check")
    taken = ctx.view.records_of("org", request.ids)
    return ctx.answer(
        OrgsChecked(tuple([(id, id not in taken, "In use" if id in taken else None) for id in request.ids]))
    )


def info(ctx: Context, request: InfoOrg) -> Outcome:
    """Tell about an organisation; every registrar may know (section 4.1.2)."""
    value = existing(ctx, request.id)
    roles = tuple([replace(role, statuses=_role_statuses(ctx, value.id, role)) for role in value.roles])
    return ctx.answer(OrgData(value, _statuses(ctx, value), roles))


def create(ctx: Context, request: CreateOrg) -> Outcome:
    """Create an organisation (section 4.2.1)."""
    roles = tuple([_new_role(role) for role in request.roles])
    _require_once([role.type for role in roles], "org:role")
    statuses = tuple(dict.fromkeys(status for status in request.statuses if status != "ok"))
    _check_statuses(statuses, request.parent)
    _check_postal(request.postal)
    _check_email(request.email)
    if ctx.record("org", request.id) is not None:
        raise Refusal(codes.EXISTS, "exists already", "org:id", request.id)
    _require_contacts(ctx, request.contacts)
    _require_once([_contact_key(contact) for contact in request.contacts], "org:contact")
    if request.parent is not None:
        _require_parent(ctx, request.id, request.parent)
    value = Org(
        request.id,
        ctx.roid("O"),
        ctx.account,
        ctx.account,
        ctx.now,
        roles,
        statuses,
        request.parent,
        request.postal,
        _number(request.voice),
        _number(request.fax),
        request.email,
        request.url,
        request.contacts,
    )
    ctx.put("org", value.id, value)
    return ctx.done(OrgCreated(value.id, ctx.now))


def delete(ctx: Context, request: DeleteOrg) -> Outcome:
    """Delete an organisation that nothing has to do with (section 4.2.2)."""
    value = _sponsored(ctx, request.id)
    for status in value.statuses:
        if status.endswith("DeleteProhibited") or status in _WITH_PARENT:
            raise Refusal(codes.STATUS, "this status forbids it", "org:status", status)
    if _linked(ctx, value.id):
        raise Refusal(codes.ASSOCIATION, "other objects have to do with it", "org:id", value.id)
    ctx.put("org", value.id, None)
    return ctx.done()


def update(ctx: Context, request: UpdateOrg) -> Outcome:
    """Change an organisation (section 4.2.5)."""
    _check_postal(request.postal)
    _check_email(request.email)
    value = _sponsored(ctx, request.id)
    parent = value.parent if request.parent is None else request.parent
    _check_statuses((*request.add.statuses, *request.remove.statuses), parent)
    for status in value.statuses:
        if (status.endswith("UpdateProhibited") or status in _WITH_PARENT) and status not in request.remove.statuses:
            raise Refusal(codes.STATUS, "this status forbids it", "org:status", status)
    _require_contacts(ctx, request.add.contacts)
    if request.parent is not None:
        _require_parent(ctx, value.id, request.parent)
    changes: dict[str, Any] = {
        name: getattr(request, name) for name in ("email", "url") if getattr(request, name) is not None
    }
    for name, phone in (("voice", request.voice), ("fax", request.fax)):
        if phone is not None:
            changes[name] = _number(phone)
    statuses = _changed(value.statuses, request.remove.statuses, request.add.statuses, "org:status")
    if set(statuses) >= _WITH_PARENT:
        raise Refusal(codes.POLICY, "hold and terminated exclude each other", "org:status", "hold")
    after = replace(
        value,
        parent=parent,
        statuses=statuses,
        contacts=_changed(value.contacts, request.remove.contacts, request.add.contacts, "org:contact"),
        roles=_changed_roles(ctx, value, request.remove, request.add),
        postal=_changed_postal(value.postal, request.postal),
        updater=ctx.account,
        updated=ctx.now,
        **changes,
    )
    ctx.put("org", value.id, after)
    return ctx.done()


def existing(ctx: Context, id: str, element: str = "org:id") -> Org:
    """Return an organisation: 2303."""
    found = ctx.record("org", id)
    if found is None:
        raise Refusal(codes.DOES_NOT_EXIST, "no such organisation", element, id)
    assert isinstance(found, Org)
    return found


def require_linkable(ctx: Context, id: str, role: str, element: str) -> None:
    """Refuse a new link to what is not there (2303), has not that role (2306), or takes none (2304)."""
    value = existing(ctx, id, element)
    found = next((known for known in value.roles if known.type == role), None)
    if found is None:
        raise Refusal(codes.POLICY, f"it is no {role}", element, id)
    for status in (*value.statuses, *found.statuses):
        if status.endswith("LinkProhibited") or status in _WITH_PARENT:
            raise Refusal(codes.STATUS, f"{status} forbids new links", element, id)


def _sponsored(ctx: Context, id: str) -> Org:
    value = existing(ctx, id)
    ctx.require_sponsor(value.sponsor, "org:id", id)
    return value


# --- statuses


def _linked(ctx: Context, id: str) -> bool:
    return bool(ctx.view.records("orgLinks", "org", id, limit=1) or ctx.view.records("org", "parent", id, limit=1))


def _statuses(ctx: Context, value: Org) -> tuple[str, ...]:
    found = value.statuses or ("ok",)
    return (*found, "linked") if _linked(ctx, value.id) else found


def _role_statuses(ctx: Context, id: str, role: OrgRole) -> tuple[str, ...]:
    found = role.statuses or ("ok",)
    return (*found, "linked") if ctx.view.records("orgLinks", "role", f"{id} {role.type}", limit=1) else found


def _check_statuses(statuses: Iterable[str], parent: str | None) -> None:
    """Refuse with 2306 what is not the registrar's to set."""
    for status in statuses:
        if status not in _CLIENT and not (status in _WITH_PARENT and parent is not None):
            raise Refusal(codes.POLICY, "status is the server's to set", "org:status", status)


def _changed(present: tuple[Any, ...], remove: tuple[Any, ...], add: tuple[Any, ...], element: str) -> tuple[Any, ...]:
    left = dict.fromkeys(present)
    for item in remove:
        if item not in left:
            raise Refusal(codes.POLICY, "it is not there", element, _text(item))
        del left[item]
    for item in add:
        if item in left:
            raise Refusal(codes.POLICY, "it is there already", element, _text(item))
        left[item] = None
    return tuple(left)


def _text(item: Any) -> str:
    return item.id if isinstance(item, OrgContact) else str(item)


# --- roles


def _new_role(role: OrgRole) -> OrgRole:
    """Return a role as it is kept: without the derived ok; 2306."""
    if not role.type:
        raise Refusal(codes.MISSING, "a role has a type", "org:type")
    statuses = tuple(dict.fromkeys(status for status in role.statuses if status != "ok"))
    for status in statuses:
        if status not in _ROLE:
            raise Refusal(codes.POLICY, "status is the server's to set", "org:status", status)
    return replace(role, statuses=statuses)


def _changed_roles(ctx: Context, value: Org, remove: OrgChange, add: OrgChange) -> tuple[OrgRole, ...]:
    """Return the roles after an update: statuses that come with a role are what is removed or added of it."""
    roles = {role.type: role for role in value.roles}
    for role in map(_new_role, remove.roles):
        present = roles.get(role.type)
        if present is None:
            raise Refusal(codes.POLICY, "it has no such role", "org:type", role.type)
        if role.statuses:
            left = _changed(present.statuses, role.statuses, (), "org:status")
            roles[role.type] = replace(present, statuses=left)
            continue
        if ctx.view.records("orgLinks", "role", f"{value.id} {role.type}", limit=1):
            raise Refusal(codes.ASSOCIATION, "other objects have it in this role", "org:type", role.type)
        del roles[role.type]
    for role in map(_new_role, add.roles):
        present = roles.get(role.type)
        if present is None:
            roles[role.type] = role
            continue
        if not role.statuses and role.id is None:
            raise Refusal(codes.POLICY, "it has this role already", "org:type", role.type)
        statuses = _changed(present.statuses, (), role.statuses, "org:status")
        roles[role.type] = replace(present, statuses=statuses, id=present.id if role.id is None else role.id)
    if not roles:
        raise Refusal(codes.DATA_POLICY, "an organisation has at least one role", "org:id", value.id)
    return tuple(roles.values())


def _require_once(keys: list[str], element: str) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise Refusal(codes.POLICY, "it comes twice", element, key)


# --- parents, contacts, addresses


def _require_parent(ctx: Context, id: str, parent: str) -> None:
    """Refuse a parent that is not there (2303), takes none (2304), or would make a loop (2306; section 3.6)."""
    above: str | None = parent
    while above is not None:
        if above == id:
            raise Refusal(codes.POLICY, "it would be its own parent", "org:parentId", parent)
        found = existing(ctx, above, "org:parentId")
        if above == parent:
            for status in found.statuses:
                if status.endswith("LinkProhibited") or status in _WITH_PARENT:
                    raise Refusal(codes.STATUS, f"{status} forbids new links", "org:parentId", parent)
        above = found.parent


def _contact_key(contact: OrgContact) -> str:
    return f"{contact.type} {contact.name or ''} {contact.id}"


def _require_contacts(ctx: Context, contacts: Iterable[OrgContact]) -> None:
    for contact in contacts:
        if not ctx.view.contact_exists(contact.id):
            raise Refusal(codes.DOES_NOT_EXIST, "no such contact", "org:contact", contact.id)


def _check_postal(infos: Iterable[PostalInfo]) -> None:
    """Refuse with 2005 what is no address, with 2306 two of a type."""
    infos = list(infos)
    _require_once([info.type for info in infos], "org:postalInfo")
    for info in infos:
        lines = (info.name, *info.street, info.city, info.sp, info.pc, info.cc)
        if info.type == "int" and any(line and not line.isascii() for line in lines):
            raise Refusal(codes.SYNTAX, "int is ASCII", "org:postalInfo")
        if info.cc is not None and info.cc.upper() not in COUNTRIES:
            raise Refusal(codes.SYNTAX, "no such country", "org:cc", info.cc)


def _changed_postal(present: tuple[PostalInfo, ...], given: tuple[PostalInfo, ...]) -> tuple[PostalInfo, ...]:
    """Return the addresses after an update: replaced by what is given, an empty one removed (section 4.2.5).

    As in the section's example, what comes without a name keeps the one that is there; 2003 if there is none.
    """
    found = {info.type: info for info in present}
    for info in given:
        if info == PostalInfo(info.type, None):
            found.pop(info.type, None)
            continue
        old = found.get(info.type)
        if info.name is None and old is None:
            raise Refusal(codes.MISSING, "an address has a name", "org:name")
        found[info.type] = info if info.name is not None or old is None else replace(info, name=old.name)
    return tuple(found.values())


def _number(phone: Phone | None) -> Phone | None:
    """Return a number that is one: an empty element says that there is none."""
    return phone if phone is not None and phone.number else None


def _check_email(email: str | None) -> None:
    if email is not None:
        local, at, host = email.rpartition("@")
        if not (local and at and host) or any(letter.isspace() for letter in email):
            raise Refusal(codes.SYNTAX, "no e-mail address", "org:email", email)
