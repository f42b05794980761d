"""Registrars' accounts: made, changed, suspended; passwords and certificates."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any, Final

from regwire.registry.model import codes
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.registrars import (
    ACTIVE,
    SUSPENDED,
    AddRegistrar,
    ChangeCertificates,
    ChangeRegistrar,
    Credential,
    NoteFailedLogins,
    ReadRegistrars,
    Registrar,
    SetPassword,
    SetRegistrarStatus,
    TakeAccounts,
)
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.ledger import require_operator
from regwire.registry.rules.texts import require_lines

__all__ = ["FEATURE", "registrar"]

_KIND: Final = "registrar"
_CREDENTIAL: Final = "credential"
_ID: Final = re.compile(r"[!-,./-~][!-~]{2,15}")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
#: A certificate or two, and their successors.
_MOST_CERTIFICATES: Final = 20


def registrar(ctx: Context, id: str) -> Registrar:
    """Return an account: 2303."""
    found = ctx.record(_KIND, id)
    if found is None:
        raise Refusal(codes.DOES_NOT_EXIST, f"there is no registrar {id}", "clID", id)
    assert isinstance(found, Registrar)
    return found


def _add(ctx: Context, request: AddRegistrar) -> Outcome:
    require_operator(ctx)
    new = request.registrar
    if _ID.fullmatch(new.id) is None:
        raise Refusal(
            codes.SYNTAX, f"{new.id!r} is no account; 3 to 16 characters without spaces, no hyphen first", "clID"
        )
    if ctx.record(_KIND, new.id) is not None:
        raise Refusal(codes.EXISTS, f"there is a registrar {new.id} already", "clID", new.id)
    _check(new)
    made = replace(new, created=ctx.now)
    ctx.put(_KIND, new.id, made)
    ctx.put(_CREDENTIAL, new.id, Credential(new.id, request.hash, ctx.now))
    return ctx.done(made)


def _check(value: Registrar) -> None:
    """Refuse with 2004 and 2005 what no account has."""
    require_lines([("the name", value.name)])
    for print_ in value.certificates:
        if _FINGERPRINT.fullmatch(print_) is None:
            raise Refusal(codes.SYNTAX, f"{print_!r} is not a SHA-256 fingerprint (64 hex digits)")
    if len(value.certificates) > _MOST_CERTIFICATES:
        raise Refusal(codes.RANGE, f"more than {_MOST_CERTIFICATES} certificates; remove those that are not used")
    for network in value.networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise Refusal(codes.SYNTAX, f"{error}; write 192.0.2.0/24 or 2001:db8::/48") from None
    if value.max_sessions is not None and value.max_sessions < 1:
        raise Refusal(codes.RANGE, "at least one session; suspend an account to keep it out")


def _changed(ctx: Context, id: str, **changes: Any) -> Outcome:
    before = registrar(ctx, id)
    after = replace(before, **changes)
    if after != before:
        _check(after)
        after = replace(after, updated=ctx.now)
        ctx.put(_KIND, id, after)
    return ctx.done(after)


def _change(ctx: Context, request: ChangeRegistrar) -> Outcome:
    require_operator(ctx)
    changes: dict[str, Any] = {}
    if request.name is not None:
        changes["name"] = request.name
    if request.networks is not None:
        changes["networks"] = request.networks
    if request.max_sessions is not None:
        changes["max_sessions"] = request.max_sessions or None
    return _changed(ctx, request.id, **changes)


def _set_status(ctx: Context, request: SetRegistrarStatus) -> Outcome:
    require_operator(ctx)
    if request.status not in (ACTIVE, SUSPENDED):
        raise Refusal(codes.RANGE, f"{request.status} is not one of {ACTIVE}, {SUSPENDED}")
    return _changed(ctx, request.id, status=request.status)


def _change_certificates(ctx: Context, request: ChangeCertificates) -> Outcome:
    require_operator(ctx)
    present = dict.fromkeys(registrar(ctx, request.id).certificates)
    for print_ in request.remove:
        if print_ not in present:
            raise Refusal(codes.POLICY, f"{request.id} has no certificate {print_}")
        del present[print_]
    for print_ in request.add:
        if print_ in present:
            raise Refusal(codes.POLICY, f"{request.id} has the certificate {print_} already")
        present[print_] = None
    if request.remove and not present:
        # Without any, every certificate would do: never what is meant by taking one away.
        raise Refusal(codes.POLICY, f"{request.id} would have no certificate left; add its successor first")
    return _changed(ctx, request.id, certificates=tuple(present))


def _set_password(ctx: Context, request: SetPassword) -> Outcome:
    if ctx.account != request.id:
        require_operator(ctx)
    registrar(ctx, request.id)
    before = ctx.record(_CREDENTIAL, request.id)
    if request.was is not None and (before is None or before.hash != request.was):
        raise Refusal(codes.STATUS, "the password was changed meanwhile")
    if before is None:
        after = Credential(request.id, request.hash, ctx.now)
    else:
        after = replace(before, hash=request.hash, changed=before.changed if request.again else ctx.now)
    ctx.put(_CREDENTIAL, request.id, after)
    if not request.again:
        # The password itself leaves no history, but that and when it changed does.
        before_account = registrar(ctx, request.id)
        ctx.put(_KIND, request.id, replace(before_account, updated=ctx.now))
    return ctx.done()


def _take(ctx: Context, request: TakeAccounts) -> Outcome:
    require_operator(ctx)
    for taken in request.accounts:
        given, id = taken.registrar, taken.registrar.id
        before = ctx.record(_KIND, id)
        if before is None:
            ctx.put(_KIND, id, replace(given, created=ctx.now))
        else:
            status = given.status if taken.says_active else before.status
            after = replace(
                given, status=status, created=before.created, updated=ctx.now, name=given.name or before.name
            )
            ctx.put(_KIND, id, after)
        ctx.put(_CREDENTIAL, id, Credential(id, taken.hash, ctx.now, taken.entry))
    if request.file is not None:
        ctx.put("accountsFile", request.file.path, request.file)
    return ctx.done()


def _note_failed(ctx: Context, request: NoteFailedLogins) -> Outcome:
    require_operator(ctx)
    for failed in request.failed:
        # Nobody grows the file by names that are no accounts.
        known = failed.times and ctx.record(_KIND, failed.account) is not None
        ctx.put("failedLogins", failed.account, failed if known else None)
    return ctx.done()


def _read(ctx: Context, request: ReadRegistrars) -> Outcome:
    require_operator(ctx)
    return ctx.answer(ctx.view.records(_KIND, after=request.after, limit=request.limit))


class Registrars(Feature):
    """See the module."""

    name = "registrars"

    def applies(self, zone: str, settings: Any) -> bool:
        """Nowhere: it has no hooks."""
        return False


Registrars.requests = {
    AddRegistrar: _add,
    ChangeRegistrar: _change,
    SetRegistrarStatus: _set_status,
    ChangeCertificates: _change_certificates,
    SetPassword: _set_password,
    TakeAccounts: _take,
    NoteFailedLogins: _note_failed,
    ReadRegistrars: _read,
}
Registrars.reads = frozenset({ReadRegistrars})
FEATURE = Registrars()
