"""The rules of contacts (RFC 5733)."""

from __future__ import annotations

import re
from typing import TypeVar

from regwire.registry.model import codes
from regwire.registry.model.objects import PENDING, Contact, Disclose, Phone, PostalInfo, Transfer
from regwire.registry.model.outcomes import Checked, ContactData, Created, Outcome, Refusal, TransferData
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    AuthInfo,
    CheckContacts,
    CreateContact,
    DeleteContact,
    InfoContact,
    TransferContact,
    UpdateContact,
)
from regwire.registry.rules import authinfo, lifecycle, transfers
from regwire.registry.rules.context import Context
from regwire.registry.rules.countries import COUNTRIES
from regwire.registry.rules.status import apply_statuses, check_client, contact_statuses, forbid, forbid_update
from regwire.registry.rules.usage import contact_user

__all__ = ["check", "create", "delete", "info", "transfer", "update"]

_ID = re.compile(r"\S{3,16}")
_PHONE = re.compile(r"\+[0-9]{1,3}\.[0-9]{1,14}")
# RFC 5322 (RFC 5733 section 2.6), ASCII, and narrower on purpose: what every mail system takes. Quoted local parts and
# address literals are not.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?=.{{1,255}}$)"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)


def check(ctx: Context, request: CheckContacts) -> Outcome:
    """Tell which ids are free (RFC 5733 section 3.1.1)."""
    if len(request.ids) > ctx.policies.check_limit:
        raise Refusal(codes.POLICY, f"at most {ctx.policies.check_limit} ids", "contact:check")
    taken = ctx.view.existing_contacts(request.ids)
    items: list[tuple[str, bool, str | None]] = []
    for id in request.ids:
        reason = "In use" if id in taken else None if _ID.fullmatch(id) else "not 3 to 16 characters"
        items.append((id, reason is None, reason))
    return Outcome(codes.OK, Checked(tuple(items)))


def info(ctx: Context, request: InfoContact) -> Outcome:
    """Tell its sponsor, or who gives its authInfo, about a contact (RFC 5733 section 3.1.2)."""
    value = _existing(ctx, request.id)
    sponsor = value.sponsor == ctx.account
    if request.auth is None and not sponsor:
        raise Refusal(codes.AUTHORIZATION, "sponsored by another client", "contact:id", value.id)
    if request.auth is not None and (not sponsor or request.auth.password):
        _require_auth(value, request.auth)
    statuses = contact_statuses(value, linked=contact_user(ctx, value) is not None)
    policy = ctx.policies.general
    for hook in policy.hooks.informed:
        hook(ctx, request, value, policy)
    return ctx.answer(ContactData(value, statuses))


def create(ctx: Context, request: CreateContact) -> Outcome:
    """Create a contact (RFC 5733 section 3.2.1)."""
    if _ID.fullmatch(request.id) is None:
        raise Refusal(codes.SYNTAX, "3 to 16 characters without blanks", "contact:id", request.id)
    _check_postal(request.postal)
    for element, phone in (("contact:voice", request.voice), ("contact:fax", request.fax)):
        if phone is not None:
            _check_phone(element, phone)
    _check_email(request.email)
    _require_policy(ctx, request)
    if ctx.view.contact(request.id) is not None:
        raise Refusal(codes.EXISTS, "exists already", "contact:id", request.id)
    auth = authinfo.protect(request.auth, ctx.call.salt, ctx.policies.general, "contact:authInfo")
    _check_disclose(ctx, request.disclose)
    value = Contact(
        request.id,
        ctx.roid("C"),
        ctx.account,
        ctx.account,
        ctx.now,
        request.postal,
        request.email,
        request.voice,
        request.fax,
        auth=auth,
        disclose=request.disclose,
    )
    value = _accept(ctx, request, None, value)
    ctx.change("contact", request.id, None, value)
    return ctx.done(Created("contact", request.id, ctx.now))


def delete(ctx: Context, request: DeleteContact) -> Outcome:
    """Delete a contact that nothing uses (RFC 5733 section 3.2.2)."""
    _require_policy(ctx, request)
    value = _sponsored(ctx, request.id)
    forbid(value, "Delete")
    user = contact_user(ctx, value)
    if user is not None:
        raise Refusal(codes.ASSOCIATION, f"{user} use the contact", "contact:id", value.id)
    _accept(ctx, request, value, None)
    ctx.change("contact", value.id, value, None)
    return ctx.done()


