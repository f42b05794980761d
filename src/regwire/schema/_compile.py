"""From message classes to the description that the native compiler reads: plain dicts, lists and tuples."""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from regwire.errors import DeclarationError, EncodeError
from regwire.schema import _message
from regwire.schema._fields import INHERIT, MISSING, XML, Namespace, Spec
from regwire.schema._message import FieldInfo, MessageMeta, fields_of, seal
from regwire.schema._models import ANY, All, Automaton, Choice, Group, Node
from regwire.schema._simple import Simple
from regwire.schema._values import Duration, QName

XSI: Final = Namespace("http://www.w3.org/2001/XMLSchema-instance", "xsi")

MAX_NAMESPACES: Final = 120
"""Namespaces of one Schema: their set travels as one 128-bit number."""


class Compiler:
    """Collects everything reachable from the roots and the global elements, each class once."""

    def __init__(self, roots: Iterable[MessageMeta], elements: Iterable[MessageMeta]) -> None:
        self.namespaces: list[Namespace] = [XSI]
        self._ns_index: dict[str, int] = {XSI.uri: 0}
        self._simples: list[dict[str, Any]] = []
        self._simple_index: dict[Simple, int] = {}
        self._types: list[dict[str, Any]] = []
        self._type_index: dict[MessageMeta, int] = {}
        roots, elements = tuple(roots), tuple(elements)
        self._given = frozenset((*roots, *elements))
        #: The namespaces that the Schema was made of: elements of derived types of others have no part in it.
        self.given = frozenset(cls.__regwire__.ns for cls in self._given)
        self.roots = [self._element(c) for c in roots]
        self.globals = [self._element(c) for c in elements]

    def description(self, name: str) -> dict[str, Any]:
        """Give what `regwire_native.Codec` takes."""
        return {
            "name": name,
            "namespaces": [(n.uri, n.prefix or "") for n in self.namespaces],
            "types": self._types,
            "simples": self._simples,
            "roots": self.roots,
            "globals": self.globals,
            "duration": Duration,
            "qname": QName,
            "decimal": decimal.Decimal,
            "encode_error": EncodeError,
        }

    # --- names and simple types

    def _ns(self, ns: Namespace | None) -> int:
        """Give the number of a namespace; -1 is none, -2 that of `xml:`."""
        if ns is None or not ns.uri:
            return -1
        if ns.uri == XML.uri:
            return -2
        index = self._ns_index.get(ns.uri)
        if index is None:
            if len(self.namespaces) >= MAX_NAMESPACES:
                raise DeclarationError("Schema", f"more than {MAX_NAMESPACES} namespaces; use Schema.only()")
            for known in self.namespaces:
                if (known.prefix or "") == (ns.prefix or ""):
                    raise DeclarationError(
                        "Schema", f"{known.uri} and {ns.uri} both have prefix {ns.prefix!r}; give one another"
                    )
            index = self._ns_index[ns.uri] = len(self.namespaces)
            self.namespaces.append(ns)
        elif (self.namespaces[index].prefix or "") != (ns.prefix or ""):
            raise DeclarationError(
                "Schema",
                f"{ns.uri} is declared with prefixes {self.namespaces[index].prefix!r} and {ns.prefix!r}; share one",
            )
        return index

    def _simple(self, simple: Simple) -> int:
        index = self._simple_index.get(simple)
        if index is None:
            item = None if simple.item is None else self._simple(simple.item)
            index = self._simple_index[simple] = len(self._simples)
            self._simples.append(
                {
                    "kind": simple.kind,
                    "min_length": simple.min_length,
                    "max_length": simple.max_length,
                    "patterns": list(simple.patterns),
                    "enumeration": list(simple.enumeration),
                    "low": simple.low,
                    "low_exclusive": simple.low_exclusive,
                    "high": simple.high,
                    "high_exclusive": simple.high_exclusive,
                    "total_digits": simple.total_digits,
                    "fraction_digits": simple.fraction_digits,
                    "secret": simple.secret,
                    "item": item,
                    "type_name": simple.type_name,
                }
            )
        return index

    # --- elements and types

    def _element(self, cls: MessageMeta) -> tuple[int, str, int]:
        d = cls.__regwire__
        if d.tag is None or d.ns is None:
            raise DeclarationError(cls.__qualname__, "is no global element; derive it from Element with ns= and tag=")
        return self._ns(d.ns), d.tag, self._type(cls)

    def _type(self, cls: MessageMeta) -> int:
        index = self._type_index.get(cls)
        if index is not None:
            return index
        index = self._type_index[cls] = len(self._types)
        description: dict[str, Any] = {}
        self._types.append(description)
        seal(cls)
        description.update(_TypeCompiler(self, cls).run())
        return index

    def members(self, cls: MessageMeta) -> Iterable[MessageMeta]:
        """Give a class and what substitutes it here; abstract ones stand for their substitutes only.

        A substitute of another namespace takes part only where it is among the Schema's elements: else every module
        that somebody imports would change what a Schema takes.
        """
        d = cls.__regwire__
        if not d.abstract and d.tag is not None:
            yield cls
        for other in d.substitutes_of:
            if other in self._given or other.__regwire__.ns == d.ns:
                yield from self.members(other)

    def inline(self, description: dict[str, Any]) -> int:
        """Add the type of a wrapper: it fills slots of the class around it."""
        self._types.append(description)
        return len(self._types) - 1

    ns = _ns
    simple = _simple
    type_of = _type


