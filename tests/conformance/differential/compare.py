"""One frame through both decoders: ours, and lxml with the XML schemas; what differs, and whether that is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree
from oracle import IllFormed, Oracle, Refused, plain

from conformance.differential.instances import Schemas
from regwire import iris
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
    """A difference that is meant; ``listed`` is how docs/reference/differences.md puts it."""

    name: str
    listed: str
    explains: Callable[[bytes, Verdict, Verdict], bool]


def _ours_says(*reasons: str) -> Callable[[bytes, Verdict, Verdict], bool]:
    def explains(_frame: bytes, ours: Verdict, theirs: Verdict) -> bool:
        return ours.kind == "ill-formed" and theirs.kind != "ill-formed" and ours.detail in reasons

    return explains


def _ours_finds(pattern: str) -> Callable[[bytes, Verdict, Verdict], bool]:
    compiled = re.compile(pattern, re.DOTALL)

    def explains(_frame: bytes, ours: Verdict, theirs: Verdict) -> bool:
        return ours.kind == "invalid" and theirs.kind == "valid" and compiled.search(ours.detail) is not None

    return explains


def _theirs_says(pattern: str, *, ours: tuple[str, ...] = ("valid",)) -> Callable[[bytes, Verdict, Verdict], bool]:
    compiled = re.compile(pattern, re.DOTALL)

    def explains(_frame: bytes, our: Verdict, their: Verdict) -> bool:
        return our.kind in ours and their.kind != "valid" and compiled.search(their.detail) is not None

    return explains


def _is_in_another_encoding(frame: bytes, ours: Verdict, theirs: Verdict) -> bool:
    """Octets that are no UTF-8 under a declaration that says so; UTF-16 without its mark, which holds NUL octets."""
    found = {
        "the text is not valid UTF-8": b"ISO-8859-1" in frame,
        "a character that XML does not allow": b"\0" in frame,
    }
    return ours.kind == "ill-formed" and theirs.kind != "ill-formed" and found.get(ours.detail, False)


KNOWN: tuple[Known, ...] = (
    Known(
        "limits",
        "Limits: 32 levels",
        _ours_says(
            "elements are nested deeper than the limit",
            "an element has more attributes than the limit",
            "a name is longer than the limit",
            "a namespace name is longer than the limit",
        ),
    ),
    Known(
        "encodings",
        "Encodings other than UTF-8, UTF-16 and US-ASCII",
        _ours_says("the declared encoding is not supported"),
    ),
    Known("encodings", "Encodings other than UTF-8, UTF-16 and US-ASCII", _is_in_another_encoding),
    Known(
        "contradicting encodings",
        "A declared encoding that is not the one found",
        _ours_says("the declared encoding is not that of the octets"),
    ),
    Known(
        "document type declaration",
        "A document type declaration is refused",
        _ours_says("a document type declaration is not accepted"),
    ),
    Known("version 1.", "The XML version `1.`", _ours_says("an XML version other than 1.x")),
    Known(
        "hexadecimal references",
        "Hexadecimal character references of 11 or 22 digits",
        _theirs_says(r"CharRef: invalid (hexa)?decimal value", ours=("valid", "invalid")),
    ),
    Known(
        "spaced names of types",
        "White space around the value of `xsi:type`",
        _theirs_says(r"}type': The QName value '(\s[^']*|[^']*\s)' "),
    ),
    Known("xsi attributes", "`xsi:type` and `xsi:nil` on an element", _ours_finds(r": xsi:type|/@xsi:")),
    Known("the document element in an extension", "`<epp>` inside an extension", _ours_finds(r"/epp: undeclared")),
    Known(
        "IP literals",
        "`xs:anyURI` with brackets",
        _ours_finds(r"/(objURI|extURI|@registryType|@uri): datatype, got '[^']*//[^/]*\["),
    ),
    Known(
        "octets in base64",
        "`xs:base64Binary` with characters that are not of its alphabet",
        _ours_finds(r":pubKey: datatype, got "),
    ),
    Known(
        "points of durations",
        "`xs:duration` with `T.5S` or `T1.S`",
        _ours_finds(r": datatype, got '\s*-?P[^']*T[^']*(\D\.\d|\.S)"),
    ),
    Known(
        "long durations",
        "`xs:duration` with numbers of any size",
        _theirs_says(r"'-?P[^']*\d{10,}[^']*' is not a valid value of the atomic type 'xs:duration'"),
    ),
    Known(
        "classes of characters",
        "Classes of characters in patterns",
        _ours_finds(r": pattern, got '[^']*([^\x00-\x7f]|\\[ux])"),
    ),
    Known(
        "classes of characters",
        "Classes of characters in patterns",
        _theirs_says(r"'[^']*[^\x00-\x7f][^']*' is not accepted by the pattern"),
    ),
    Known(
        "names of the fifth edition",
        "Names in values (`xs:QName`, `xs:NCName`, `xs:ID`)",
        _theirs_says(r"attribute '[^']*(referentType|id|bagRef)': '[^']*[^\x00-\x7f][^']*' is not a valid value"),
    ),
    Known(
        "repeated IDs",
        "`xs:ID` values that occur twice",
        _theirs_says(r"is not a valid value of the atomic type 'xs:ID'"),
    ),
    Known(
        "repeated record types",
        "several `<ttl>` for one record type",
        _theirs_says(r"Duplicate key-sequence .* in unique identity-constraint '(\{[^}]*\})?uniqueRRType"),
    ),
)

WIDER = {
    "elements without a type": "What is inside an element without a type",
    "marks": "A mark or signed mark",
    "the document element in an extension": "`<epp>` inside an extension",
    "white space around dates": "White space around `xs:dateTime`",
    "undeclared controls": "What stands in an IRIS control or reaction",
}
"""What is taken more widely and can be taken out of a frame (`_tidy`), and how it is listed."""

_SPACED_DATE = re.compile(r"[ \t\r\n]*(-?\d{4,}-\d\d-\d\d|-?P\d|-?PT\d)[^ \t\r\n]*[ \t\r\n]*")


class Comparison:
    """Compares decoders of one Schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._oracle = Oracle(schema)
        self._schemas = Schemas(frozenset(schema.namespaces))

    def compare(self, frame: bytes) -> Outcome:
        """Decode a frame twice."""
        ours, theirs = self._ours(frame), self._theirs(frame)
        outcome = Outcome(ours, theirs)
        if outcome.agrees:
            return outcome
        for known in KNOWN:
            if known.explains(frame, ours, theirs):
                return Outcome(ours, theirs, known.name)
        if ours.kind == "valid" and theirs.kind == "invalid":
            return Outcome(ours, theirs, self._widened(frame, ours))
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

    def _widened(self, frame: bytes, ours: Verdict) -> str | None:
        """Take out what we know to take more widely; if libxml2 has nothing against the rest, that explains it."""
        for untyped in (self._schemas.untyped, self._schemas.sometimes_untyped):
            root = self._oracle.read(frame)
            names = _tidy(root, untyped)
            try:
                self._oracle.verify(root)
                values = self._oracle.values(self._oracle.read(frame))
            except (Refused, AssertionError):
                continue
            return " and ".join(names) if names and values == ours.detail else None
        return None


