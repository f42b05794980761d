"""What a login is told about its own security (RFC 8807): events for loginSecData."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from regwire.epp.ext.login_sec import LoginSecEvent
from regwire.registry.config import AccountSettings
from regwire.schema import Duration

__all__ = ["connection_events", "failed_logins", "new_password", "password_events", "password_expires"]


def password_expires(settings: AccountSettings, changed: datetime) -> datetime | None:
    """Return when a password that was set then is too old, or None."""
    return changed + timedelta(days=settings.password_age) if settings.password_age else None


def password_events(settings: AccountSettings, changed: datetime, now: datetime) -> Iterator[LoginSecEvent]:
    """Tell that a password has expired, or will soon."""
    expires = password_expires(settings, changed)
    if expires is None:
        return
    if expires <= now:
        yield LoginSecEvent(type="password", level="error", text="Password has expired", ex_date=expires)
    elif expires - now <= timedelta(days=settings.password_warning):
        yield LoginSecEvent(type="password", level="warning", text="Password expires soon", ex_date=expires)


def new_password(problem: str) -> LoginSecEvent:
    """Tell what is wrong with a new password."""
    return LoginSecEvent(type="newPW", level="error", text=f"New password refused: {problem}")


def failed_logins(count: int) -> LoginSecEvent:
    """Tell how many logins failed within a day."""
    text = "Many logins of this account failed within a day"
    # P1D: xsd:duration.
    return LoginSecEvent(
        type="stat", level="warning", text=text, name="failedLogins", value=str(count), duration=Duration(days=1)
    )


def connection_events(settings: AccountSettings, peer: Any, now: datetime) -> Iterator[LoginSecEvent]:
    """Tell what the connection itself shows: a certificate that expires, a weak version or cipher."""
    expires = _certificate_expires(peer)
    if expires is not None and expires - now <= timedelta(days=settings.certificate_warning):
        yield LoginSecEvent(type="certificate", level="warning", text="Certificate expires soon", ex_date=expires)
    for type_, value, weak, what in (
        ("cipher", getattr(peer, "cipher", None), settings.weak_ciphers, "cipher suite"),
        ("tlsProtocol", getattr(peer, "tls_version", None), settings.weak_tls, "TLS version"),
    ):
        if value in weak:
            yield LoginSecEvent(
                type=type_,  # type: ignore[arg-type]
                level="warning",
                text=f"This {what} will not be taken for ever",
                name=value,
                value=value,
            )


def _certificate_expires(peer: Any) -> datetime | None:
    chain = getattr(peer, "certificates", ())
    if not chain:
        return None
    # Loaded by the first login that needs it.
    from cryptography import x509  # noqa: PLC0415

    try:
        return x509.load_der_x509_certificate(chain[0]).not_valid_after_utc
    except ValueError:
        # TLS took it, so this is a form that only this library dislikes: there is nothing to warn of.
        return None
