"""What uses contacts and hosts: domains, and what is kept beside them (organisations, open launch applications).

What is used shows ``linked`` and cannot be deleted (RFC 5732 section 3.2.2, RFC 5733 section 3.2.2).
"""

from __future__ import annotations

from typing import Final

from regwire.registry.model.objects import Contact, Host
from regwire.registry.rules.context import Context

__all__ = ["applied_for_with", "contact_user", "host_user"]

#: What a user of an object is called in a refusal.
_DOMAINS: Final = "domains"
_ORGS: Final = "organisations"
_APPLICATIONS: Final = "pending applications"


def contact_user(ctx: Context, value: Contact) -> str | None:
    """Return what uses a contact, in the plural, None if nothing does."""
    if ctx.view.contact_linked(value.id):
        return _DOMAINS
    if ctx.view.records("org", "contact", value.id, limit=1):
        return _ORGS
    if ctx.view.records("application", "contact", value.id, limit=1):
        return _APPLICATIONS
    return None


def host_user(ctx: Context, value: Host, *, other_than: str | None = None) -> str | None:
    """Return what uses a host, in the plural, None if nothing does.

    Args:
        ctx: the request.
        value: the host.
        other_than: only what this account does not sponsor.

    """
    if ctx.view.host_linked(value.roid, other_than=other_than):
        return _DOMAINS
    return _APPLICATIONS if applied_for_with(ctx, value, other_than=other_than) else None


def applied_for_with(ctx: Context, value: Host, *, other_than: str | None = None) -> bool:
    """Tell whether an open application uses a host; the arguments are those of `host_user`."""
    after = ""
    while found := ctx.view.records("application", "host", value.roid, after=after):
        if other_than is None or any(one.domain.sponsor != other_than for one in found):
            return True
        after = found[-1].id
    return False
