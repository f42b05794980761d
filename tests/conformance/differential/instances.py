"""Random documents that the XML schemas allow, read off the schemas themselves (not off our declarations)."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from lxml import etree
from xml_schemas import XS, schema_files

from conformance.differential.trees import XSI, Node

_XS_URI = XS[1:-1]
_MANY = 3
_DEEP = 14
"""From this depth on, everything optional is left out."""


@dataclass(frozen=True)
class Simple:
    """A simple type: its primitive name and its facets."""

    kind: str
    least: int = 0
    most: int | None = None
    low: str | None = None
    high: str | None = None
    enumeration: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class Schemas:
    """The schemas of some namespaces, and random documents of them; with ``typed``, `xsi:type` names types in some."""

    def __init__(self, namespaces: Iterable[str], *, typed: bool = False) -> None:
        self.typed = typed
        files = schema_files()
        parser = etree.XMLParser(remove_comments=True)
        self.roots: dict[str, etree._Element] = {}
        todo = [uri for uri in namespaces if uri in files]
        while todo:
            uri = todo.pop()
            if uri not in self.roots:
                self.roots[uri] = etree.parse(files[uri], parser).getroot()
                imports = self.roots[uri].iter(f"{XS}import")
                todo.extend(node.get("namespace") for node in imports if node.get("namespace") in files)
        self.namespaces = frozenset(uri for uri in namespaces if uri in files)
        self._simple: dict[Any, Simple] = {}

    @cached_property
    def globals(self) -> list[tuple[str, str]]:
        """Every global element of the chosen namespaces."""
        return [
            (uri, node.get("name"))
            for uri in sorted(self.namespaces)
            for node in self.roots[uri].findall(f"{XS}element")
            if node.get("abstract") != "true"
        ]

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Every length that a facet names, and its neighbours."""
        found = set()
        for root in self.roots.values():
            for name in ("length", "minLength", "maxLength"):
                found |= {int(node.get("value")) for node in root.iter(f"{XS}{name}")}
        return tuple(sorted({n + d for n in found for d in (-1, 0, 1) if n + d >= 0}))

    @cached_property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Every element name of the chosen namespaces, local elements too."""
        found = {
            (uri, node.get("name"))
            for uri in self.namespaces
            for node in self.roots[uri].iter(f"{XS}element")
            if node.get("name")
        }
        return tuple(sorted(found))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every enumerated value."""
        return tuple(sorted({n.get("value") for root in self.roots.values() for n in root.iter(f"{XS}enumeration")}))

    @cached_property
    def untyped(self) -> frozenset[str]:
        """Names (as lxml writes them) of elements without a type: anything may be inside."""
        found: dict[str, bool] = {}
        for uri, root in self.roots.items():
            for node in root.iter(f"{XS}element"):
                if node.get("name"):
                    name = f"{{{uri}}}{node.get('name')}"
                    found[name] = found.get(name, True) and node.get("type") is None and len(node) == 0
        return frozenset(name for name, is_untyped in found.items() if is_untyped)

    @cached_property
    def sometimes_untyped(self) -> frozenset[str]:
        """As `untyped`, with the names that have a type elsewhere."""
        return frozenset(
            f"{{{uri}}}{node.get('name')}"
            for uri, root in self.roots.items()
            for node in root.iter(f"{XS}element")
            if node.get("type") is None and len(node) == 0
        )

    @cached_property
    def substitutes(self) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
        """What stands for each head of a substitution group, in the chosen namespaces."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for uri in sorted(self.namespaces):
            for node in self.roots[uri].findall(f"{XS}element[@substitutionGroup]"):
                head = self.qname(node, node.get("substitutionGroup"))
                found.setdefault(head, []).append((uri, node.get("name")))
        return {head: tuple(names) for head, names in found.items()}

    @cached_property
    def derived(self) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
        """The named types that extend each named type, in the chosen namespaces."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for uri in sorted(self.namespaces):
            for node in self.roots[uri].findall(f"{XS}complexType[@name]"):
                for body in node.iterfind(f"{XS}complexContent/{XS}extension"):
                    base = self.qname(body, body.get("base"))
                    found.setdefault(base, []).append((uri, node.get("name")))
        return {base: tuple(names) for base, names in found.items()}

    def document(self, rng: random.Random, ns: str, name: str) -> Node:
        """Return a random document with the global element as its root."""
        return _Draw(self, rng).element(self.find("element", ns, name), ns, 1)

    def find(self, kind: str, ns: str, name: str) -> etree._Element:
        """Return a global component."""
        found = self.roots[ns].find(f"{XS}{kind}[@name='{name}']")
        assert found is not None, (kind, ns, name)
        return found

    def qname(self, node: etree._Element, value: str) -> tuple[str, str]:
        """Resolve a name inside a schema."""
        prefix, _, local = value.rpartition(":")
        return node.nsmap.get(prefix or None) or "", local

    def simple(self, node: etree._Element, attribute: str = "type") -> Simple:
        """Return the simple type that an element, attribute or restriction refers to or holds."""
        local = node.find(f"{XS}simpleType")
        if node.get(attribute) is None and local is not None:
            return self._derived(local)
        if node.get(attribute) is None:
            return Simple("string")
        return self.named(*self.qname(node, node.get(attribute)))

    def named(self, ns: str, name: str) -> Simple:
        """Return a named simple type."""
        if ns == _XS_URI:
            return Simple(name)
        key = (ns, name)
        if key not in self._simple:
            self._simple[key] = self._derived(self.find("simpleType", ns, name))
        return self._simple[key]

    def _derived(self, node: etree._Element) -> Simple:
        restriction = node.find(f"{XS}restriction")
        if restriction is None:
            return Simple("union")
        return self.restricted(restriction)

    def restricted(self, restriction: etree._Element) -> Simple:
        """Return the type that a restriction makes."""
        base = self.simple(restriction, "base")
        given: dict[str, list[str]] = {}
        for facet in restriction:
            given.setdefault(etree.QName(facet).localname, []).append(facet.get("value"))
        exact = given.get("length")
        return Simple(
            base.kind,
            int((exact or given.get("minLength", [base.least]))[0]),
            int((exact or given.get("maxLength", [base.most]))[0]) if exact or "maxLength" in given else base.most,
            given.get("minInclusive", [base.low])[0],
            given.get("maxInclusive", [base.high])[0],
            tuple(given.get("enumeration", base.enumeration)),
            (*base.patterns, "|".join(given["pattern"])) if "pattern" in given else base.patterns,
        )