class _TypeCompiler:
    """One class: its attributes, particles, content model and automaton."""

    def __init__(self, compiler: Compiler, cls: MessageMeta) -> None:
        self.c = compiler
        self.cls = cls
        self.d = cls.__regwire__
        self.where = cls.__qualname__
        self.fields = fields_of(cls)
        self.slots = {f.name: i for i, f in enumerate(self.fields)}

    def run(self) -> dict[str, Any]:
        attributes = [self._attribute(i, f) for i, f in enumerate(self.fields) if f.spec.kind == "attribute"]
        text = self._content()
        scope = _Particles(self.c, self.where, self.cls)
        model = self._model(scope)
        if text is not None and model is not None and not self.d.mixed:
            raise DeclarationError(
                self.where, "has both content() and child elements; say mixed=True in the class header"
            )
        automaton = Automaton(self.where, model, scope.overlap, scope.name)
        return {
            "name": self.where,
            "cls": self.cls,
            "fields": [f.name for f in self.fields],
            "fills": [_fill(f) for f in self.fields],
            "flags": [f.spec.kind == "flag" for f in self.fields],
            "attributes": attributes,
            "any_attributes": self.d.any_attributes,
            "text": text,
            "mixed": self.d.mixed,
            "any": self.d.content is ANY,
            "particles": scope.particles,
            "states": automaton.states,
            "model": None if model is None else model.describe(),
            "derived": self._derived(),
            "type_name": None if self.d.type_name is None else (self.c.ns(self.d.type_ns), self.d.type_name),
            "abstract": self.d.abstract,
            "transparent": self._transparent(),
            "nillable": self.d.nillable,
        }

    def _transparent(self) -> bool:
        if self.d.transparent and (
            len(self.fields) != 1 or not self.fields[0].classes or self.fields[0].repeated or self.fields[0].optional
        ):
            raise DeclarationError(self.where, "a transparent document has one field: a choice of elements")
        return self.d.transparent

    def _derived(self) -> list[tuple[int, str, int]]:
        out = []
        for heir in self.d.heirs:
            d = heir.__regwire__
            assert d.type_name is not None
            if d.type_ns is None:
                raise DeclarationError(heir.__qualname__, "a derived type needs ns=")
            if issubclass(heir, _message.Element) and d.type_ns != self.d.ns and d.type_ns not in self.c.given:
                continue
            out.append((self.c.ns(d.type_ns), d.type_name, self.c.type_of(heir)))
            out.extend(_TypeCompiler(self.c, heir)._derived())
        return out

    def _attribute(self, slot: int, f: FieldInfo) -> dict[str, Any]:
        assert f.simple is not None
        simple = f.simple
        if f.spec.fixed is not None:
            simple = simple.with_enumeration((f.spec.fixed,))
        has_default = f.spec.default is not MISSING and f.spec.default is not None
        return {
            "ns": self.c.ns(None if f.spec.ns is INHERIT else f.spec.ns),  # type: ignore[arg-type]
            "local": f.xml_name,
            "simple": self.c.simple(simple),
            "slot": slot,
            "required": not f.optional and not has_default and f.spec.fixed is None,
            # What is left out on encoding.
            "default": None if f.spec.written else f.spec.default if has_default else f.spec.fixed,
            "marker": f.spec.marker,
        }

    def _content(self) -> tuple[int, int] | None:
        found = [(i, f) for i, f in enumerate(self.fields) if f.spec.kind == "content"]
        if not found:
            return None
        if len(found) > 1:
            raise DeclarationError(f"{self.where}.{found[1][1].name}", "a second content(); an element has one text")
        slot, f = found[0]
        assert f.simple is not None
        if self.d.mixed and (f.simple.kind != "string" or f.simple.enumeration or f.simple.patterns):
            raise DeclarationError(f"{self.where}.{f.name}", "the text of a mixed class is Annotated[str, string()]")
        return slot, self.c.simple(f.simple)

    def _model(self, scope: _Particles) -> Node | None:
        children = [f for f in self.fields if f.spec.kind not in {"attribute", "content"}]
        group = self.d.content
        if group is ANY and self.fields:
            raise DeclarationError(self.where, "content=ANY drops what is inside, so it cannot have fields")
        if group is None or not isinstance(group, Group):
            nodes = tuple(self._field(scope, f) for f in children)
            return Node("seq", items=nodes) if nodes else None
        known = {f.name for f in children}
        for name in group.names():
            if name not in known:
                raise DeclarationError(self.where, f"content= names {name!r}, which is no child field of it")
        for f in children:
            if f.name not in group.names():
                raise DeclarationError(f"{self.where}.{f.name}", "is not named in content=, so it could never occur")
        by_name = {f.name: f for f in children}
        if isinstance(group, All):
            return self._all(scope, group, by_name)
        for name, count in _most(group).items():
            if count != 1 and not by_name[name].repeated:
                raise DeclarationError(f"{self.where}.{name}", "may occur several times in content=; make it a tuple")
        return self._group(scope, group, by_name)

    def _all(self, scope: _Particles, group: All, fields: dict[str, FieldInfo]) -> Node:
        """A repeated choice: decoding refuses what would fill a slot for the second time."""
        for f in fields.values():
            if f.repeated or not (f.optional or f.spec.kind == "flag"):
                raise DeclarationError(f"{self.where}.{f.name}", "a field of All() is optional, and no tuple")
        items = tuple(replace(self._field(scope, fields[str(name)]), min=1) for name in group.items)
        return Node("choice", 0, None, items)

    def _group(self, scope: _Particles, group: Group, fields: dict[str, FieldInfo]) -> Node:
        kind = "choice" if isinstance(group, Choice) else "seq"
        items = []
        for item in group.items:
            if isinstance(item, Group):
                items.append(self._group(scope, item, fields))
                continue
            node = self._field(scope, fields[item])
            repeats = group.max is None or group.max > 1
            if kind == "choice" and node.min == 0:
                node = replace(node, min=1)
            if repeats and fields[item].repeated and kind == "choice":
                node = replace(node, min=1, max=1)
            items.append(node)
        return Node(kind, group.min, group.max, tuple(items))

    def _field(self, scope: _Particles, f: FieldInfo) -> Node:
        spec = f.spec
        slot = self.slots[f.name]
        low, high = _bounds(f, spec)
        if spec.kind == "wrapped":
            assert spec.inner is not None
            low = spec.min if spec.min is not None else (0 if f.optional or f.repeated else 1)
            return Node("field", low, 1, particles=(scope.wrapper(f, spec, slot),), slot=slot)
        return Node("field", low, high, particles=tuple(scope.of(f, spec, slot)), slot=slot)


