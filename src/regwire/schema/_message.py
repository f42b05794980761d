"""The classes that messages are declared with: `Element`, `Type` and the metaclass behind them."""

from __future__ import annotations

import base64 as _base64
import datetime as _dt
import enum
import inspect
import sys
import threading
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Final, Self, TypeVar, dataclass_transform

import regwire_native as _native

from regwire.errors import DeclarationError
from regwire.schema import _simple as simple_types
from regwire.schema._fields import MISSING, Namespace, Spec, attribute, child, content, flag, wildcard, wrapped
from regwire.schema._help import constructor_signature, field_texts
from regwire.schema._models import Group, _Any
from regwire.schema._simple import Simple

M = TypeVar("M", bound="Message")

MASK: Final = "***"
"""What a secret value shows as."""

_LOCK: Final = threading.RLock()

_BARE: Final[dict[type, Simple]] = {
    bool: simple_types.boolean(),
    int: simple_types.integer(),
    Decimal: simple_types.decimal(),
    _dt.date: simple_types.date(),
    _dt.datetime: simple_types.date_time(),
}
"""Python types that need no facet: their XML type is plain."""


@dataclass(slots=True)
class FieldInfo:
    """One field of a message class, after its annotation was resolved."""

    name: str
    spec: Spec
    xml_name: str
    owner: MessageMeta
    optional: bool = False
    repeated: bool = False
    simple: Simple | None = None
    classes: tuple[MessageMeta, ...] = ()
    raw: bool = False

    @property
    def secret(self) -> bool:
        """Whether the value never shows."""
        return self.simple is not None and self.simple.secret

    @property
    def default(self) -> Any:
        """What an absent field holds, or MISSING when it must be given."""
        spec = self.spec
        if spec.default is not MISSING:
            return spec.default
        if spec.kind == "attribute" and spec.fixed is not None:
            return spec.fixed
        if self.repeated:
            return MISSING if self._demanded() else ()
        return None if self.optional else MISSING

    def _demanded(self) -> bool:
        spec: Spec | None = self.spec
        if spec is not None and spec.kind == "wrapped":
            return spec.min == 1
        return bool(spec and spec.min)


@dataclass(slots=True)
class Declaration:
    """What a class header says, and the fields once they are resolved."""

    ns: Namespace | None = None
    tag: str | None = None
    content: Group | _Any | None = None
    abstract: bool = False
    substitutes: MessageMeta | None = None
    type_name: str | None = None
    type_ns: Namespace | None = None
    mixed: bool = False
    any_attributes: bool = False
    transparent: bool = False
    nillable: bool = False
    annotations: Mapping[str, Any] = field(default_factory=dict)
    specs: Mapping[str, Spec] = field(default_factory=dict)
    scope: Mapping[str, Any] = field(default_factory=dict)
    base: MessageMeta | None = None
    heirs: list[MessageMeta] = field(default_factory=list)
    substitutes_of: list[MessageMeta] = field(default_factory=list)
    fields: tuple[FieldInfo, ...] | None = None


def camel_case(name: str) -> str:
    """`auth_info` -> `authInfo`; a trailing underscore (for Python's keywords) is dropped."""
    head, *tail = name.rstrip("_").split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in tail)


