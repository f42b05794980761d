"""The default Schema, and decoding and encoding with it."""

from typing import TYPE_CHECKING, Any, Literal, cast

from regwire_native import Codec, Decoder

from regwire.epp.extension import Extension, discover
from regwire.epp.messages import contact, domain, host
from regwire.epp.messages.core import Command, Epp, Greeting, Hello, ProtocolExtension, Response
from regwire.schema import Element, Namespace, Schema, raise_fault

__all__ = ["DEFAULT", "EXTENSIONS", "OBJECTS", "Message", "Role", "decode", "encode", "greeting_services", "schema_of"]

Role = Literal["strict", "server", "client"]
Message = Greeting | Hello | Command | Response | ProtocolExtension
"""What a frame holds."""

EXTENSIONS: tuple[Extension, ...]
"""Every extension and further object mapping that was found (`regwire.epp.extension.discover`)."""

OBJECTS: tuple[Namespace, ...]
"""The object mappings, in the order in which a greeting announces them."""

DEFAULT: Schema
"""The Schema of everything found: what `decode`, `encode`, clients and servers use when they are given no other."""

_MAPPINGS = (domain.DOMAIN, host.HOST, contact.CONTACT)
# The codec of DEFAULT, once it was used.
_native_default: Codec | None = None
# Every extension that a Schema was made of: a greeting of that Schema announces it, found or given.
_known: dict[str, Extension] = {}


def __getattr__(name: str) -> Any:
    """Look for extensions when they are first asked for, not at import: an extension imports this package itself."""
    if name not in {"DEFAULT", "EXTENSIONS", "OBJECTS"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = discover()
    more = tuple(extension.namespace for extension in found if extension.is_object)
    globals().update(EXTENSIONS=found, OBJECTS=(*_MAPPINGS, *more), DEFAULT=schema_of(found))
    return globals()[name]


def _default() -> Schema:
    try:
        return DEFAULT
    except NameError:
        return cast("Schema", __getattr__("DEFAULT"))


def _default_codec() -> Codec:
    codec = _default().codec
    globals()["_native_default"] = codec
    return codec


def _mapping(module: object) -> tuple[type[Element], ...]:
    """Return the global elements that a mapping's module declares."""
    names = module.__all__  # type: ignore[attr-defined]
    found = (getattr(module, name) for name in names)
    return tuple(item for item in found if isinstance(item, type) and issubclass(item, Element))


def schema_of(extensions: tuple[Extension, ...], *, name: str = "epp") -> Schema:
    """Return the Schema of the protocol, the three mappings and these extensions."""
    elements = [*_mapping(domain), *_mapping(host), *_mapping(contact)]
    for extension in extensions:
        _known[extension.namespace.uri] = extension
        elements.extend(extension.all_elements())
    return Schema(Epp, elements, name=name)


def _decoder() -> Decoder:
    return _DECODER


_DECODER = Decoder(_default_codec, raise_fault, _decoder)

if TYPE_CHECKING:

    def decode(
        frame: bytes | bytearray | memoryview,
        *,
        role: Role = "strict",
        schema: Schema | None = None,
    ) -> Message:
        """Return the message in a frame (the payload without its length); without a ``schema`` by `DEFAULT`.

        ``strict`` takes what the XML schemas take; ``server`` and ``client`` take in addition what peers get wrong
        (`regwire.schema.roles`). Raises `regwire.errors.XmlError` when the frame is not well-formed and
        `regwire.errors.SchemaFault` when it is not a message of the Schema.
        """

else:
    # One native call: a frame of Python around it would be a tenth of the time of a short frame.
    decode = _DECODER.decode


def encode(message: Message, *, schema: Schema | None = None) -> bytes:
    """Return the payload of a message, in UTF-8; raises `regwire.errors.EncodeError` for what would be invalid."""
    return (_native_default or _default_codec() if schema is None else schema.codec).encode(message)


def greeting_services(schema: Schema | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the objURIs and extURIs that a greeting of this Schema announces.

    An extension without elements (RFC 9038, RFC 9154) is in no Schema and always among them: leave out what the server
    does not do.
    """
    schema = _default() if schema is None else schema
    # Not `schema.namespaces`: a server that only greets need not compile its schema.
    declared = {cls.__ns__.uri for cls in schema.elements if cls.__ns__}
    known = _known.values()
    objects = [namespace.uri for namespace in _MAPPINGS if namespace.uri in declared]
    objects += [item.namespace.uri for item in known if item.is_object and item.namespace.uri in declared]
    extensions = [
        item.namespace.uri
        for item in known
        if not item.is_object and (item.namespace.uri in declared or not item.all_elements())
    ]
    return tuple(objects), tuple(extensions)
