"""What each role takes beyond the XML schema, and what it refuses besides.

The reference documentation is generated from `RELAXATIONS` and `REFUSALS`.
"""

from typing import Final

RELAXATIONS: Final[dict[str, tuple[str, ...]]] = {
    "strict": (),
    "server": (
        "White space may stand in elements whose content is empty (<poll>).",
        "A query of IRIS that nobody declared, not of its own namespace, stays Raw, so that it can be answered.",
    ),
    "client": (
        "White space may stand in elements whose content is empty.",
        "Children may come in any order, and repeated ones more often, as long as each that is required is there.",
        "Wildcard content that nobody declared stays Raw, whatever the schema's processContents.",
        "Text may be longer than its maximal length, or than the length that the schema fixes (a country code).",
        "An integer within its range need be none of its enumeration (a result code of four digits).",
        "Mixed content may lack the elements it should hold (a <value> that is mere text).",
    ),
}
"""For each role: what it takes though the XML schema refuses it."""

REFUSALS: Final[dict[str, tuple[str, ...]]] = {
    "strict": (),
    "server": ("Anything inside elements that the schema leaves without a type (<logout>, <hello>, presence flags).",),
    "client": (),
}
"""For each role: what it refuses though the XML schema takes it."""

DIFFERENCES: Final[tuple[str, ...]] = (
    "Dates outside the years 1 to 9999 (in UTC) are refused: datetime cannot hold them.",
    "What is inside an element without a type is dropped unseen; XML Schema would check declared elements in it.",
    "xs:ID values are not checked to be unique in the document, nor xs:IDREF values to be one of them.",
    "xsi:nil is refused on elements that the Schema does not declare nillable.",
    "xsi:type is taken for the name that a Schema declares for the expected type (type_name=, named()), for the types "
    "that it declares to be derived from that, and for the built-in types derived from a built-in one that is the type "
    "of a field; for no others.",
)
"""What differs from the XML schema in every role."""

__all__ = ["DIFFERENCES", "REFUSALS", "RELAXATIONS"]
