"""A complex type as an XML schema has it, as a message class has it, and the comparison of the two.

A type is a content model over symbols, attributes, simple content, and whether it is mixed. A content model is a nested
tuple: ``("seq", items)``, ``("choice", items)``, ``("repeat", item, min, max)``, ``("symbol", symbol)``. Models are the
same when they accept the same sequences of children, however they are written down.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from typing import Any

from lxml import etree
from xml_schemas import XS, schema_files

from regwire.schema import ANY, Element, Type
from regwire.schema._fields import MISSING
from regwire.schema._message import FieldInfo, fields_of
from regwire.schema._simple import Simple

Model = tuple[Any, ...]
Symbol = tuple[str, ...]

EMPTY: Model = ("seq", ())


@dataclass
class TypeModel:
    """A complex type (or an element of simple type: then only ``simple`` is set)."""

    model: Model = EMPTY
    attributes: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    simple: tuple[Any, ...] | None = None
    mixed: bool = False
    any_attributes: bool = False
    anything: bool = False
    children: dict[Symbol, Callable[[], "TypeModel"]] = field(default_factory=dict)
    name: str = ""


# --- simple types -----------------------------------------------------------------------------------------------------

_RANGES: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "int": (-(2**31), 2**31 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedShort": (0, 65535),
    "unsignedByte": (0, 255),
}


def simple_signature(
    kind: str,
    lengths: tuple[int, int | None] = (0, None),
    patterns: frozenset[str] = frozenset(),
    enumeration: frozenset[str] | None = None,
    bounds: tuple[str | None, str | None] = (None, None),
) -> tuple[Any, ...]:
    """Give the comparable form; patterns that an enumeration satisfies anyway are left out."""
    return (kind, lengths, frozenset() if enumeration else patterns, enumeration, bounds)


def declared_simple(simple: Simple) -> tuple[Any, ...]:
    """Give the signature of a declared simple type."""
    return simple_signature(
        simple.kind,
        (simple.min_length, simple.max_length),
        frozenset(simple.patterns),
        frozenset(lexical for lexical, _ in simple.enumeration) or None,
        (simple.low, simple.high),
    )


def _integer_bound(values: list[str | int | None], pick: Callable[[list[int]], int]) -> str | None:
    given = [int(value) for value in values if value is not None]
    return str(pick(given)) if given else None


@cache
def _root(namespace: str) -> etree._Element:
    return etree.parse(schema_files()[namespace], etree.XMLParser(remove_comments=True)).getroot()


@dataclass(frozen=True)
class _Name:
    ns: str
    local: str


_XS_URI = XS[1:-1]


def _qname(node: etree._Element, value: str) -> _Name:
    prefix, _, local = value.rpartition(":")
    return _Name(node.nsmap.get(prefix or None, ""), local)


def _find(kind: str, name: _Name) -> etree._Element:
    found = _root(name.ns).find(f"{XS}{kind}[@name='{name.local}']")
    assert found is not None, (kind, name)
    return found


def schema_simple(node: etree._Element, name: _Name | None, local: etree._Element | None = None) -> tuple[Any, ...]:
    """Give the signature of a simple type of a schema, by name or by its definition."""
    kind, lengths, patterns, enumeration, bounds = _facets(name, local)
    if kind in _RANGES:
        low, high = _RANGES[kind]
        bounds = (_integer_bound([low, bounds[0]], max), _integer_bound([high, bounds[1]], min))
        kind = "integer"
    return simple_signature(kind, lengths, patterns, enumeration, bounds)


def _facets(name: _Name | None, local: etree._Element | None) -> tuple[Any, ...]:
    if local is None:
        assert name is not None
        if name.ns == _XS_URI:
            kind = {"anySimpleType": "string", "ID": "NCName"}.get(name.local, name.local)
            return kind, (0, None), frozenset(), None, (None, None)
        local = _find("simpleType", name)
    restriction = local.find(f"{XS}restriction")
    if restriction is None:
        return "list" if local.find(f"{XS}list") is not None else "union", (0, None), frozenset(), None, (None, None)
    base = _qname(restriction, restriction.get("base"))
    kind, (least, most), patterns, enumeration, (low, high) = _facets(base, None)
    values = {}
    for facet in restriction:
        values.setdefault(etree.QName(facet).localname, []).append(facet.get("value"))
    if "length" in values:
        least = most = int(values["length"][0])
    least = int(values.get("minLength", [least])[0])
    most = int(values["maxLength"][0]) if "maxLength" in values else most
    if "pattern" in values:
        patterns |= {"|".join(values["pattern"])}
    if "enumeration" in values:
        enumeration = frozenset(values["enumeration"])
    low = values.get("minInclusive", [low])[0]
    high = values.get("maxInclusive", [high])[0]
    return kind, (least, most), patterns, enumeration, (low, high)


# --- types of an XML schema -------------------------------------------------------------------------------------------


def schema_element(namespace: str, local: str) -> TypeModel:
    """Give the type of a global element of an XML schema."""
    return _element_type(_find("element", _Name(namespace, local)), namespace)


def global_elements(namespace: str) -> list[str]:
    """List the global elements of an XML schema."""
    return [node.get("name") for node in _root(namespace).findall(f"{XS}element")]


def _element_type(node: etree._Element, namespace: str) -> TypeModel:
    if node.get("type") is None:
        inline = node.find(f"{XS}complexType")
        return TypeModel(anything=True) if inline is None else _complex(inline, namespace)
    name = _qname(node, node.get("type"))
    if name.ns != _XS_URI:
        found = _root(name.ns).find(f"{XS}complexType[@name='{name.local}']")
        if found is not None:
            return _complex(found, name.ns)
    return TypeModel(simple=schema_simple(node, name), name=name.local)


def _complex(node: etree._Element, namespace: str) -> TypeModel:
    result = TypeModel(
        name=f"{namespace} {node.get('name')}" if node.get("name") else "", mixed=node.get("mixed") == "true"
    )
    body = node
    complex_content = node.find(f"{XS}complexContent")
    simple_content = node.find(f"{XS}simpleContent")
    if complex_content is not None:
        result.mixed = result.mixed or complex_content.get("mixed") == "true"
        body = complex_content[0]
        base = _qname(body, body.get("base"))
        if etree.QName(body).localname == "extension":
            parent = _complex(_find("complexType", base), base.ns)
            result.simple = parent.simple
            result.children |= parent.children
            result.attributes |= parent.attributes
            own = _particles(body, namespace, result)
            result.model = ("seq", (parent.model, own))
            _attributes(body, result)
            return result
    if simple_content is not None:
        body = simple_content[0]
        base = _qname(body, body.get("base"))
        inherited = None if base.ns == _XS_URI else _root(base.ns).find(f"{XS}complexType[@name='{base.local}']")
        if inherited is not None:
            parent = _complex(inherited, base.ns)
            result.simple = parent.simple
            result.attributes |= parent.attributes
        else:
            result.simple = schema_simple(body, base)
    result.model = _particles(body, namespace, result)
    _attributes(body, result)
    return result


def _attributes(body: etree._Element, result: TypeModel) -> None:
    for node in body.findall(f"{XS}attribute"):
        local = node.find(f"{XS}simpleType")
        name = None if local is not None else _qname(node, node.get("type") or "xs:anySimpleType")
        if name is not None and not name.ns:
            name = _Name(_XS_URI, name.local)
        simple = schema_simple(node, name, local)
        default = node.get("default")
        if simple[0] == "boolean" and default is not None:
            default = {"0": "false", "1": "true"}.get(default, default)
        result.attributes[node.get("name")] = (node.get("use") == "required", default, simple)
    result.any_attributes = body.find(f"{XS}anyAttribute") is not None


def _occurs(node: etree._Element) -> tuple[int, int | None]:
    most = node.get("maxOccurs", "1")
    return int(node.get("minOccurs", "1")), None if most == "unbounded" else int(most)


def _particles(body: etree._Element, namespace: str, result: TypeModel) -> Model:
    return ("seq", tuple(_particle(node, namespace, result) for node in body if _is_particle(node)))


def _is_particle(node: etree._Element) -> bool:
    return etree.QName(node).localname in {"sequence", "choice", "all", "group", "element", "any"}


def _particle(node: etree._Element, namespace: str, result: TypeModel) -> Model:
    kind = etree.QName(node).localname
    if kind in {"sequence", "choice"}:
        items = tuple(_particle(item, namespace, result) for item in node if _is_particle(item))
        inner: Model = ("seq" if kind == "sequence" else "choice", items)
    elif kind == "all":
        items = tuple(_particle(item, namespace, result) for item in node if _is_particle(item))
        inner = ("choice", tuple(("seq", order) for order in permutations(items)))
    elif kind == "group":
        name = _qname(node, node.get("ref"))
        inner = ("seq", tuple(_particle(item, name.ns, result) for item in _find("group", name) if _is_particle(item)))
    elif kind == "any":
        given = node.get("namespace", "##any")
        inner = (
            "symbol",
            ("any", given + (namespace if given == "##other" else ""), node.get("processContents", "strict")),
        )
    else:
        inner = ("symbol", _named(node, namespace, result))
    return ("repeat", inner, *_occurs(node))


def _named(node: etree._Element, namespace: str, result: TypeModel) -> Symbol:
    if node.get("ref") is not None:
        name = _qname(node, node.get("ref"))
        symbol = ("element", name.ns, name.local)
        result.children[symbol] = lambda: schema_element(name.ns, name.local)
    else:
        symbol = ("element", namespace, node.get("name"))
        result.children[symbol] = lambda: _element_type(node, namespace)
    return symbol


# --- types of message classes -----------------------------------------------------------------------------------------


def declared_type(cls: Any) -> TypeModel:
    """Give the type that a message class declares."""
    header = cls.__regwire__
    result = TypeModel(name=cls.__name__, mixed=header.mixed, any_attributes=header.any_attributes)
    if header.content is ANY:
        return TypeModel(anything=True, name=cls.__name__)
    particles: dict[str, tuple[Model, int, int | None]] = {}
    for info in fields_of(cls):
        kind = info.spec.kind
        if kind == "attribute":
            result.attributes[info.xml_name] = _declared_attribute(info)
        elif kind == "content":
            assert info.simple is not None
            if not header.mixed:
                result.simple = declared_simple(info.simple)
        else:
            particles[info.name] = (_declared_particle(info, cls, result), *_cardinality(info))
    if header.content is None:
        result.model = ("seq", tuple(("repeat", *particle) for particle in particles.values()))
    else:
        result.model = _expression(header.content, particles)
    return result


def _declared_attribute(info: FieldInfo) -> tuple[Any, ...]:
    assert info.simple is not None
    default = info.spec.default
    required = default is MISSING and not info.optional
    if default is MISSING or default is None:
        return required, None, declared_simple(info.simple)
    return False, str(default).lower() if isinstance(default, bool) else str(default), declared_simple(info.simple)


def _cardinality(info: FieldInfo) -> tuple[int, int | None]:
    spec = info.spec
    if spec.kind == "wrapped":
        return (0 if info.repeated or info.optional else 1), 1
    if info.repeated:
        return spec.min or 0, spec.max if spec.bounded else None
    return (0 if info.optional and spec.min != 1 else 1) if spec.kind != "flag" else 0, 1


def _expression(group: Any, particles: dict[str, tuple[Model, int, int | None]], inside: str = "") -> Model:
    if isinstance(group, str):
        model, least, most = particles[group]
        return ("repeat", model, max(least, 1) if inside == "choice" else least, most)
    kind = "choice" if type(group).__name__ == "Choice" else "seq"
    return ("repeat", (kind, tuple(_expression(item, particles, kind) for item in group.items)), group.min, group.max)


def _declared_particle(info: FieldInfo, cls: Any, result: TypeModel) -> Model:
    ns = cls.__regwire__.ns.uri
    spec = info.spec
    if spec.kind == "wildcard":
        uris = spec.uris + ns if spec.uris == "##other" else spec.uris
        return ("symbol", ("any", uris if isinstance(uris, str) else " ".join(uris), spec.process))
    if spec.kind == "wrapped":
        symbol = ("element", ns, spec.name or info.xml_name)
        result.children[symbol] = lambda: _wrapped_type(info, cls)
        return ("symbol", symbol)
    elements = [item for item in info.classes if issubclass(item, Element)]
    if elements:
        for item in elements:
            header = item.__regwire__
            result.children["element", header.ns.uri, header.tag] = lambda item=item: declared_type(item)
        return ("choice", tuple(("symbol", ("element", i.__regwire__.ns.uri, i.__regwire__.tag)) for i in elements))
    symbol = ("element", ns, info.xml_name)
    result.children[symbol] = lambda: _value_type(info)
    return ("symbol", symbol)


def _value_type(info: FieldInfo) -> TypeModel:
    if info.spec.kind == "flag":
        return TypeModel(anything=info.spec.process == "any", name=info.name)
    if info.simple is not None:
        return TypeModel(simple=declared_simple(info.simple), name=info.name)
    (cls,) = info.classes
    assert issubclass(cls, Type)
    return declared_type(cls)


def _wrapped_type(info: FieldInfo, cls: Any) -> TypeModel:
    ns = cls.__regwire__.ns.uri
    inner = info.spec.inner
    assert inner is not None
    result = TypeModel(name=f"<{info.spec.name}>")
    most = inner.max if inner.bounded else None
    if inner.kind == "wildcard":
        uris = inner.uris + ns if inner.uris == "##other" else inner.uris
        result.model = ("repeat", ("symbol", ("any", uris, inner.process)), inner.min or 0, most)
        return result
    symbol = ("element", ns, inner.name)
    result.children[symbol] = lambda: _value_type(info)
    result.model = ("repeat", ("symbol", symbol), inner.min or 0, most)
    return result


# --- comparison -------------------------------------------------------------------------------------------------------


def differences(schema: TypeModel, declared: TypeModel, path: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Say where a declared type is not the schema's, from here down."""
    key = (schema.name, declared.name)
    if all(key) and key in seen:
        return
    seen.add(key)
    for what in ("simple", "mixed", "any_attributes", "anything"):
        ours, theirs = getattr(declared, what), getattr(schema, what)
        if ours != theirs:
            yield f"{path}: {what} is {ours}, the schema has {theirs}"
    for name in sorted(schema.attributes.keys() | declared.attributes.keys()):
        ours, theirs = declared.attributes.get(name), schema.attributes.get(name)
        if ours != theirs:
            yield f"{path}/@{name} is {ours}, the schema has {theirs}"
    example = distinguish(schema.model, declared.model)
    if example is not None:
        yield f"{path}: only one of the two accepts {example}"
    for symbol in sorted(schema.children.keys() & declared.children.keys()):
        yield from differences(schema.children[symbol](), declared.children[symbol](), f"{path}/{symbol[2]}", seen)


