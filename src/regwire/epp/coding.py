"""The default Schema, and decoding and encoding with it."""

from typing import Literal

from regwire.epp.extension import Extension, discover
from regwire.epp.messages import contact, domain, host
from regwire.epp.messages.core import Command, Epp, Greeting, Hello, ProtocolExtension, Response
from regwire.schema import Element, Namespace, Schema

__all__ = ["DEFAULT", "EXTENSIONS", "OBJECTS", "Message", "Role", "decode", "encode", "greeting_services", "schema_of"]

Role = Literal["strict", "server", "client"]
Message = Greeting | Hello | Command | Response | ProtocolExtension
"""What a frame holds."""

EXTENSIONS: tuple[Extension, ...] = discover()
"""Every extension and further object mapping that was found (`regwire.epp.extension.discover`)."""

OBJECTS: tuple[Namespace, ...] = (
    domain.DOMAIN,
    host.HOST,
    contact.CONTACT,
    *(extension.namespace for extension in EXTENSIONS if extension.is_object),
)
"""The object mappings, in the order in which a greeting announces them."""


def _mapping(module: object) -> tuple[type[Element], ...]:
    """Return the global elements that a mapping's module declares."""
    names = module.__all__  # type: ignore[attr-defined]
    found = (getattr(module, name) for name in names)
    return tuple(item for item in found if isinstance(item, type) and issubclass(item, Element))


def schema_of(extensions: tuple[Extension, ...], *, name: str = "epp") -> Schema:
    """Return the Schema of the protocol, the three mappings and these extensions."""
    elements = [*_mapping(domain), *_mapping(host), *_mapping(contact)]
    for extension in extensions:
        elements.extend(extension.all_elements())
    return Schema(Epp, elements, name=name)


DEFAULT: Schema = schema_of(EXTENSIONS)
"""The Schema of everything found: what `decode`, `encode`, clients and servers use when they are given no other."""


def decode(
    frame: bytes | bytearray | memoryview,
    *,
    role: Role = "strict",
    schema: Schema = DEFAULT,
) -> Message:
    """Return the message in a frame (the payload without its length).

    ``strict`` takes what the XML schemas take; ``server`` and ``client`` take in addition what peers get wrong
    (`regwire.schema.roles`). Raises `regwire.errors.XmlError` when the frame is not well-formed and
    `regwire.errors.SchemaFault` when it is not a message of the Schema.
    """
    return schema.decode(frame, role=role)  # type: ignore[no-any-return]


def encode(message: Message, *, schema: Schema = DEFAULT) -> bytes:
    """Return the payload of a message, in UTF-8; raises `regwire.errors.EncodeError` for what would be invalid."""
    return schema.encode(message)


def greeting_services(schema: Schema = DEFAULT) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the objURIs and extURIs that a greeting of this Schema announces.

    An extension without elements (RFC 9038, RFC 9154) is in no Schema and always among them: leave out what the server
    does not do.
    """
    declared = {cls.__ns__.uri for cls in schema.elements if cls.__ns__}
    objects = tuple(namespace.uri for namespace in OBJECTS if namespace.uri in declared)
    extensions = tuple(
        extension.namespace.uri
        for extension in EXTENSIONS
        if not extension.is_object and (extension.namespace.uri in declared or not extension.all_elements())
    )
    return objects, extensions