def transfer(ctx: Context, request: TransferContact) -> Outcome:
    """Query, request, approve, reject or cancel a transfer (RFC 5733 sections 3.1.3 and 3.2.4)."""
    if request.op == "request":
        return _request_transfer(ctx, request)
    if request.op != "query":
        _require_policy(ctx, request)
    value = _existing(ctx, request.id)
    if request.op == "query":
        transfers.require_query(ctx, value, value.id, request.auth)
        if request.auth is not None and request.auth.password:
            _require_auth(value, request.auth)
        return ctx.answer(transfers.data_of(value, value.id))
    return transfers.answer(ctx, request, value, value.id, ctx.policies.general)


def update(ctx: Context, request: UpdateContact) -> Outcome:
    """Change a contact (RFC 5733 section 3.2.5)."""
    if request.email is not None:
        _check_email(request.email)
    for element, phone in (("contact:voice", request.voice), ("contact:fax", request.fax)):
        if phone is not None and phone.number:
            _check_phone(element, phone)
    _check_postal_change(request.postal)
    check_client("contact", request.remove_statuses, request.add_statuses)
    _require_policy(ctx, request)
    value = _sponsored(ctx, request.id)
    auth = value.auth
    if request.auth is not None:
        auth = authinfo.protect(request.auth, ctx.call.salt, ctx.policies.general, "contact:authInfo")
    forbid_update(value, request.remove_statuses)
    statuses = apply_statuses("contact", value.statuses, request.remove_statuses, request.add_statuses)
    postal = _updated_postal(value.postal, request.postal)
    _check_disclose(ctx, request.disclose)
    after = replace(
        value,
        postal=postal,
        voice=_updated_phone(value.voice, request.voice),
        fax=_updated_phone(value.fax, request.fax),
        email=value.email if request.email is None else request.email,
        auth=auth,
        disclose=value.disclose if request.disclose is None else request.disclose,
        statuses=statuses,
        updater=ctx.account,
        updated=ctx.now,
    )
    ctx.change("contact", value.id, value, _accept(ctx, request, value, after))
    return ctx.done()


def _request_transfer(ctx: Context, request: TransferContact) -> Outcome:
    policy = ctx.policies.general
    if request.auth is None:
        raise Refusal(codes.MISSING, "authInfo is missing", "contact:authInfo")
    _require_policy(ctx, request)
    value = _existing(ctx, request.id)
    if value.transfer is not None and value.transfer.status == PENDING:
        raise Refusal(codes.PENDING_TRANSFER, "a transfer is pending", "contact:id", value.id)
    _require_auth(value, request.auth)
    forbid(value, "Transfer")
    if value.sponsor == ctx.account:
        raise Refusal(codes.NOT_TRANSFERABLE, "sponsored by the requester", "contact:id", value.id)
    deadline = ctx.now + policy.pending_transfer
    pending = Transfer(PENDING, ctx.account, ctx.now, value.sponsor, deadline)
    after = _accept(ctx, request, value, replace(value, transfer=pending))
    ctx.change("contact", value.id, value, after)
    data = TransferData("contact", value.id, pending, value.sponsor)
    transfers.announce(ctx, data)
    if policy.pending_transfer:
        return ctx.done(data, codes.PENDING)
    done = transfers.approve_contact(ctx, after, "serverApproved", ctx.now)
    assert done.transfer is not None
    return ctx.done(TransferData("contact", value.id, done.transfer, value.sponsor))


_Transform = CreateContact | DeleteContact | TransferContact | UpdateContact
_After = TypeVar("_After", Contact, None)


def _require_policy(ctx: Context, request: _Transform) -> None:
    policy = ctx.policies.general
    for hook in policy.hooks.policy:
        hook(ctx, request, policy)


def _accept(ctx: Context, request: _Transform, before: Contact | None, after: _After) -> _After:
    """Let features look at a command that the rules accept, and change what comes of it."""
    policy = ctx.policies.general
    return policy.hooks.accept(ctx, request, before, after, policy)  # type: ignore[no-any-return]