def distinguish(a: Model, b: Model) -> list[str] | None:
    """Give a shortest sequence of children that only one of two models accepts, None when they are the same."""
    todo: list[tuple[Model, Model, list[str]]] = [(a, b, [])]
    seen = {(a, b)}
    while todo:
        left, right, path = todo.pop(0)
        if _nullable(left) != _nullable(right):
            return path
        for symbol in sorted(_first(left) | _first(right)):
            pair = _derive(left, symbol), _derive(right, symbol)
            if pair not in seen:
                seen.add(pair)
                todo.append((*pair, [*path, symbol[-1] if symbol[0] == "element" else "|".join(symbol)]))
    return None


_NOTHING: Model = ("choice", ())


def _sequence(items: tuple[Model, ...]) -> Model:
    flat: list[Model] = []
    for item in items:
        if item == _NOTHING:
            return _NOTHING
        flat.extend(item[1] if item[0] == "seq" else [item])
    return flat[0] if len(flat) == 1 else ("seq", tuple(flat))


def _choice(items: tuple[Model, ...]) -> Model:
    flat: dict[Model, None] = {}
    for item in items:
        for part in item[1] if item[0] == "choice" else (item,):
            flat[part] = None
    return next(iter(flat)) if len(flat) == 1 else ("choice", tuple(sorted(flat, key=repr)))


