"""Authorisation information (RFC 9154): salted and hashed, unset unless given, never returned."""

from __future__ import annotations

import hashlib
import hmac

from regwire.registry.model import codes
from regwire.registry.model.outcomes import Refusal
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["matches", "protect"]

#: No random value has fewer different characters, whatever its alphabet; a key held down has.
_DIFFERENT = 4


def protect(password: str | None, salt: bytes, policy: ZonePolicy, element: str) -> str | None:
    """Return the salted digest to keep; None (unset) for None and for the empty string. ``element`` is what is refused.

    SHA-256 rather than a password hash: RFC 9154 section 4.3 wants a strong random value that lives for days, and a
    password hash would cap the transform rate at a few dozen a second.

    Raises:
        Refusal: 2202 if it is too weak (RFC 9154 section 4.1).

    """
    if not password:
        return None
    least = policy.settings.min_auth_info
    if len(password) < least:
        raise Refusal(codes.AUTH_INFO, f"too weak: {least} characters at least", element)
    different = min(least // 2, _DIFFERENT)
    # Almost always its beginning is enough to tell.
    if len(set(password[:8])) < different and len(set(password)) < different:
        raise Refusal(codes.AUTH_INFO, "too weak: too few different characters", element)
    return f"{salt.hex()}${_digest(password, salt)}"


def matches(password: str | None, stored: str | None) -> bool:
    """Tell whether ``password`` is what ``stored`` was made from; an unset one matches nothing, the empty included."""
    if stored is None or not password:
        return False
    salt, _, digest = stored.partition("$")
    return hmac.compare_digest(_digest(password, bytes.fromhex(salt)), digest)


def _digest(password: str, salt: bytes) -> str:
    return hashlib.sha256(salt + password.encode()).hexdigest()
