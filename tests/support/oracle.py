"""A naive decoder: lxml parses, libxml2 validates against the XML schemas, and the declarations say where values go.

It shares nothing with the compiled codec but the declarations, and is as plain as it can be: what it takes and the
values it gives are what the codec is compared with. `plain` turns messages of either origin into data that compares.
"""

import base64
import datetime as dt
import re
from decimal import Decimal
from typing import Any

from lxml import etree
from xml_schemas import iris_validator, validator

from regwire.schema import ANY, All, Duration, Element, QName, Raw, Schema
from regwire.schema._fields import MISSING
from regwire.schema._message import FieldInfo, Message, fields_of
from regwire.schema._simple import Simple

_NAME = Simple("QName")
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_SPACE = re.compile(r"[ \t\r\n]+")
_ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)$")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(remove_comments=True, remove_pis=True, resolve_entities=False, no_network=True)


class Refused(Exception):
    """The document is not well-formed or not valid."""


class IllFormed(Refused):
    """The document is not well-formed."""


class Oracle:
    """Decodes the documents of one Schema."""

    def __init__(self, schema: Schema) -> None:
        self._roots = schema.roots
        self._elements = {(cls.__regwire__.ns.uri, cls.__regwire__.tag): cls for cls in schema.elements}
        namespaces = frozenset(schema.namespaces)
        is_iris = any(uri.endswith(":iris1") for uri in namespaces)
        self._validator = iris_validator(namespaces) if is_iris else validator(namespaces)

    def decode(self, frame: bytes) -> Any:
        """Return the message in a frame as `plain` data; raises `Refused` with libxml2's reason."""
        root = self.read(frame)
        self.verify(root)
        return self.values(root)

    def read(self, frame: bytes) -> etree._Element:
        """Parse a frame; raises `IllFormed`, or `Refused` for a document type declaration."""
        parser = _parser()
        try:
            root = etree.fromstring(frame, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise IllFormed(str(error)) from None
        # lxml looks at libxml2's last message only: a warning hides an undeclared prefix before it.
        errors = parser.error_log.filter_from_errors()
        if errors:
            raise IllFormed(str(errors[0].message))
        if root.getroottree().docinfo.doctype:
            raise Refused("a document type declaration")
        return root

    def verify(self, root: etree._Element) -> None:
        """Validate a document; raises `Refused` with libxml2's reason."""
        if not self._validator.validate(root):
            raise Refused(str(self._validator.error_log.last_error))
        if root.tag not in {_tag(cls) for cls in self._roots}:
            raise Refused(f"root {root.tag}")

    def values(self, root: etree._Element) -> Any:
        """Give a document's values, as far as Python has them (else raises `Refused`)."""
        try:
            if self._roots[0].__regwire__.transparent:
                (field,) = fields_of(self._roots[0])
                return self._choice(field.classes, root[0])
            return self._choice(self._roots, root)
        except (ValueError, OverflowError) as error:
            raise Refused(f"no value of Python: {error}") from None

    def _choice(self, classes: Any, node: etree._Element) -> Any:
        for cls in self._members(classes):
            if _tag(cls) == node.tag:
                return self._object(cls, node)
        raise AssertionError(node.tag)

    def _members(self, classes: Any) -> list[Any]:
        """Give the classes and what substitutes them."""
        found = []
        for cls in classes:
            header = cls.__regwire__
            if not header.abstract:
                found.append(cls)
            given = [c for c in header.substitutes_of if c.__regwire__.ns == header.ns or c in self._elements.values()]
            found.extend(self._members(given))
        return found

    def _object(self, cls: Any, node: etree._Element) -> Any:
        cls = self._chosen(cls, node)
        header = cls.__regwire__
        values: dict[str, Any] = {}
        rest = [] if header.content is ANY else list(node)
        for info in fields_of(cls):
            kind = info.spec.kind
            if kind == "attribute":
                values[info.name] = _attribute(info, node)
            elif kind == "content":
                text = "".join(node.xpath("text()"))
                nil = node.get(_NIL, "0").strip(" \t\r\n") in {"1", "true"}
                values[info.name] = None if nil else _value(info.simple, text)
            elif isinstance(header.content, All):
                # Any order: only those of this field are of its name.
                own = [item for item in rest if item.tag == f"{{{info.owner.__regwire__.ns.uri}}}{info.xml_name}"]
                values[info.name] = self._collect(info, info.spec, own)
                rest = [item for item in rest if item not in own]
            else:
                values[info.name], rest = self._children(info, rest)
        assert not rest, (cls, rest)
        return cls.__name__, values

    def _chosen(self, cls: Any, node: etree._Element) -> Any:
        """The class of the derived type that `xsi:type` names; libxml2 has checked that it is one."""
        if (named := node.get(_TYPE)) is None:
            return cls
        name = _qname(_NAME, named, node)
        todo = [cls]
        while todo:
            header = (known := todo.pop()).__regwire__
            if header.type_ns is not None and (header.type_ns.uri, header.type_name) == (name.namespace, name.local):
                return known
            todo.extend(header.heirs)
        return cls

    def _children(self, info: FieldInfo, rest: list[etree._Element]) -> tuple[Any, list[etree._Element]]:
        uri = info.owner.__regwire__.ns.uri
        spec = info.spec
        if spec.kind == "wrapped":
            wrapper, rest = _take(rest, lambda item: item.tag == f"{{{uri}}}{spec.name}")
            inner = [item for outer in wrapper for item in outer]
            return self._collect(info, spec.inner, inner), rest
        found, rest = _take(rest, lambda item: self._belongs(info, uri, item))
        return self._collect(info, spec, found), rest

    def _belongs(self, info: FieldInfo, uri: str, node: etree._Element) -> bool:
        spec = info.spec
        if spec.kind == "wildcard":
            namespace = etree.QName(node).namespace or ""
            if spec.uris == "##other":
                return namespace not in {uri, ""}
            return spec.uris == "##any" or namespace in spec.uris
        elements = [item for item in info.classes if issubclass(item, Element) and not _is_local(info)]
        names = {_tag(item) for item in self._members(elements)}
        return node.tag in (names or {f"{{{uri}}}{info.xml_name}"})

    def _collect(self, info: FieldInfo, spec: Any, found: list[etree._Element]) -> Any:
        if spec.kind == "flag":
            return bool(found)
        values = [self._one(info, spec, node) for node in found]
        if info.repeated:
            return values
        assert len(values) <= 1, info.name
        return values[0] if values else None

    def _one(self, info: FieldInfo, spec: Any, node: etree._Element) -> Any:
        if spec.kind == "wildcard":
            name = etree.QName(node)
            cls = self._elements.get((name.namespace, name.localname))
            return _raw(node) if cls is None or spec.process == "skip" else self._object(cls, node)
        if info.simple is not None:
            return _value(info.simple, "".join(node.xpath("text()")))
        if (len(info.classes) > 1 or issubclass(info.classes[0], Element)) and not _is_local(info):
            return self._choice(info.classes, node)
        return self._object(info.classes[0], node)


def _tag(cls: Any) -> str:
    return f"{{{cls.__regwire__.ns.uri}}}{cls.__regwire__.tag}"


def _is_local(info: FieldInfo) -> bool:
    """The field's elements have a name of their own."""
    spec = info.spec
    while spec.kind == "wrapped" and spec.inner is not None:
        spec = spec.inner
    return spec.kind == "child" and spec.name is not None


def _take(nodes: list[etree._Element], wanted: Any) -> tuple[list[etree._Element], list[etree._Element]]:
    """Split off the leading run of nodes that are wanted: declarations are in document order."""
    count = 0
    while count < len(nodes) and wanted(nodes[count]):
        count += 1
    return nodes[:count], nodes[count:]


def _attribute(info: FieldInfo, node: etree._Element) -> Any:
    ns = info.spec.ns
    text = node.get(info.xml_name if ns is None else f"{{{ns.uri}}}{info.xml_name}")
    if text is None:
        return None if info.spec.default is MISSING else plain(info.spec.default)
    if info.simple is not None and info.simple.kind == "QName":
        return _qname(info.simple, text, node)
    return _value(info.simple, text)


def _qname(simple: Simple, text: str, node: etree._Element) -> Any:
    text = text.strip(" \t\r\n")
    if text in {word for word, _ in simple.enumeration}:
        return text
    prefix, _, local = text.rpartition(":")
    bound = {**node.nsmap, "xml": "http://www.w3.org/XML/1998/namespace"}
    return QName(bound.get(prefix or None) or "", local)


def _raw(node: etree._Element) -> tuple[str, bytes]:
    try:
        return "Raw", _canonical(node)
    except etree.C14NError:
        # libxml2 parses relative namespace names (deprecated, yet allowed), and refuses to canonicalise them.
        text = _RELATIVE.sub(rb' xmlns\1="relative:\2"', etree.tostring(node, with_tail=False))
        return "Raw", _canonical(etree.fromstring(text, _parser()))


_RELATIVE = re.compile(rb' xmlns(:[^= ]+)?="([^":]+)"')
"""A declaration of a relative namespace name, as lxml writes it. Text that looks like one is changed on both sides."""


def _canonical(node: etree._Element) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=True, with_tail=False)


