"""Passwords of registrars: how they are hashed, and which ones the registry takes.

Argon2id (RFC 9106) in the PHC string format, by the library that certificates come from. The parameters are stored
with each hash: after they were raised, old hashes stay valid, and the next login of their owner replaces them.

Beside it stands what SCRAM-SHA-256 needs (RFC 5802 section 2.2), separated by a space: IRIS offers it, and it cannot be
made of the other hash. It is made where a password is set, of as many rounds as cost as much time; a graphics card
guesses it faster all the same, because PBKDF2 needs no memory.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import unicodedata
from typing import Final

from regwire.registry.config import AccountSettings
from regwire.sasl import ScramKeys, saslprep, scram_keys

__all__ = [
    "SCRAM_ROUNDS",
    "hash_password",
    "is_password_hash",
    "needs_rehash",
    "password_problem",
    "password_record",
    "scram_keys_in",
    "verify_password",
]

# 19 MiB, two passes, one lane: the least that is advised against guessing with graphics cards (about 30 ms of one
# core). Not more, because logins come in storms: after a restart a thousand sessions come back, and at two hashes at a
# time each 30 ms more are 15 s until the last one is in. One lane: the other cores are for the other logins.
_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
_LANES: Final = 1
_SALT: Final = 16
_DIGEST: Final = 32
_PREFIX: Final = f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p={_LANES}$"
_ARGON2: Final = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}"
)
#: Rounds of PBKDF2: about 30 ms of one core, for the client at each login too (RFC 7677 asks for at least 4,096).
SCRAM_ROUNDS: Final = 60_000
_SCRAM: Final = re.compile(r"SCRAM-SHA-256\$(\d{4,7}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]{44}):([A-Za-z0-9+/=]{44})")
_SCRYPT: Final = re.compile(r"scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([0-9a-f]+)\$([0-9a-f]{64})")


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """Return the hash to store; takes about 30 ms of one core and 19 MiB: never call it on an event loop."""
    # Loaded when it is needed: the command line has many commands without passwords.
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415

    function = Argon2id(
        salt=os.urandom(_SALT) if salt is None else salt,
        length=_DIGEST,
        iterations=_PASSES,
        lanes=_LANES,
        memory_cost=_MEMORY_KIB,
    )
    return function.derive_phc_encoded(_octets(password))


def verify_password(password: str, stored: str) -> bool:
    """Tell whether ``password`` gives ``stored``; as slow as `hash_password`, compared in constant time.

    Hashes of version 0.1 (``scrypt$n$r$p$salt$digest``) are verified, too.
    """
    stored = stored.partition(" ")[0]
    old = _SCRYPT.fullmatch(stored)
    if old is not None:
        n, r, p = (int(old[i]) for i in (1, 2, 3))
        actual = hashlib.scrypt(password.encode(), salt=bytes.fromhex(old[4]), n=n, r=r, p=p, dklen=32)
        return hmac.compare_digest(actual, bytes.fromhex(old[5]))
    from cryptography.exceptions import InvalidKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415

    try:
        Argon2id.verify_phc_encoded(_octets(password), stored)
    except InvalidKey:
        return False
    return True


def password_record(password: str, *, scram: bool) -> str:
    """Return what to store of a password: its hash, with ``scram`` also what that needs if SASLprep takes it.

    Then it takes twice as long as `hash_password`.
    """
    hashed = hash_password(password)
    if not scram:
        return hashed
    try:
        keys = scram_keys(saslprep(password, stored=True), iterations=SCRAM_ROUNDS)
    except ValueError:
        return hashed
    salt, stored, server = (base64.b64encode(part).decode() for part in (keys.salt, keys.stored_key, keys.server_key))
    return f"{hashed} SCRAM-SHA-256${keys.iterations}:{salt}${stored}:{server}"


def scram_keys_in(stored: str) -> ScramKeys | None:
    """Return the keys of SCRAM-SHA-256 that `password_record` put there; None: there are none."""
    found = _SCRAM.fullmatch(stored.partition(" ")[2])
    if found is None:
        return None
    salt, stored_key, server_key = (base64.b64decode(found[i]) for i in (2, 3, 4))
    return ScramKeys(salt, int(found[1]), stored_key, server_key)


def is_password_hash(text: str) -> bool:
    """Tell whether `verify_password` can work with ``text``."""
    return _ARGON2.fullmatch(text) is not None or _SCRYPT.fullmatch(text) is not None


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made otherwise than `hash_password` would make it now."""
    return not stored.startswith(_PREFIX)


def _octets(password: str) -> bytes:
    """One form for a password, however a keyboard composed its letters (RFC 8265 section 4.2: NFC)."""
    return unicodedata.normalize("NFC", password).encode()


def password_problem(settings: AccountSettings, account: str, new: str, old: str | None = None) -> str | None:
    """Return what is wrong with a new password, or None; never the password itself.

    Args:
        settings: the policy.
        account: whose it will be.
        new: the password.
        old: the one that it replaces, where it is known.

    """
    if len(new) < settings.password_length:
        return f"shorter than {settings.password_length} characters"
    if len(new) > settings.password_limit:
        return f"longer than {settings.password_limit} characters"
    if _classes(new) < settings.password_classes:
        return f"fewer than {settings.password_classes} of: small letters, capital letters, digits, others"
    if new.casefold() == account.casefold():
        return "the same as the account"
    if settings.password_age and new == old:
        return "the same as the old one"
    return None


def _classes(text: str) -> int:
    kinds = {"lower" if c.islower() else "upper" if c.isupper() else "digit" if c.isdigit() else "other" for c in text}
    return len(kinds)
