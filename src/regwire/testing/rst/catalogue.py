"""Which cases there are, which error codes each may report, and how severe a code is."""

from __future__ import annotations

import enum
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["ALWAYS", "CaseEntry", "Severity", "catalogue", "severity_of"]

ALWAYS = frozenset({"EPP_UNEXPECTED_COMMAND_FAILURE", "EPP_GENERIC_COMMAND_ERROR", "EPP_LOGIN_ERROR"})
"""Codes that any case may report: what prepares a case (a contact, a domain) can fail in each of them."""


class Severity(enum.StrEnum):
    """What an error code means for the verdict: a warning does not fail a case, a critical error ends it."""

    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """One case: its identifier, what it is about in our words, and the error codes it may report."""

    id: str
    title: str
    codes: frozenset[str]


@cache
def _file() -> dict[str, object]:
    text = files("regwire.testing.rst").joinpath("catalogue.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def catalogue() -> dict[str, CaseEntry]:
    """Every case by its identifier, in the order in which they run."""
    data: dict[str, dict[str, dict[str, object]]] = _file()  # type: ignore[assignment]
    session = frozenset(_file()["session"])  # type: ignore[call-overload]
    found = {}
    for id, entry in data["case"].items():
        codes: frozenset[str] = frozenset(entry["codes"])  # type: ignore[call-overload]
        found[id] = CaseEntry(id, str(entry["title"]), codes | session if entry["session"] else codes)
    return found


@cache
def severity_of(code: str) -> Severity:
    """How severe an error code is."""
    lists: dict[str, list[str]] = _file()["severity"]  # type: ignore[assignment]
    if code in lists["warning"]:
        return Severity.WARNING
    return Severity.CRITICAL if code in lists["critical"] else Severity.ERROR