class _Draw:
    """One document."""

    def __init__(self, schemas: Schemas, rng: random.Random) -> None:
        self.schemas = schemas
        self.rng = rng
        self.richness = rng.choice([0.1, 0.4, 0.7])
        self.typed = rng.choice([0.0, 0.0, 0.1, 0.5, 1.0]) if schemas.typed else 0.0

    def element(self, node: etree._Element, ns: str, depth: int) -> Node:
        substitutes = self.schemas.substitutes.get((ns, node.get("name"))) if node.get("abstract") == "true" else None
        if substitutes:
            ns, name = self.rng.choice(substitutes)
            node = self.schemas.find("element", ns, name)
        result = Node(ns, node.get("name"))
        inline = node.find(f"{XS}complexType")
        if inline is not None:
            self._complex(inline, ns, result, depth)
        elif node.get("type") is not None:
            self._typed(node, result, depth)
        elif node.find(f"{XS}simpleType") is not None:
            result.children.append(self.value(self.schemas.simple(node)))
        if node.get("nillable") == "true" and self.rng.random() < 0.3:
            nil = self.rng.choice(["true", "1", "true", "false"])
            result.attributes[XSI, "nil"] = nil
            if nil != "false":
                result.children.clear()
        return result

    def _typed(self, node: etree._Element, result: Node, depth: int) -> None:
        ns, name = self.schemas.qname(node, node.get("type"))
        if (ns, name) != (_XS_URI, "anyType") and self.typed and self.rng.random() < self.typed:
            derived = self.schemas.derived.get((ns, name))
            if derived and self.rng.random() < 0.3:
                ns, name = self.rng.choice(derived)
            result.attributes[XSI, "type"] = f"typ:{name}"
            result.prefixes["typ"] = ns
        complex_type = None if ns == _XS_URI else self.schemas.roots[ns].find(f"{XS}complexType[@name='{name}']")
        if complex_type is not None:
            self._complex(complex_type, ns, result, depth)
        elif (ns, name) != (_XS_URI, "anyType"):
            result.children.append(self.value(self.schemas.named(ns, name)))

    def _complex(self, node: etree._Element, ns: str, result: Node, depth: int) -> None:
        simple = node.find(f"{XS}simpleContent")
        derived = node.find(f"{XS}complexContent")
        if simple is not None:
            self._simple_content(simple[0], ns, result)
        elif derived is not None:
            body = derived[0]
            base_ns, base = self.schemas.qname(body, body.get("base"))
            if etree.QName(body).localname == "extension" and base_ns != _XS_URI:
                self._complex(self.schemas.find("complexType", base_ns, base), base_ns, result, depth)
            self._body(body, ns, result, depth)
        else:
            self._body(node, ns, result, depth)

    def _simple_content(self, body: etree._Element, ns: str, result: Node) -> None:
        base_ns, base = self.schemas.qname(body, body.get("base"))
        found = None if base_ns == _XS_URI else self.schemas.roots[base_ns].find(f"{XS}complexType[@name='{base}']")
        if found is not None:
            self._complex(found, base_ns, result, 0)
        elif etree.QName(body).localname == "restriction":
            result.children.append(self.value(self.schemas.restricted(body)))
        else:
            result.children.append(self.value(self.schemas.named(base_ns, base)))
        self._attributes(body, result)

    def _body(self, body: etree._Element, ns: str, result: Node, depth: int) -> None:
        for particle in body:
            if etree.QName(particle).localname in {"sequence", "choice", "all", "group"}:
                self._particle(particle, ns, result, depth)
        self._attributes(body, result)

    def _attributes(self, body: etree._Element, result: Node) -> None:
        for group in body.findall(f"{XS}attributeGroup"):
            ns, name = self.schemas.qname(group, group.get("ref"))
            self._attributes(self.schemas.find("attributeGroup", ns, name), result)
        for node in body.findall(f"{XS}attribute"):
            if node.get("use") == "required" or self.rng.random() < self.richness:
                qualified = node.get("form") == "qualified"
                ns = node.getroottree().getroot().get("targetNamespace") if qualified else ""
                simple = self.schemas.simple(node)
                named = simple.kind == "union" and node.get("name") == "referentType"
                result.attributes[ns, node.get("name")] = self._name(result) if named else self.value(simple)

    def _name(self, result: Node) -> str:
        """A value of QName: the prefix `ref` is declared for it."""
        ns, local = self.rng.choice(self.schemas.globals)
        result.prefixes["ref"] = self.rng.choice([ns, ns, "urn:example:other"])
        return self.rng.choice(["ANY", f"ref:{local}", f"ref:{local}", f" ref:{local}", local, "xml:x", "ref:ANY"])

    def _count(self, node: etree._Element, depth: int) -> int:
        least = int(node.get("minOccurs", "1"))
        most = node.get("maxOccurs", "1")
        top = max(least, _MANY) if most == "unbounded" else min(int(most), max(least, _MANY))
        if depth >= _DEEP or self.rng.random() > self.richness:
            return least
        return self.rng.randint(least, top)

    def _particle(self, node: etree._Element, ns: str, result: Node, depth: int) -> None:
        for _ in range(self._count(node, depth)):
            kind = etree.QName(node).localname
            parts = [item for item in node if etree.QName(item).localname != "annotation"]
            if kind in {"sequence", "all"}:
                for item in parts:
                    self._particle(item, ns, result, depth)
            elif kind == "choice":
                if parts:
                    self._particle(self.rng.choice(parts), ns, result, depth)
            elif kind == "group":
                group_ns, name = self.schemas.qname(node, node.get("ref"))
                self._body(self.schemas.find("group", group_ns, name), group_ns, result, depth)
            elif kind == "any":
                self._any(node, ns, result, depth)
            elif node.get("ref") is not None:
                other_ns, name = self.schemas.qname(node, node.get("ref"))
                result.children.append(self.element(self.schemas.find("element", other_ns, name), other_ns, depth + 1))
            else:
                result.children.append(self.element(node, ns, depth + 1))

    def _any(self, node: etree._Element, ns: str, result: Node, depth: int) -> None:
        allowed = [(uri, name) for uri, name in self.schemas.globals if node.get("namespace") != "##other" or uri != ns]
        fitting = [(uri, name) for uri, name in allowed if _fits(result, uri, name)]
        uri, name = self.rng.choice(fitting or allowed)
        result.children.append(self.element(self.schemas.find("element", uri, name), uri, depth + 1))

    # --- values ---

    def value(self, simple: Simple) -> str:
        """Return a text that the type allows."""
        rng = self.rng
        if simple.enumeration:
            return self._padded(simple, rng.choice(simple.enumeration))
        if simple.patterns:
            return self._patterned(simple)
        match simple.kind:
            case "string" | "normalizedString" | "token" | "anySimpleType" | "union":
                return self._text(simple)
            case "IDREF":
                text = "x1"
            case (
                "integer"
                | "nonNegativeInteger"
                | "positiveInteger"
                | "int"
                | "unsignedLong"
                | "unsignedShort"
                | "unsignedByte"
            ):
                text = self._integer(simple)
            case "decimal":
                low = 0 if simple.low is None else int(float(simple.low))
                text = f"{rng.randint(low, low + 1000)}{rng.choice(['', '.5', '.00', '.'])}"
            case "boolean":
                text = rng.choice(["true", "false", "0", "1"])
            case "date":
                text = self._date() + rng.choice(["", "", "Z", "+02:00", "-11:30"])
            case "dateTime":
                zone = rng.choice(["Z", "Z", "Z", "", "+00:00", "-05:00", "+13:45"])
                text = f"{self._date()}T{self._time()}{zone}"
            case "duration":
                text = rng.choice(["P1Y", "P2M3D", "PT5H", "P1Y2M3DT4H5M6.7S", "-P30D", "PT0S", "P0Y"])
            case "base64Binary":
                text = rng.choice(["AQID", "AQ==", "AQI=", "", "AQ I D", "QUJD REVG", "AQIDBAUGBwg="])
            case "hexBinary":
                text = rng.choice(["", "00", "49FD46E6C4B45C55D4AC", "ab cd".replace(" ", "")])
            case "language":
                text = rng.choice(["en", "de-CH", "x-klingon", "EN-us", "abcdefgh-12345678"])
            case "anyURI":
                text = rng.choice(
                    ["urn:ietf:params:xml:ns:obj1", *self.schemas.namespaces, "http://example.com/a?b=c#d", "", "a b"]
                )
            case "ID":
                text = f"x{rng.randrange(10**9)}"
            case "NCName" | "NMTOKEN":
                text = rng.choice(["a", "id-1", "x.y", "_"])
            case _:
                raise AssertionError(simple.kind)
        return self._padded(simple, text)

    def _padded(self, simple: Simple, text: str) -> str:
        if simple.kind in {"string", "normalizedString"} or self.rng.random() < 0.9:
            return text
        space = self.rng.choice([" ", "\n  ", "\t", "\r\n"])
        return self.rng.choice([space + text, text + space, space + text + space])

    def _patterned(self, simple: Simple) -> str:
        for _ in range(50):
            text = sample(simple.patterns[-1], self.rng)
            if len(text) >= simple.least and (simple.most is None or len(text) <= simple.most):
                return self._padded(simple, text)
        return text

    def _text(self, simple: Simple) -> str:
        rng = self.rng
        most = simple.least + 20 if simple.most is None else simple.most
        length = rng.choice([simple.least, most, rng.randint(simple.least, most), min(most, simple.least + 5)])
        alphabet = rng.choice(["abcxyz0123-.", "abc DEF", "a\u00e9\u4e2d\U0001f600b", "a&<>\"'b", " a"])
        text = "".join(rng.choice(alphabet) for _ in range(length))
        if simple.kind == "token" and simple.least:
            text = re.sub(" ", "x", text)
        return self._padded(simple, text)

    def _integer(self, simple: Simple) -> str:
        low, high = {
            "integer": (-9, 10**20),
            "nonNegativeInteger": (0, 10**20),
            "positiveInteger": (1, 10**20),
            "int": (-(2**31), 2**31 - 1),
            "unsignedLong": (0, 2**64 - 1),
            "unsignedShort": (0, 65535),
            "unsignedByte": (0, 255),
        }[simple.kind]
        low = low if simple.low is None else int(simple.low)
        high = high if simple.high is None else int(simple.high)
        number = self.rng.choice([low, high, self.rng.randint(low, min(high, low + 300))])
        return self.rng.choice(
            ["{}", "{}", "{}", "+{}" if number >= 0 else "{}", "00{}" if number >= 0 else "{}"]
        ).format(number)

    def _date(self) -> str:
        rng = self.rng
        return rng.choice(
            [
                f"{rng.randint(1990, 2040)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                "2000-02-29",
                "2024-12-31",
                "0100-01-02",
                "9999-12-30",
            ]
        )

    def _time(self) -> str:
        rng = self.rng
        fraction = "".join(rng.choice("0123456789") for _ in range(rng.choice([0, 0, 1, 3, 6, 9])))
        return rng.choice(
            [
                f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
                + (f".{fraction}" if fraction else ""),
                "00:00:00",
                "23:59:59",
                "24:00:00",
            ]
        )