def _most(group: Group) -> dict[str, float]:
    """Count how often the places of each field can occur together."""
    total: dict[str, float] = {}
    for item in group.items:
        part = {item: 1.0} if isinstance(item, str) else _most(item)
        for name, count in part.items():
            have = total.get(name, 0.0)
            total[name] = max(have, count) if isinstance(group, Choice) else have + count
    times = math.inf if group.max is None else group.max
    return {name: count * times for name, count in total.items()}


def _fill(f: FieldInfo) -> Any:
    """What decoding puts where nothing was: the schema's default, an empty tuple or None."""
    if f.spec.kind == "attribute" and f.spec.default is not MISSING:
        return f.spec.default
    if f.spec.kind == "attribute" and f.spec.fixed is not None:
        return f.spec.fixed
    if f.spec.kind == "flag":
        return False
    return () if f.repeated else None


def _bounds(f: FieldInfo, spec: Spec, *, inside: bool = False) -> tuple[int, int | None]:
    if not f.repeated:
        if spec.min == 0 and not f.optional:
            raise DeclarationError(f"{f.owner.__qualname__}.{f.name}", "min=0 needs `| None`")
        optional = f.spec.kind == "flag" or (f.optional and not inside)
        return (spec.min if spec.min is not None else int(not optional)), 1
    low = spec.min if spec.min is not None else (1 if spec.kind == "wildcard" and inside else 0)
    return low, spec.max if spec.bounded else None


