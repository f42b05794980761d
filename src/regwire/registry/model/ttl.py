"""Times to live that registrars choose for the records of their objects (RFC 9803)."""

from __future__ import annotations

from regwire.registry.model.record import record

__all__ = ["SetTtls", "TtlInfo", "TtlValue", "TtlWanted"]


@record
class TtlValue:
    """One record type's time to live.

    Attributes:
        type: of the DNS records: "NS", "DS", "DNAME", "A", "AAAA" or another mnemonic.
        seconds: None: the registry's default.
        custom: whether the registrar named it as a custom type.
        named: whether the name of a custom type came with a type that has one, or is missing.
        minimum, default, maximum: what the registry allows, where that was asked for.

    """

    type: str
    seconds: int | None = None
    custom: bool = False
    named: bool = True
    minimum: int | None = None
    default: int | None = None
    maximum: int | None = None


@record
class SetTtls:
    """What a create or update says."""

    values: tuple[TtlValue, ...]


@record
class TtlWanted:
    """What an info asks for; ``policy``: also what the registry allows."""

    policy: bool = False


@record
class TtlInfo:
    """What an info is told."""

    values: tuple[TtlValue, ...]
