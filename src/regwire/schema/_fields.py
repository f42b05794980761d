"""Field specifiers: how a field of a message class maps to XML."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any, Final, Literal

from regwire.errors import DeclarationError


class _Missing:
    """The type of `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""No default was given."""

INHERIT: Final = _Missing()
"""The namespace is the class's own."""


XML_URI: Final = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True)
class Namespace:
    """An XML namespace and the prefix it is written with; no prefix (None or "") writes it as the default."""

    uri: str
    prefix: str | None = None

    def __post_init__(self) -> None:
        if not self.uri or not self.uri.isascii() or any(c in self.uri for c in "<>\"'& \t\r\n"):
            raise DeclarationError(f"Namespace({self.uri!r})", "is no namespace name: a URI in ASCII is needed")
        if self.prefix and (
            not self.prefix.isascii()
            or not self.prefix.replace("-", "").replace("_", "").replace(".", "").isalnum()
            or not (self.prefix[0].isalpha() or self.prefix[0] == "_")
            or (self.prefix.lower().startswith("xml") and self.uri != XML_URI)
        ):
            raise DeclarationError(f"Namespace({self.uri!r})", f"{self.prefix!r} cannot be a prefix")

    def __str__(self) -> str:
        return self.uri


def _unqualified() -> Namespace:
    namespace = object.__new__(Namespace)
    object.__setattr__(namespace, "uri", "")
    object.__setattr__(namespace, "prefix", None)
    return namespace


UNQUALIFIED: Final = _unqualified()
"""No namespace: for documents that have none, such as BEEP's. Its URI is empty."""

XML: Final = Namespace(XML_URI, "xml")
"""The namespace of `xml:lang`, which needs no declaration."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What a field specifier says; `kind` is attribute, child, content, wildcard, wrapped or flag."""

    kind: str
    name: str | None = None
    ns: Namespace | _Missing | None = INHERIT
    default: Any = MISSING
    fixed: str | None = None
    min: int | None = None
    max: int | None = None
    bounded: bool = False
    uris: str | tuple[str, ...] = "##other"
    process: str = "strict"
    inner: Spec | None = None
    marker: str | None = None
    kw_only: bool = False
    type_name: str | None = None
    strangers: bool = False
    later: bool = False
    written: bool = False


Process = Literal["strict", "lax", "skip"]

MARKERS: Final = frozenset({"command", "object", "extension", "cl_trid", "login_version", "login_lang"})
"""What a marker may say: which part of a refused frame a field is (`Fault`'s attributes)."""

_UNBOUNDED: Final = object()


def _occurs(kind: str, low: int | None, high: Any) -> tuple[int | None, int | None, bool]:
    bounded = high is not _UNBOUNDED
    if low is not None and (low < 0 or (bounded and high is not None and high < max(low, 1))):
        raise DeclarationError(kind, f"min={low}, max={high} allow no value")
    return low, (high if bounded else None), bounded


def _check_marker(marker: str | None) -> None:
    if marker is not None and marker not in MARKERS:
        raise DeclarationError(f"marker={marker!r}", f"no such marker; one of {', '.join(sorted(MARKERS))}")


def attribute(
    name: str | None = None,
    *,
    default: Any = MISSING,
    written: bool = False,
    fixed: str | None = None,
    ns: Namespace | None = None,
    marker: str | None = None,
    kw_only: bool = False,
) -> Any:
    """An attribute. `name` overrides the camelCase of the field's name; `ns` is for qualified attributes.

    Required unless the field's type is optional or a default is given; the schema's `default` is filled in on decode
    and left out on encode, unless it is to be `written` (for peers that read without the schema). With `fixed`, no
    other value is accepted. `kw_only` tells type checkers that the field is given by keyword, for required fields that
    follow optional ones.
    """
    _check_marker(marker)
    return Spec("attribute", name, ns, default, fixed, marker=marker, kw_only=kw_only, written=written)


def child(
    name: str | None = None,
    *,
    min: int | None = None,
    max: Any = _UNBOUNDED,
    ns: Namespace | _Missing | None = INHERIT,
    default: Any = MISSING,
    marker: str | None = None,
    kw_only: bool = False,
    strangers: bool = False,
    later: bool = False,
) -> Any:
    """A child element. `name` overrides the camelCase of the field's name; `ns=None` makes it unqualified.

    `min` and `max` bound a repeated field (`max=None`: unbounded). `default` may only be what absence means anyway,
    None or `()`; give it where a type checker asks for it. `strangers`, on a choice of Elements: role server keeps an
    element of another namespace that no declaration of the Schema claims as `Raw`, so that it can be answered. `later`,
    for one field of a class, of repeated messages: the tuple of a decoded message is checked as ever, but may be built
    when the field is first read.
    """
    _check_marker(marker)
    low, high, bounded = _occurs("child", min, max)
    if default is not MISSING and default is not None and default != ():
        raise DeclarationError("child", f"default={default!r}: an absent element is None or (), nothing else")
    return Spec(
        "child",
        name,
        ns,
        default,
        min=low,
        max=high,
        bounded=bounded,
        marker=marker,
        kw_only=kw_only,
        strangers=strangers,
        later=later,
    )


def flag(
    name: str | None = None,
    *,
    ns: Namespace | _Missing | None = INHERIT,
    default: bool = False,
    process: Literal["any", "empty"] = "any",
    kw_only: bool = False,
) -> Any:
    """An element whose presence is the value: a bool field, True when the element is there.

    `process="any"` is for elements declared without a type (`xs:anyType`: content is accepted and dropped, except that
    role server refuses it), `"empty"` for those declared with an empty one.
    """
    return Spec("flag", name, ns, default, process=process, kw_only=kw_only)


def content(*, default: Any = MISSING, marker: str | None = None, kw_only: bool = False) -> Any:
    """The simple content: the text of the element itself (in a `mixed` class: all text directly in it, joined)."""
    _check_marker(marker)
    return Spec("content", default=default, marker=marker, kw_only=kw_only)


def wildcard(
    *,
    ns: str | Seq[str] = "##other",
    min: int | None = None,
    max: Any = _UNBOUNDED,
    process: Process = "strict",
    default: Any = MISSING,
    marker: str | None = None,
    kw_only: bool = False,
) -> Any:
    """Any element of some namespaces: `"##other"` than the class's, `"##any"`, or a sequence of URIs.

    `process` is XML Schema's processContents. strict: a declared global element decodes typed; an undeclared one is a
    fault (roles strict and server) or stays `Raw` (role client). lax: undeclared stays `Raw` in every role. skip:
    always `Raw`.
    """
    _check_marker(marker)
    low, high, bounded = _occurs("wildcard", min, max)
    if isinstance(ns, str) and ns not in {"##other", "##any"}:
        ns = (ns,)
    uris = ns if isinstance(ns, str) else tuple(ns)
    return Spec(
        "wildcard",
        default=default,
        min=low,
        max=high,
        bounded=bounded,
        uris=uris,
        process=process,
        marker=marker,
        kw_only=kw_only,
    )


def wrapped(
    name: str,
    inner: Any = None,
    *,
    marker: str | None = None,
    ns: Namespace | _Missing | None = INHERIT,
    optional: bool | None = None,
    default: Any = MISSING,
    kw_only: bool = False,
    type_name: str | None = None,
) -> Any:
    """An element `name` that only wraps `inner` (a `child` or `wildcard`); the field holds the inner value or tuple.

    The wrapper is optional for a tuple (absent means `()`) and for an optional field, unless `optional` says otherwise.
    `type_name`: what `xsi:type` may call its type, of the class's namespace.
    """
    spec = Spec("child") if inner is None else inner
    if not isinstance(spec, Spec) or spec.kind not in {"child", "wildcard", "wrapped"}:
        raise DeclarationError(f"wrapped({name!r})", "wraps a child(), a wildcard() or another wrapped()")
    _check_marker(marker)
    low = None if optional is None else int(not optional)
    return Spec(
        "wrapped",
        name,
        ns,
        default,
        min=low,
        inner=spec,
        marker=marker or spec.marker,
        kw_only=kw_only,
        type_name=type_name,
    )