def _existing(ctx: Context, id: str) -> Contact:
    value = lifecycle.contact(ctx, id)
    if value is None:
        raise Refusal(codes.DOES_NOT_EXIST, "no such contact", "contact:id", id)
    return value


def _sponsored(ctx: Context, id: str) -> Contact:
    value = _existing(ctx, id)
    ctx.require_sponsor(value.sponsor, "contact:id", id)
    return value


def _require_auth(value: Contact, given: AuthInfo) -> None:
    foreign = given.roid is not None and given.roid != value.roid
    if foreign or not authinfo.matches(given.password, value.auth):
        raise Refusal(codes.AUTH_INFO, "wrong authInfo", "contact:authInfo")


def _check_disclose(ctx: Context, disclose: Disclose | None) -> None:
    """Refuse with 2308 a wish about what the policy does not leave to registrars (RFC 5733 section 2.9)."""
    if disclose is None:
        return
    for element in disclose.elements:
        name = element.partition(":")[0]
        if name not in ctx.policies.general.settings.disclosable:
            raise Refusal(codes.DATA_POLICY, "not the registrar's to decide", "contact:disclose", element)


def _check_postal(infos: tuple[PostalInfo, ...]) -> None:
    for info in infos:
        for element, value in (("name", info.name), ("city", info.city), ("cc", info.cc)):
            if not (value or "").strip():
                raise Refusal(codes.MISSING, f"{element} is empty", f"contact:{element}")
        _check_values(info)
    _check_types(infos)


def _check_postal_change(infos: tuple[PostalInfo, ...]) -> None:
    """Check what an update gives, as far as it is wrong whatever the contact is like."""
    for info in infos:
        for element, value in (("name", info.name), ("city", info.city), ("cc", info.cc)):
            if value is not None and not value.strip():
                raise Refusal(codes.MISSING, f"{element} is empty", f"contact:{element}")
        _check_values(info)
    _check_types(infos)


def _check_values(info: PostalInfo) -> None:
    if info.cc is not None and info.cc not in COUNTRIES:
        raise Refusal(codes.SYNTAX, "not a country of ISO 3166-1", "contact:cc", info.cc)
    if info.type == "int":
        _check_ascii(info)


def _check_types(infos: tuple[PostalInfo, ...]) -> None:
    types = [info.type for info in infos]
    if len(set(types)) != len(types):
        raise Refusal(codes.POLICY, "one postalInfo of each type", "contact:postalInfo", types[0])


def _check_ascii(info: PostalInfo) -> None:
    named = [("name", info.name), ("org", info.org), ("city", info.city), ("sp", info.sp), ("pc", info.pc)]
    for element, value in (*named, *(("street", line) for line in info.street)):
        if value is not None and not value.isascii():
            raise Refusal(codes.SYNTAX, "type int is ASCII only", f"contact:{element}", value)


def _check_phone(element: str, phone: Phone) -> None:
    if _PHONE.fullmatch(phone.number) is None:
        raise Refusal(codes.SYNTAX, "must be like +1.5555551234", element, phone.number)


def _check_email(email: str) -> None:
    if _EMAIL.fullmatch(email) is None:
        raise Refusal(codes.SYNTAX, "not a mail address", "contact:email", email)


def _updated_phone(present: Phone | None, given: Phone | None) -> Phone | None:
    if given is None:
        return present
    return given if given.number else None


def _updated_postal(present: tuple[PostalInfo, ...], given: tuple[PostalInfo, ...]) -> tuple[PostalInfo, ...]:
    if not given:
        return present
    by_type = {info.type: info for info in present}
    for change in given:
        old = by_type.get(change.type)
        by_type[change.type] = change if old is None else _merged(old, change)
    merged = tuple(by_type.values())
    _check_postal(merged)
    return merged


def _merged(old: PostalInfo, change: PostalInfo) -> PostalInfo:
    """Return ``old`` with what ``change`` gives; an address is replaced as a whole, an empty org removed."""
    name = old.name if change.name is None else change.name
    org = old.org if change.org is None else change.org or None
    address = old if change.cc is None else change
    return PostalInfo(old.type, name, org, address.street, address.city, address.sp, address.pc, address.cc)