def _repeat(item: Model, least: int, most: int | None) -> Model:
    if most == 0 or item == EMPTY:
        return EMPTY
    return item if (least, most) == (1, 1) else ("repeat", item, least, most)


@cache
def _nullable(model: Model) -> bool:
    if model[0] == "symbol":
        return False
    if model[0] == "repeat":
        return model[2] == 0 or _nullable(model[1])
    return all(map(_nullable, model[1])) if model[0] == "seq" else any(map(_nullable, model[1]))


@cache
def _first(model: Model) -> frozenset[Symbol]:
    if model[0] == "symbol":
        return frozenset({model[1]})
    if model[0] == "repeat":
        return _first(model[1]) if model[3] != 0 else frozenset()
    found: set[Symbol] = set()
    for item in model[1]:
        found |= _first(item)
        if model[0] == "seq" and not _nullable(item):
            break
    return frozenset(found)


@cache
def _derive(model: Model, symbol: Symbol) -> Model:
    """Give what may follow once ``symbol`` was read (Brzozowski's derivative)."""
    if model[0] == "symbol":
        return EMPTY if model[1] == symbol else _NOTHING
    if model[0] == "choice":
        return _choice(tuple(_derive(item, symbol) for item in model[1]))
    if model[0] == "repeat":
        _, item, least, most = model
        rest = _repeat(item, max(least - 1, 0), None if most is None else most - 1)
        return _sequence((_derive(item, symbol), rest))
    options = []
    for i, item in enumerate(model[1]):
        options.append(_sequence((_derive(item, symbol), *model[1][i + 1 :])))
        if not _nullable(item):
            break
    return _choice(tuple(options))
