"""What the schemas of IRIS share: namespaces, simple types, text in a language."""

import datetime as dt
from typing import Annotated, Literal

from regwire.schema import (
    Namespace,
    QName,
    Type,
    any_uri,
    attribute,
    content,
    date_time,
    language,
    normalized,
    qname,
    string,
    token,
)
from regwire.schema import xml_id as name

__all__ = ["AREG", "DCHK", "DREG", "EREG", "IRIS", "IRIS_TRANSPORT", "Text"]

IRIS = Namespace("urn:ietf:params:xml:ns:iris1", prefix="iris")
DREG = Namespace("urn:ietf:params:xml:ns:dreg1", prefix="dreg")
DCHK = Namespace("urn:ietf:params:xml:ns:dchk1", prefix="dchk")
AREG = Namespace("urn:ietf:params:xml:ns:areg1", prefix="areg")
EREG = Namespace("urn:ietf:params:xml:ns:ereg1", prefix="ereg")
# A short prefix: what transports say of themselves has to fit into the datagrams of clients that take little.
IRIS_TRANSPORT = Namespace("urn:ietf:params:xml:ns:iris-transport", prefix="t")

Token = Annotated[str, token().named()]
Normalized = Annotated[str, normalized().named()]
String = Annotated[str, string().named()]
Language = Annotated[str, language().named()]
Uri = Annotated[str, any_uri().named()]
DateTime = Annotated[dt.datetime, date_time().named()]
Name = Annotated[str, name()]
"""xs:ID and xs:IDREF."""
Part = Annotated[str, token(min_length=1)]
"""What a partial match begins or ends with."""

ReferentType = Annotated[QName | Literal["ANY"], qname(words=("ANY",))]
"""The name of the element that stands for an entity in a response; "ANY" where that is not known."""

# The enumerations of IRIS are restrictions of xs:string: white space around them is not collapsed.
Actor = Annotated[Literal["registry", "registrar", "registrationServiceProvider"], string()]
Disposition = Annotated[Literal["prohibited", "pending"], string()]


class Text(Type, ns=IRIS):
    """Text for people and its language: explanations, display names, descriptions."""

    text: String = content(default="")
    language: Language = attribute(kw_only=True)
