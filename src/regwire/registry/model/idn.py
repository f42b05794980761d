"""Internationalised names: the table a registrar chose, and which names have variants."""

from __future__ import annotations

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = ["VARIANT_NAME", "IdnChoice", "IdnInfo", "IndexVariants", "VariantName"]


@record
class IdnChoice:
    """What a create says of its name (draft-ietf-eppext-idnmap): the tag of a table, the name in Unicode."""

    table: str
    unicode: str | None = None


@record
class IdnInfo:
    """What an info says of a name: the table it was registered by, the name in Unicode."""

    table: str
    unicode: str


@record
class VariantName:
    """A registered name that other names can be variants of.

    Attributes:
        key: what all variants of its label have in common, with the zone: ``KEY.ZONE``.
        table: the tag of the table it was registered by; "" if none accepts it.

    """

    name: str
    key: str
    table: str


#: The index "key" finds the names that a name may collide with.
VARIANT_NAME = register(
    Kind("variantName", VariantName, key=lambda value: value.name, index=lambda value: [("key", value.key)])
)


@record
class IndexVariants(Request):
    """The operator's: write down again what variants of these registered names are found by; data is how many changed.

    For names that were registered before their zone had its tables (`regwire.registry.variants.index_variants`).
    """

    names: tuple[str, ...]
