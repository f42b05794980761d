"""The Schema of IRIS, and decoding and encoding with it."""

from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from regwire_native import Codec, Decoder

# Derived types are there from their declaration on.
import regwire.iris.messages.narrowed  # noqa: F401
from regwire.iris.messages import areg, core, dchk, dreg, ereg, transport
from regwire.schema import Element, Schema, raise_fault

__all__ = ["DEFAULT", "FRAGMENTS", "Message", "Role", "decode", "encode", "schema_of"]

Role = Literal["strict", "server", "client"]
Message = (
    core.Request
    | core.Response
    | core.Serialization
    | transport.Versions
    | transport.Size
    | transport.AuthenticationSuccess
    | transport.AuthenticationFailure
    | transport.Other
)
"""What a document is: requests, responses, serializations, and what transports say of themselves."""

_DOCUMENTS: tuple[type[Element], ...] = (
    core.Request,
    core.Response,
    core.Serialization,
    transport.Versions,
    transport.Size,
    transport.AuthenticationSuccess,
    transport.AuthenticationFailure,
    transport.Other,
)
_HEADS = (core.Query, core.Result, core.GenericCode)


def _substitutes(module: ModuleType) -> tuple[type[Element], ...]:
    """Return what a module declares of queries, results and errors."""
    found = (getattr(module, name) for name in module.__all__)
    return tuple(
        item
        for item in found
        if isinstance(item, type) and issubclass(item, _HEADS) and item.__regwire__.substitutes is not None
    )


_OWN: tuple[type[Element], ...] = (core.OnlyCheckPermissions, core.StandardReaction, *_substitutes(core))
_TYPES: tuple[type[Element], ...] = tuple(cls for module in (dreg, dchk, areg, ereg) for cls in _substitutes(module))


def schema_of(elements: Iterable[type[Element]], *, name: str = "iris") -> Schema:
    """Return the Schema of IRIS with these queries, results and errors of registry types.

    A registry type of one's own is a module of classes that substitute `Query`, `Result` and `GenericCode`; the four
    known ones are `DEFAULT.elements`.
    """
    return Schema(_DOCUMENTS, (*_OWN, *elements), name=name)


DEFAULT = schema_of(_TYPES)
"""The Schema of the four registry types: what `decode` and `encode` use when they are given no other."""

FRAGMENTS = Schema((*_DOCUMENTS, *_OWN, *_TYPES), (*_OWN, *_TYPES), name="iris fragments")
"""The same with every query, result and error as a document of its own, for files that hold only these."""


def _first() -> Codec:
    return DEFAULT.codec


def _decoder() -> Decoder:
    return _DECODER


_DECODER = Decoder(_first, raise_fault, _decoder)

if TYPE_CHECKING:

    def decode(
        document: bytes | bytearray | memoryview,
        *,
        role: Role = "strict",
        schema: Schema | None = None,
    ) -> Message:
        """Return the message in a document of UTF-8 or UTF-16; without a ``schema`` by `DEFAULT`.

        ``strict`` takes what the XML schemas take; ``server`` and ``client`` take in addition what peers get wrong
        (`regwire.schema.roles`). Raises `regwire.errors.XmlError` when the document is not well-formed and
        `regwire.errors.SchemaFault` when it is not a message of the Schema.
        """

else:
    decode = _DECODER.decode


def encode(message: Message, *, schema: Schema | None = None) -> bytes:
    """Return the document of a message, in UTF-8; raises `regwire.errors.EncodeError` for what would be invalid."""
    return (DEFAULT if schema is None else schema).encode(message)