_BY_PLACE = {
    "check": "check",
    "create": "create",
    "delete": "delete",
    "info": "info",
    "renew": "renew",
    "transfer": "transfer",
    "update": "update",
}


def _fits(parent: Node, uri: str, name: str) -> bool:
    """Prefer in a wildcard's place what belongs there: `<create>` inside `<create>`, data inside `<resData>`."""
    if parent.local in _BY_PLACE:
        return name == parent.local
    if parent.local == "resData":
        return name.endswith("Data")
    return name not in {"epp", *_BY_PLACE} or "domain" not in uri


_CATEGORIES = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_WORD": "abcXYZ019\u00e4\u4e2d",
    "CATEGORY_SPACE": " ",
}


def sample(pattern: str, rng: random.Random) -> str:
    """Return a text that the pattern of an XML schema matches (as far as Python reads it alike)."""
    tree = _parser.parse(pattern.replace(r"\p{IsBasicLatin}", "[a-zA-Z0-9 +/=]"))
    return _sampled(tree, rng)


def _sampled(tree: Any, rng: random.Random) -> str:
    out = []
    for kind, value in tree:
        name = str(kind)
        if name == "LITERAL":
            out.append(chr(value))
        elif name == "ANY":
            out.append(rng.choice("ab .@\u00e9"))
        elif name == "IN":
            out.append(_one_of(value, rng))
        elif name in {"MAX_REPEAT", "MIN_REPEAT"}:
            low, high, inner = value
            count = rng.choice(
                [low, min(int(high), low + 3), rng.randint(low, min(int(high), low + 12)), min(int(high), 90)]
            )
            out.extend(_sampled(inner, rng) for _ in range(count))
        elif name == "SUBPATTERN":
            out.append(_sampled(value[-1], rng))
        elif name == "BRANCH":
            out.append(_sampled(rng.choice(value[1]), rng))
        else:
            raise AssertionError(name)
    return "".join(out)


def _one_of(items: Any, rng: random.Random) -> str:
    kind, value = rng.choice(items)
    match str(kind):
        case "LITERAL":
            return chr(value)
        case "RANGE":
            return chr(rng.randint(*value))
        case "CATEGORY":
            return rng.choice(_CATEGORIES[str(value)])
    raise AssertionError(kind)
