"""Reserved names: those that nobody registers, or only one registrar."""

from __future__ import annotations

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = ["RESERVED", "ReadReserved", "ReleaseNames", "ReserveNames", "ReservedName"]


@record
class ReservedName:
    """A name that is kept back.

    Attributes:
        name: the whole name, lower-case.
        reason: why, for the operator.
        holder: the one registrar that may register it; "": nobody may, but with an allocation token that unlocks names
            (`regwire.registry.model.tokens.Token`).

    """

    name: str
    reason: str = ""
    holder: str = ""


RESERVED = register(Kind("reserved", ReservedName, key=lambda value: value.name))


@record
class ReserveNames(Request):
    """The operator's: reserve names, registered or not; what was said of one before is replaced. All or none."""

    names: tuple[ReservedName, ...]


@record
class ReleaseNames(Request):
    """The operator's: names are reserved no more. 2303 if one is not, and none is released."""

    names: tuple[str, ...]


@record
class ReadReserved(Request):
    """The operator's: reserved names, ascending, at most ``limit`` after ``after``; data is a list of `ReservedName`.

    Patterns of the policy are not among them.
    """

    after: str = ""
    limit: int = 1000
