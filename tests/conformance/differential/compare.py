"""One frame through both decoders: ours, and lxml with the XML schemas; what differs, and whether that is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree
from oracle import IllFormed, Oracle, Refused, plain

from regwire.errors import SchemaFault, XmlError
from regwire.schema import Schema


@dataclass(frozen=True)
class Verdict:
    """What one decoder says: "ill-formed", "invalid" or "valid", with the reason or the values."""

    kind: str
    detail: Any


@dataclass(frozen=True)
class Outcome:
    """Both verdicts; ``known`` names the known difference that explains why they differ, if they do."""

    ours: Verdict
    theirs: Verdict
    known: str | None = None

    @property
    def agrees(self) -> bool:
        """Same kind, and same values."""
        return self.ours.kind == self.theirs.kind and (
            self.ours.kind != "valid" or self.ours.detail == self.theirs.detail
        )


@dataclass(frozen=True)
class Known:
    """A difference that is meant: listed with its reason in docs/reference/differences.md under ``name``."""

    name: str
    explains: Callable[[bytes, Verdict, Verdict], bool]


def _ours_says(*reasons: str) -> Callable[[bytes, Verdict, Verdict], bool]:
    def explains(_frame: bytes, ours: Verdict, theirs: Verdict) -> bool:
        return ours.kind == "ill-formed" and theirs.kind != "ill-formed" and ours.detail in reasons

    return explains


def _theirs_says(pattern: str, *, ours: tuple[str, ...] = ("valid",)) -> Callable[[bytes, Verdict, Verdict], bool]:
    compiled = re.compile(pattern, re.DOTALL)

    def explains(_frame: bytes, our: Verdict, their: Verdict) -> bool:
        return our.kind in ours and their.kind != "valid" and compiled.search(their.detail) is not None

    return explains


KNOWN: tuple[Known, ...] = (
    Known(
        "limits",
        _ours_says(
            "elements are nested deeper than the limit",
            "an element has more attributes than the limit",
            "a name is longer than the limit",
        ),
    ),
    Known(
        "encodings",
        _ours_says(
            "the declared encoding is not supported",
            "the declared encoding is not that of the octets",
            "a character that XML does not allow",
            "the text is not valid UTF-8",
        ),
    ),
    Known("document type declaration", _ours_says("a document type declaration is not accepted")),
    Known("version 1.", _ours_says("an XML version other than 1.x")),
    Known("namespace names", _theirs_says(r"xmlns(:[^:]*)?: '.*' is not a valid URI", ours=("valid", "invalid"))),
)


class Comparison:
    """Compares decoders of one Schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._oracle = Oracle(schema)

    def compare(self, frame: bytes) -> Outcome:
        """Decode a frame twice."""
        ours, theirs = self._ours(frame), self._theirs(frame)
        outcome = Outcome(ours, theirs)
        if outcome.agrees:
            return outcome
        for known in KNOWN:
            if known.explains(frame, ours, theirs):
                return Outcome(ours, theirs, known.name)
        return outcome

    def _ours(self, frame: bytes) -> Verdict:
        try:
            return Verdict("valid", plain(self._schema.decode(frame, role="strict")))
        except XmlError as error:
            return Verdict("ill-formed", error.reason)
        except SchemaFault as error:
            return Verdict("invalid", str(error))

    def _theirs(self, frame: bytes) -> Verdict:
        try:
            return Verdict("valid", self._oracle.decode(frame))
        except IllFormed as error:
            return Verdict("ill-formed", str(error))
        except Refused as error:
            return Verdict("invalid", str(error))


def shown(frame: bytes) -> str:
    """Return a frame for people: indented if it can be parsed, its octets if not."""
    try:
        return etree.tostring(etree.fromstring(frame), pretty_print=True, encoding="unicode")
    except (etree.XMLSyntaxError, ValueError):
        return repr(frame)