@dataclass_transform(
    eq_default=True, frozen_default=True, field_specifiers=(attribute, child, content, flag, wildcard, wrapped)
)
class MessageMeta(type):
    """Makes message classes: slotted, immutable, with a native constructor."""

    __regwire__: Declaration
    __ns__: Namespace | None
    __tag__: str | None
    __match_args__: tuple[str, ...]

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        ns: Namespace | None = None,
        tag: str | None = None,
        content: Group | _Any | None = None,
        abstract: bool = False,
        substitutes: type[Element] | None = None,
        type_name: str | None = None,
        mixed: bool = False,
        any_attributes: bool = False,
        transparent: bool = False,
        nillable: bool = False,
    ) -> MessageMeta:
        """Make the class; annotations are resolved later, so that they may name classes that come later."""
        base = next((b for b in bases if isinstance(b, MessageMeta)), None)
        annotations = _own_annotations(namespace)
        specs = _take_specs(name, namespace, annotations)
        _refuse_reserved(name, namespace, annotations, base)
        known = base.__regwire__ if base is not None else Declaration()
        order = [*(() if base is None else base.__match_args__), *annotations]
        names = {field: specs[field].name or camel_case(field) for field in annotations}
        namespace["__slots__"] = field_texts(ns or known.ns, names, specs)
        namespace["__match_args__"] = tuple(order)
        type_ns = (ns or known.ns) if type_name is not None else None
        if type_name is None and known.abstract and not annotations:
            # The element of an abstract class that adds nothing is of that class's type.
            type_name, type_ns = known.type_name, known.type_ns
        cls = super().__new__(mcs, name, bases, namespace)
        cls.__ns__ = ns or known.ns
        cls.__tag__ = tag
        cls.__regwire__ = Declaration(
            ns=ns or known.ns,
            tag=tag,
            content=content,
            abstract=abstract,
            substitutes=substitutes,
            type_name=type_name,
            type_ns=type_ns,
            mixed=mixed or known.mixed,
            any_attributes=any_attributes or known.any_attributes,
            transparent=transparent,
            nillable=nillable,
            annotations=annotations,
            specs=specs,
            scope=_caller_scope(),
            base=base if base is not None and base.__module__ != __name__ else None,
        )
        if base is not None:
            _check_header(cls, bases)
            _native.adopt_class(cls, cls.__match_args__, seal)
            for field_name, spec in specs.items():
                if spec.later:
                    type.__setattr__(cls, field_name, _native.put_off(cls, field_name))
        return cls

    def __init__(cls, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args)

    @property
    def __signature__(cls) -> inspect.Signature:
        """The constructor's parameters, resolved when somebody asks (`help()`, editors)."""
        hints: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            if isinstance(base, MessageMeta):
                hints |= base.__regwire__.annotations
        return constructor_signature(fields_of(cls), hints)

    def __setattr__(cls, name: str, value: Any) -> None:
        if name in cls.__dict__.get("__match_args__", ()):
            raise AttributeError(f"{cls.__qualname__}.{name} is a field and cannot be replaced")
        super().__setattr__(name, value)


def _own_annotations(namespace: Mapping[str, Any]) -> dict[str, Any]:
    raw: Mapping[str, Any] = namespace.get("__annotations__", {})
    if not raw and sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415

        annotate = annotationlib.get_annotate_from_class_namespace(namespace)
        if annotate is not None:
            raw = annotationlib.call_annotate_function(annotate, annotationlib.Format.FORWARDREF)
    return {k: v for k, v in raw.items() if not k.startswith("__") and not _is_class_var(v)}


