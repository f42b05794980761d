"""Declaring messages: a Python class describes an XML element, and compiles to native decoding and encoding.

    DOMAIN = Namespace("urn:ietf:params:xml:ns:domain-1.0", prefix="domain")

    class DomainCheck(Element, ns=DOMAIN, tag="check"):
        names: tuple[Annotated[str, token(min_length=1, max_length=255)], ...] = child("name", min=1)

    schema = Schema(DomainCheck)
    schema.decode(schema.encode(DomainCheck(("a.example",))))

`docs/design/schema.md` is the whole story.
"""

from regwire_native import Codec, Fault, FaultItem, Raw

from regwire.schema._fields import (
    MISSING,
    UNQUALIFIED,
    XML,
    Namespace,
    attribute,
    child,
    content,
    flag,
    wildcard,
    wrapped,
)
from regwire.schema._message import MASK, Element, Message, Type, replace, to_dict
from regwire.schema._models import ANY, All, Choice, Sequence
from regwire.schema._plain import constructed_natively
from regwire.schema._schema import Role, Schema, raise_fault
from regwire.schema._simple import (
    Simple,
    any_uri,
    base64,
    boolean,
    date,
    date_time,
    decimal,
    duration,
    hex_binary,
    integer,
    integer_or_nothing,
    language,
    list_of,
    nmtoken,
    normalized,
    qname,
    string,
    token,
    xml_id,
)
from regwire.schema._values import Duration, QName

__all__ = [
    "ANY",
    "MASK",
    "MISSING",
    "UNQUALIFIED",
    "XML",
    "All",
    "Choice",
    "Codec",
    "Duration",
    "Element",
    "Fault",
    "FaultItem",
    "Message",
    "Namespace",
    "QName",
    "Raw",
    "Role",
    "Schema",
    "Sequence",
    "Simple",
    "Type",
    "any_uri",
    "attribute",
    "base64",
    "boolean",
    "child",
    "constructed_natively",
    "content",
    "date",
    "date_time",
    "decimal",
    "duration",
    "flag",
    "hex_binary",
    "integer",
    "integer_or_nothing",
    "language",
    "list_of",
    "nmtoken",
    "normalized",
    "qname",
    "raise_fault",
    "replace",
    "string",
    "to_dict",
    "token",
    "wildcard",
    "wrapped",
    "xml_id",
]