class _Particles:
    """The elements that may occur in one type (or one wrapper in it), numbered."""

    def __init__(self, compiler: Compiler, where: str, cls: MessageMeta) -> None:
        self.c = compiler
        self.where = where
        self.cls = cls
        self.particles: list[dict[str, Any]] = []

    def _add(self, f: FieldInfo, slot: int, spec: Spec, **known: Any) -> int:
        particle = {
            "kind": "",
            "ns": -1,
            "local": "",
            "simple": None,
            "type": None,
            "slot": slot,
            "list": f.repeated,
            "marker": spec.marker or f.spec.marker,
            "uris": None,
            "other": None,
            "process": "strict",
            "field": f.name,
        }
        self.particles.append({**particle, **known})
        return len(self.particles) - 1

    def _ns(self, spec: Spec, f: FieldInfo) -> int:
        if isinstance(spec.ns, Namespace) or spec.ns is None:
            return self.c.ns(spec.ns)
        ns = f.owner.__regwire__.ns
        if ns is None:
            raise DeclarationError(f"{f.owner.__qualname__}.{f.name}", "the class needs ns= (its elements' namespace)")
        return self.c.ns(ns)

    def of(self, f: FieldInfo, spec: Spec, slot: int) -> list[int]:
        """Add the particles that a field (or the inside of a wrapper) may be."""
        where = f"{f.owner.__qualname__}.{f.name}"
        if spec.kind == "wildcard":
            return [self._wildcard(f, spec, slot)]
        name = spec.name or f.xml_name
        if spec.kind == "flag":
            process = "lax" if spec.process == "any" else "strict"
            return [self._add(f, slot, spec, kind="flag", ns=self._ns(spec, f), local=name, process=process)]
        if f.simple is not None:
            simple = self.c.simple(f.simple)
            return [self._add(f, slot, spec, kind="leaf", ns=self._ns(spec, f), local=name, simple=simple)]
        if not f.classes:
            raise DeclarationError(where, "has no type that could be read")
        globals_ = [c for c in f.classes if issubclass(c, _message.Element)]
        if globals_ and len(globals_) != len(f.classes):
            raise DeclarationError(where, "mixes Elements and Types; a choice is between Elements")
        if not globals_:
            if len(f.classes) > 1:
                raise DeclarationError(where, "Types cannot be told apart; make them Elements, or fields of a Choice")
            kind = self.c.type_of(f.classes[0])
            return [self._add(f, slot, spec, kind="node", ns=self._ns(spec, f), local=name, type=kind)]
        if spec.name is not None:
            if len(f.classes) > 1 or f.classes[0].__regwire__.abstract:
                raise DeclarationError(where, f"child({spec.name!r}): several Elements cannot share one name")
            kind = self.c.type_of(f.classes[0])
            return [self._add(f, slot, spec, kind="node", ns=self._ns(spec, f), local=spec.name, type=kind)]
        members = list(dict.fromkeys(m for c in globals_ for m in self.c.members(c)))
        if not members:
            raise DeclarationError(where, "is abstract and nothing substitutes it")
        out = []
        for member in members:
            ns, tag, kind = self.c._element(member)
            out.append(self._add(f, slot, spec, kind="node", ns=ns, local=tag, type=kind))
        if spec.strangers:
            other = self._ns(spec, f)
            out.append(self._add(f, slot, spec, kind="any", other=other, process="stranger"))
        return out

    def _wildcard(self, f: FieldInfo, spec: Spec, slot: int) -> int:
        other: int | None = None
        uris: list[str] | None = None
        ns = f.owner.__regwire__.ns
        if spec.uris in {"##other", ("##targetNamespace",)} and ns is None:
            raise DeclarationError(f"{f.owner.__qualname__}.{f.name}", f"{spec.uris} needs the class's ns=")
        if spec.uris == "##other":
            other = self.c.ns(ns)
        elif spec.uris != "##any":
            uris = [ns.uri if ns is not None and u == "##targetNamespace" else u for u in spec.uris]
        return self._add(f, slot, spec, kind="any", other=other, uris=uris, process=spec.process)

    def wrapper(self, f: FieldInfo, spec: Spec, slot: int) -> int:
        """Add a wrapper: an inline type of its own around the inner particles."""
        assert spec.inner is not None
        assert spec.name is not None
        inner = spec.inner
        scope = _Particles(self.c, f"{self.where}.{f.name}", self.cls)
        if inner.kind == "wrapped":
            low = 1 if inner.min is None else inner.min
            model = Node("field", low, 1, particles=(scope.wrapper(f, inner, slot),), slot=slot)
        else:
            low, high = _bounds(f, inner, inside=True)
            model = Node("field", low, high, particles=tuple(scope.of(f, inner, slot)), slot=slot)
        automaton = Automaton(scope.where, model, scope.overlap, scope.name)
        kind = self.c.inline(
            {
                "name": f"{self.where}.{f.name}",
                "cls": None,
                "fields": [],
                "fills": [],
                "flags": [],
                "attributes": [],
                "any_attributes": False,
                "text": None,
                "mixed": False,
                "any": False,
                "particles": scope.particles,
                "states": automaton.states,
                "model": model.describe(),
                "derived": [],
                "type_name": None if spec.type_name is None else (self._ns(spec, f), spec.type_name),
                "abstract": False,
                "transparent": False,
                "nillable": False,
            }
        )
        return self._add(f, slot, spec, kind="wrap", ns=self._ns(spec, f), local=spec.name, type=kind)

    def overlap(self, a: int, b: int) -> bool:
        """Tell whether one element could be matched by both particles."""
        p, q = self.particles[a], self.particles[b]
        if "stranger" in {p["process"], q["process"]}:
            # What is declared for the place wins.
            return False
        if p["kind"] == "any" and q["kind"] == "any":
            return _wildcards_overlap(p, q)
        if p["kind"] == "any":
            p, q = q, p
        if q["kind"] == "any":
            return _admits(q, p["ns"], self.c.namespaces)
        return (p["ns"], p["local"]) == (q["ns"], q["local"])

    def name(self, a: int) -> str:
        """Name a particle for an error."""
        p = self.particles[a]
        return f"the wildcard {p['field']!r}" if p["kind"] == "any" else f"<{p['local']}> ({p['field']!r})"


def _admits(wildcard: dict[str, Any], ns: int, namespaces: list[Namespace]) -> bool:
    if wildcard["other"] is not None:
        return ns not in {-1, wildcard["other"]}
    if wildcard["uris"] is not None:
        return (("##local" if ns == -1 else namespaces[ns].uri) if ns >= -1 else XML.uri) in wildcard["uris"]
    return True


def _wildcards_overlap(p: dict[str, Any], q: dict[str, Any]) -> bool:
    if p["uris"] is not None and q["uris"] is not None:
        return bool(set(p["uris"]) & set(q["uris"]))
    return True