def _is_class_var(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.startswith(("ClassVar", "typing.ClassVar", "Final", "typing.Final"))
    return typing.get_origin(annotation) in {ClassVar, Final} or annotation in {ClassVar, Final}


def _take_specs(name: str, namespace: dict[str, Any], annotations: Mapping[str, Any]) -> dict[str, Spec]:
    """Take the specifiers (and the plain defaults) out of the class body: slots must not collide with them."""
    specs = {}
    for key in annotations:
        value = namespace.pop(key, MISSING)
        if isinstance(value, Spec):
            specs[key] = value
        elif value is MISSING:
            specs[key] = Spec("child")
        elif value is None or value == ():
            specs[key] = Spec("child", default=value)
        else:
            raise DeclarationError(
                f"{name}.{key}", f"= {value!r} is no field specifier; an element's default can only be None or ()"
            )
    for key, value in namespace.items():
        if isinstance(value, Spec):
            raise DeclarationError(f"{name}.{key}", "has a specifier but no annotation; write its type")
    return specs


def _refuse_reserved(
    name: str, namespace: Mapping[str, Any], annotations: Mapping[str, Any], base: MessageMeta | None
) -> None:
    for key in annotations:
        if key in {"replace", "to_dict"} or key.startswith("_"):
            raise DeclarationError(f"{name}.{key}", "cannot be a field's name; name the element with child(...)")
        if base is not None and key in base.__match_args__:
            raise DeclarationError(f"{name}.{key}", f"is already a field of {base.__qualname__}; fields are inherited")
    if base is None:
        return
    for key in ("__init__", "__new__", "__slots__", "__setattr__", "__del__"):
        if key in namespace:
            raise DeclarationError(name, f"a message class has no {key} of its own; use a function that builds it")


def _caller_scope() -> Mapping[str, Any]:
    """Names of the function a class is declared in, so that its annotations can be resolved later."""
    frame = sys._getframe(2)
    return dict(frame.f_locals) if frame.f_code.co_flags & 0x1 else {}


def _check_header(cls: MessageMeta, bases: tuple[type, ...]) -> None:
    d = cls.__regwire__
    where = cls.__qualname__
    if sum(isinstance(b, MessageMeta) for b in bases) > 1:
        raise DeclarationError(where, "derives from two message classes; XML Schema types have one base")
    if any(not isinstance(b, MessageMeta) and "__dict__" in dir(b) and b.__dictoffset__ for b in bases):
        raise DeclarationError(where, "a mixin needs __slots__ = ()")
    is_element = any(b.__name__ == "Element" and b.__module__ == __name__ for b in cls.__mro__)
    if cls.__module__ == __name__ and cls.__bases__ and cls.__name__ in {"Element", "Type"}:
        return
    if is_element and (d.ns is None or (d.tag is None and not d.abstract)):
        raise DeclarationError(where, 'an Element needs ns= and tag=, as class X(Element, ns=NS, tag="x")')
    if not is_element and d.tag is not None:
        raise DeclarationError(where, "a Type has no tag; make it an Element, or name it where it is used")
    if d.substitutes is not None:
        if not is_element:
            raise DeclarationError(where, "only an Element can substitute another")
        d.substitutes.__regwire__.substitutes_of.append(cls)
    if d.base is not None and d.type_name is not None:
        base = d.base.__regwire__
        if (d.type_ns, d.type_name) != (base.type_ns, base.type_name):
            base.heirs.append(cls)


def fields_of(cls: MessageMeta) -> tuple[FieldInfo, ...]:
    """Resolve the fields of a class, bases first; raises DeclarationError with the field's name and the cure."""
    d = cls.__regwire__
    if d.fields is None:
        with _LOCK:
            if d.fields is None:
                inherited = fields_of(d.base) if d.base is not None else ()
                d.fields = inherited + tuple(_resolve(cls, n, a, d.specs[n]) for n, a in d.annotations.items())
    return d.fields


def seal(cls: MessageMeta) -> None:
    """Give the native constructor what it needs: called once for each class, at its first use."""
    with _LOCK:
        fields = fields_of(cls)
        _native.seal_class(cls, tuple(f.default for f in fields), MISSING)


def _resolve(cls: MessageMeta, name: str, annotation: Any, spec: Spec) -> FieldInfo:
    where = f"{cls.__qualname__}.{name}"
    hint = _evaluate(cls, where, annotation)
    info = FieldInfo(name, spec, spec.name or camel_case(name), cls)
    facet, hint = _split_annotated(hint)
    if facet is None:
        hint = _strip_optional(info, hint)
        if facet is None:
            facet, hint = _split_annotated(hint)
        if facet is None and typing.get_origin(hint) is tuple:
            args = typing.get_args(hint)
            if len(args) != 2 or args[1] is not Ellipsis:
                raise DeclarationError(where, "a repeated field is tuple[X, ...]")
            info.repeated = True
            facet, hint = _split_annotated(args[0])
    if spec.kind == "flag":
        _require_bool(where, hint, info)
        return info
    _classify(info, where, facet, hint)
    _check_kind(info, where)
    return info


def _require_bool(where: str, hint: Any, info: FieldInfo) -> None:
    if hint is not bool or info.optional or info.repeated:
        raise DeclarationError(where, "a flag() is a bool: True when the element is there")


def _evaluate(cls: MessageMeta, where: str, annotation: Any) -> Any:
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(cls.__module__)
    names = {**(vars(module) if module is not None else {})}
    try:
        return eval(annotation, names, {**cls.__regwire__.scope, cls.__name__: cls})  # noqa: S307 - our caller's code
    except Exception as error:
        raise DeclarationError(where, f"its annotation {annotation!r} cannot be resolved: {error}") from None


def _split_annotated(hint: Any) -> tuple[Simple | None, Any]:
    if typing.get_origin(hint) is not typing.Annotated:
        return None, hint
    base, *extras = typing.get_args(hint)
    for extra in extras:
        if isinstance(extra, Simple):
            return extra, base
    return None, base


def _strip_optional(info: FieldInfo, hint: Any) -> Any:
    if typing.get_origin(hint) not in {typing.Union, types.UnionType}:
        return hint
    args = typing.get_args(hint)
    rest = tuple(a for a in args if a is not type(None))
    if len(rest) == len(args):
        return hint
    info.optional = True
    return rest[0] if len(rest) == 1 else typing.Union[rest]  # noqa: UP007 - built at run time


def _classify(info: FieldInfo, where: str, facet: Simple | None, hint: Any) -> None:
    """Find out whether the field holds a simple value, message classes or raw XML."""
    if facet is not None:
        info.simple = _narrow(facet, hint)
        return
    if typing.get_origin(hint) is typing.Literal:
        info.simple = _literal(where, typing.get_args(hint))
        return
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        info.simple = _literal(where, tuple(hint))
        return
    if isinstance(hint, type) and hint in _BARE:
        info.simple = _BARE[hint]
        return
    parts = typing.get_args(hint) if typing.get_origin(hint) in {typing.Union, types.UnionType} else (hint,)
    classes = []
    for part in parts:
        if part is _native.Raw:
            info.raw = True
        elif isinstance(part, MessageMeta):
            classes.append(part)
        elif part is str or part is bytes:
            cure = "Annotated[str, token()]" if part is str else "Annotated[bytes, base64()]"
            raise DeclarationError(where, f"{part.__name__} alone does not say which XML type it is; write {cure}")
        else:
            raise DeclarationError(where, f"{part!r} is no type of a field: a message class or Annotated[type, facet]")
    info.classes = tuple(classes)


def _narrow(facet: Simple, hint: Any) -> Simple:
    """An `Annotated[Literal[...], token(...)]` keeps the facets and takes the enumeration from the Literal."""
    if typing.get_origin(hint) is typing.Literal and not facet.enumeration:
        return facet.with_enumeration(typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum) and not facet.enumeration:
        return facet.with_enumeration(tuple(hint))
    return facet


def _literal(where: str, values: tuple[object, ...]) -> Simple:
    plain = [v.value if isinstance(v, enum.Enum) else v for v in values]
    if all(isinstance(v, str) for v in plain):
        return simple_types.token(enumeration=values)
    if all(isinstance(v, int) and not isinstance(v, bool) for v in plain):
        return simple_types.integer(enumeration=values)
    raise DeclarationError(where, "an enumeration is of str only or of int only")


def _check_kind(info: FieldInfo, where: str) -> None:
    spec = info.spec
    kind = spec.kind
    if kind in {"attribute", "content"} and (info.simple is None or info.repeated):
        cure = "use list_of(...) for an xs:list" if info.repeated else "it holds one simple value"
        raise DeclarationError(where, f"{kind}() cannot be of this type; {cure}")
    nillable = info.owner.__regwire__.nillable
    if kind == "content" and info.optional and not nillable:
        raise DeclarationError(where, "content() is never None: an empty element has empty text")
    if kind == "content" and nillable and not info.optional:
        raise DeclarationError(where, "the content() of a nillable class is None where xsi:nil says so; write `| None`")
    if spec.later and not (info.repeated and info.classes):
        raise DeclarationError(where, "later= is for a tuple of messages")
    if not info.repeated and spec.kind == "child" and (spec.max is not None and spec.max > 1):
        raise DeclarationError(where, f"max={spec.max} needs a tuple[X, ...]")
    inner = spec
    while inner.kind == "wrapped" and inner.inner is not None:
        inner = inner.inner
    if inner.kind == "wildcard" and info.simple is not None:
        raise DeclarationError(where, "a wildcard() holds Element | Raw, or a tuple of them")
    if inner.kind != "wildcard" and info.raw:
        raise DeclarationError(where, "Raw content needs a wildcard()")
    if inner.kind != "wildcard" and any(c in _ABSTRACT_ROOTS for c in info.classes):
        raise DeclarationError(where, "any Element at all needs a wildcard(); else name the classes")


class Message(metaclass=MessageMeta):
    """What elements and types have in common; never derived from directly."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__qualname__} is immutable; use replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__qualname__} is immutable")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return _native.values_of(self) == _native.values_of(other)

    def __hash__(self) -> int:
        return hash((type(self), _native.values_of(self)))

    def __repr__(self) -> str:
        parts = []
        for f in fields_of(type(self)):
            value = getattr(self, f.name)
            if value is None or (f.repeated and value == ()) or (f.spec.kind == "flag" and value is False):
                continue
            parts.append(f"{f.name}={MASK!r}" if f.secret else f"{f.name}={_shown(f, value)}")
        return f"{type(self).__qualname__}({', '.join(parts)})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), _native.values_of(self)

    def replace(self, **changes: Any) -> Self:
        """Give a copy with some fields changed; raises TypeError on a name that is no field."""
        return replace(self, **changes)

    def to_dict(self, *, secrets: bool = False) -> dict[str, Any]:
        """Convert to plain data: dict, list, str, int, float never; secrets are masked unless `secrets`.

        Decimals, dates, durations become str, bytes the text of their type (base64, hexadecimal), raw content its XML
        as str. Where a field may hold several classes, the class's tag is added under `"tag"`.
        """
        return to_dict(self, secrets=secrets)


class Element(Message):
    """A global element: it has a namespace and a tag of its own, and may stand where a wildcard is."""


class Type(Message):
    """A complex type: an element of it is named by the field that holds it."""


_ABSTRACT_ROOTS: Final = frozenset({Message, Element, Type})


def replace(message: M, **changes: Any) -> M:
    """Give a copy of `message` with some fields changed; raises TypeError on a name that is no field."""
    copy: M = _native.replace_fields(message, changes)
    return copy


def _shown(f: FieldInfo, value: Any) -> str:
    """A field's value for `repr`; of text in the place of a class its type only: it may be a secret, misplaced."""
    if f.classes and isinstance(value, str | bytes):
        return f"<{type(value).__name__}>"
    return repr(value)


def to_dict(message: Message, *, secrets: bool = False) -> dict[str, Any]:
    """Convert a message to plain data; see `Message.to_dict`."""
    out: dict[str, Any] = {}
    for f in fields_of(type(message)):
        value = getattr(message, f.name)
        if f.secret and not secrets and value is not None:
            out[f.name] = MASK
        elif isinstance(value, bytes) and f.simple is not None and f.simple.kind == "hexBinary":
            out[f.name] = value.hex().upper()
        else:
            tagged = len(f.classes) > 1 or any(
                c in _ABSTRACT_ROOTS or c.__regwire__.heirs or c.__regwire__.substitutes_of for c in f.classes
            )
            out[f.name] = _plain(value, secrets=secrets, tagged=tagged or f.raw)
    return out


def _plain(value: Any, *, secrets: bool, tagged: bool) -> Any:
    if isinstance(value, Message):
        plain = to_dict(value, secrets=secrets)
        d = type(value).__regwire__
        return {"tag": d.tag or d.type_name or type(value).__name__, **plain} if tagged else plain
    if isinstance(value, tuple | list):
        return [_plain(v, secrets=secrets, tagged=tagged) for v in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, _dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, _dt.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return _base64.b64encode(value).decode()
    if isinstance(value, _native.Raw):
        return {"tag": value.tag, "namespace": value.namespace, "xml": value.xml.decode()}
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)
