"""ENUM: E.164 numbers as domain names (RFC 6116), and the NAPTR records of such a domain (RFC 4114)."""

from __future__ import annotations

from regwire.registry.model.record import record

__all__ = ["MOST_DIGITS", "ChangeNaptrs", "Naptr", "NaptrInfo", "digits_of", "name_of", "number_of", "split"]

#: Of an E.164 number.
MOST_DIGITS = 15


@record
class Naptr:
    """A NAPTR record (RFC 4114 section 2.1); of ``regex`` and ``repl`` at most one is there."""

    order: int
    pref: int
    svc: str
    flags: str | None = None
    regex: str | None = None
    repl: str | None = None


@record
class ChangeNaptrs:
    """What a create or update says: records to be there, and to be there no more."""

    add: tuple[Naptr, ...] = ()
    remove: tuple[Naptr, ...] = ()


@record
class NaptrInfo:
    """What an info is told."""

    naptrs: tuple[Naptr, ...]


def split(name: str) -> tuple[str, str]:
    """Return the digits of a domain name in the order of the number, and what comes after them ("e164.arpa")."""
    labels = name.split(".")
    count = 0
    while count < len(labels) and len(labels[count]) == 1 and labels[count] in "0123456789":
        count += 1
    return "".join(reversed(labels[:count])), ".".join(labels[count:])


def number_of(name: str) -> str:
    """Return the E.164 number of a domain name, with its plus."""
    return f"+{split(name)[0]}"


def name_of(digits: str, apex: str) -> str:
    """Return the domain name of a number below an apex."""
    return ".".join([*reversed(digits), apex])


def digits_of(text: str) -> str:
    """Return the digits of a number as people write it; all else does not count (RFC 4414 section 3.4)."""
    return "".join(letter for letter in text if letter in "0123456789")