def _tidy(root: etree._Element, untyped: frozenset[str]) -> list[str]:
    """Make everything regular that is known to be taken more widely; return the names of what there was."""
    names = set()
    for node in list(root.iter()):
        parent = node.getparent()
        if node.tag in untyped and (len(node) or node.attrib):
            names.add("elements without a type")
            node.clear(keep_tail=True)
        elif node.tag.startswith(tuple(_SAMPLES)) and not _in_mark(parent):
            names.add("marks")
            parent.replace(node, _sample(node))
        elif node.tag in _CONTROLS and len(node) and node[0].tag not in _READ:
            names.add("undeclared controls")
            node[:] = [etree.Element("{urn:example:unknown}a")]
        elif node.tag == root.tag and parent is not None:
            names.add("the document element in an extension")
            node.clear(keep_tail=True)
            node.tag = "{urn:example:unknown}a"
    for node in root.iter():
        if _spaced(node.text) and len(node) == 0:
            names.add("white space around dates")
            node.text = node.text.strip(" \t\r\n")
        for name, value in node.attrib.items():
            if _spaced(value):
                names.add("white space around dates")
                node.set(name, value.strip(" \t\r\n"))
    assert names <= WIDER.keys()
    return sorted(names)


_CONTROLS = ("{urn:ietf:params:xml:ns:iris1}control", "{urn:ietf:params:xml:ns:iris1}reaction")
_READ = frozenset(f"{{{cls.__ns__.uri}}}{cls.__tag__}" for cls in iris.DEFAULT.elements)
"""What is read in them; of the rest only that it is well-formed."""

_SAMPLES = {
    "{urn:ietf:params:xml:ns:mark-1.0}": "<mark xmlns='urn:ietf:params:xml:ns:mark-1.0'/>",
    "{urn:ietf:params:xml:ns:signedMark-1.0}": (
        "<encodedSignedMark xmlns='urn:ietf:params:xml:ns:signedMark-1.0'>AQID</encodedSignedMark>"
    ),
}
"""A valid element of each namespace."""


def _sample(node: etree._Element) -> etree._Element:
    sample = etree.fromstring(_SAMPLES[f"{{{etree.QName(node).namespace}}}"])
    sample.tail = node.tail
    return sample


def _in_mark(node: etree._Element | None) -> bool:
    return node is not None and node.tag.startswith(tuple(_SAMPLES))


def _spaced(text: str | None) -> bool:
    return text is not None and text != text.strip() and _SPACED_DATE.fullmatch(text) is not None


def shown(frame: bytes) -> str:
    """Return a frame for people: indented if it can be parsed, its octets if not."""
    try:
        return etree.tostring(etree.fromstring(frame), pretty_print=True, encoding="unicode")
    except (etree.XMLSyntaxError, ValueError):
        return repr(frame)