def _value(simple: Simple | None, text: str) -> Any:
    assert simple is not None
    if simple.kind == "normalizedString":
        return re.sub(r"[\t\r\n]", " ", text)
    if simple.kind == "string":
        return text
    text = _SPACE.sub(" ", text).strip(" ")
    match simple.kind:
        case "integer":
            return int(text)
        case "decimal":
            return Decimal(text)
        case "boolean":
            return text in {"1", "true"}
        case "date":
            return dt.date.fromisoformat(_ZONE.sub("", text))
        case "dateTime":
            return _date_time(text)
        case "duration":
            return Duration.parse(text)
        case "base64Binary":
            return base64.b64decode(text.replace(" ", ""), validate=True)
        case "hexBinary":
            return bytes.fromhex(text)
    return text


def _date_time(text: str) -> dt.datetime:
    zone = _ZONE.search(text)
    bare = _ZONE.sub("", text)
    whole, _, fraction = bare.partition(".")
    midnight = "T24:00:00" in whole
    value = dt.datetime.fromisoformat(whole.replace("T24:", "T00:"))
    value = value.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0, tzinfo=dt.UTC)
    value += dt.timedelta(days=int(midnight))
    if zone is None or zone[0] == "Z":
        return value
    hours, minutes = int(zone[0][1:3]), int(zone[0][4:])
    return value - dt.timedelta(hours=hours, minutes=minutes) * (1 if zone[0][0] == "+" else -1)


def plain(value: Any) -> Any:
    """Turn a decoded value into data: (class name, fields), lists, plain values; raw elements in canonical form."""
    if isinstance(value, Message):
        return type(value).__name__, {name: plain(getattr(value, name)) for name in value.__match_args__}
    if isinstance(value, Raw):
        return _raw(etree.fromstring(value.xml, _parser()))
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value
