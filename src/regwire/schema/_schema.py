"""`Schema`: an immutable set of declared messages, compiled at its first use."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, cast

import regwire_native as _native

from regwire.errors import DeclarationError, SchemaFault, XmlError
from regwire.schema._compile import XSI, Compiler
from regwire.schema._fields import Namespace
from regwire.schema._message import Element, MessageMeta

Role = Literal["strict", "server", "client"]

ROLES: Final[Mapping[str, int]] = MappingProxyType({"strict": 0, "server": 1, "client": 2})
"""The numbers of the roles in the native interface."""

_Fault: Final = _native.Fault
_LOCK: Final = threading.RLock()


class Schema:
    """What may be decoded and encoded: a document and the global elements that its wildcards may meet.

    `root` is the class of the document (or several); `elements` are the global elements besides those that the
    documents hold by themselves. A Schema never changes; it compiles when it is first used, which raises
    `DeclarationError` naming the class and the cure when a declaration is wrong.
    """

    __slots__ = ("_codec", "_namespaces", "elements", "name", "roots")

    def __init__(
        self,
        root: type[Element] | Iterable[type[Element]],
        elements: Iterable[type[Element]] = (),
        *,
        name: str = "schema",
    ) -> None:
        roots = (root,) if isinstance(root, type) else tuple(root)
        for cls in (*roots, *(given := tuple(dict.fromkeys(elements)))):
            if not isinstance(cls, MessageMeta) or not issubclass(cls, Element):
                raise DeclarationError(f"Schema {name!r}", f"{cls!r} is no Element class")
        set_ = object.__setattr__
        set_(self, "name", name)
        set_(self, "roots", roots)
        set_(self, "elements", given)
        set_(self, "_codec", None)
        set_(self, "_namespaces", None)
        _refuse_twins(name, given)

    roots: tuple[type[Element], ...]
    elements: tuple[type[Element], ...]
    name: str
    _codec: _native.Codec | None
    _namespaces: Mapping[str, Namespace] | None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a Schema is immutable; only() makes a smaller one")

    def __repr__(self) -> str:
        return f"<Schema {self.name!r} of {len(self.elements)} elements>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.roots, self.elements, self.name)

    def _compile(self) -> None:
        with _LOCK:
            if self._codec is not None:
                return
            compiler = Compiler(self.roots, self.elements)
            namespaces = {n.uri: n for n in compiler.namespaces if n.uri != XSI.uri}
            try:
                codec = _native.Codec(compiler.description(self.name))
            except ValueError as error:
                where, _, reason = str(error).partition(": ")
                raise DeclarationError(where if reason else f"Schema {self.name!r}", reason or where) from None
            object.__setattr__(self, "_namespaces", MappingProxyType(namespaces))
            object.__setattr__(self, "_codec", codec)

    @property
    def codec(self) -> _native.Codec:
        """The native codec: what the reactor is given."""
        if self._codec is None:
            self._compile()
        return cast("_native.Codec", self._codec)

    @property
    def namespaces(self) -> Mapping[str, Namespace]:
        """Every namespace that the classes of this Schema are of, by URI."""
        if self._namespaces is None:
            self._compile()
        return cast("Mapping[str, Namespace]", self._namespaces)

    def only(self, namespaces: Iterable[str | Namespace]) -> Schema:
        """Give this Schema cut to the elements of some namespaces; the documents stay."""
        wanted = {str(n) for n in namespaces}
        kept = tuple(e for e in self.elements if e.__ns__ is not None and e.__ns__.uri in wanted)
        return Schema(self.roots, kept, name=self.name)

    def decode(self, frame: bytes | bytearray | memoryview, *, role: Role = "strict") -> Any:
        """Decode a frame to its message.

        Raises `XmlError` when it is not well-formed and `SchemaFault` when the schema refuses it
        (`regwire.schema.roles` says what the roles take besides); the fault's `fault` holds everything that could
        still be read.
        """
        # This call and the one in decode_or_fault are made for every frame: no property, no function on the way.
        message = (self._codec or self.codec).decode(frame, role)
        if type(message) is _Fault:
            raise_fault(message)
        return message

    def decode_or_fault(self, frame: bytes | bytearray | memoryview, role: Role = "strict") -> Any:
        """Decode a frame to its message or to a `Fault`; never raises on what a peer sent."""
        return (self._codec or self.codec).decode(frame, role)

    def encode(self, message: Any) -> bytes:
        """Encode a message, in UTF-8, without any framing.

        Raises `EncodeError` for what the schema would refuse, and for text whose white space would not arrive as it is.
        """
        return (self._codec or self.codec).encode(message)

    def mask(self, frame: bytes) -> bytes | None:
        """Give a frame in UTF-8 with secret values replaced by `***`, for logs and stores; None when not well-formed.

        In content that nobody declared, elements count as secret that bear the name of a declared secret one.
        """
        return self.codec.mask(frame)

    def redacted(self, message: Any) -> str:
        """Give a message as XML with secret values replaced by `***`, for logs and stores; raises as `encode` does."""
        return (self._codec or self.codec).redacted(message)

    def namespaces_used(self, message: Any) -> frozenset[str]:
        """Give the namespaces of the document and of everything that stands in a wildcard; raises as `encode` does."""
        return frozenset(self.codec.namespaces_used(message))


def _rebuild(roots: tuple[type[Element], ...], elements: tuple[type[Element], ...], name: str) -> Schema:
    return Schema(roots, elements, name=name)


def _refuse_twins(name: str, elements: tuple[type[Element], ...]) -> None:
    known: dict[tuple[str | None, str | None], type[Element]] = {}
    for cls in elements:
        key = (cls.__ns__.uri if cls.__ns__ else None, cls.__tag__)
        if key in known:
            raise DeclarationError(
                f"Schema {name!r}", f"{known[key].__qualname__} and {cls.__qualname__} both are {{{key[0]}}}{key[1]}"
            )
        known[key] = cls


def raise_fault(fault: _native.Fault) -> None:
    """Raise what a `Fault` is: `XmlError` or `SchemaFault`."""
    if not fault.faults:
        raise SchemaFault("/", "unexpected", fault=fault)
    first = fault.faults[0]
    if fault.kind == "syntax":
        raise XmlError(first.rule, first.offset, fault.line or 1)
    raise SchemaFault(first.path, first.rule, first.value, fault=fault)
