"""Name suggestions (Verisign): suggestion-1.1."""

from decimal import Decimal
from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Language, Text, Token
from regwire.schema import (
    Choice,
    Element,
    Namespace,
    Sequence,
    Type,
    attribute,
    child,
    content,
    decimal,
    integer,
    string,
    token,
)

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "SuggestionAction",
    "SuggestionAddr",
    "SuggestionAnswer",
    "SuggestionCell",
    "SuggestionCoordinates",
    "SuggestionFilter",
    "SuggestionGeo",
    "SuggestionGrid",
    "SuggestionInfo",
    "SuggestionInfoData",
    "SuggestionRecord",
    "SuggestionRow",
    "SuggestionTable",
    "SuggestionToken",
]

NAMESPACE = Namespace("http://www.verisign-grs.com/epp/suggestion-1.1", prefix="suggestion")

SuggestionWeight = Annotated[
    str,
    string(
        enumeration=(
            "off",
            "low",
            "medium",
            "high",
        )
    ),
]
SuggestionTld = Annotated[str, token(min_length=1, max_length=255)]
SuggestionLatitude = Annotated[Decimal, decimal(min=-90, max=90, fraction_digits=6)]
SuggestionLongitude = Annotated[Decimal, decimal(min=-180, max=180, fraction_digits=6)]
SuggestionAddrString = Annotated[str, token(min_length=3, max_length=45)]
SuggestionIp = Literal["v4", "v6"]
SuggestionLength = Annotated[int, integer("unsignedShort", min=1, max=63)]
SuggestionResults = Annotated[int, integer("unsignedShort", min=1, max=100)]
SuggestionView = Literal["table", "grid"]
SuggestionFilterId = Annotated[int, integer("unsignedLong")]
SuggestionScore = Annotated[int, integer("unsignedShort", min=0, max=1000)]
SuggestionStatus = Annotated[
    str,
    string(
        enumeration=(
            "available",
            "forsale",
            "registered",
            "unknown",
            "restricted",
        )
    ),
]
SuggestionLabel = Annotated[str, token(pattern=r"[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?")]


class SuggestionAction(Type, ns=NAMESPACE):
    """The type actionType (suggestion-1.1)."""

    name: Text = attribute()
    weight: SuggestionWeight = attribute()


class SuggestionCoordinates(Type, ns=NAMESPACE):
    """The type coordinatesType (suggestion-1.1)."""

    lat: SuggestionLatitude = attribute()
    lng: SuggestionLongitude = attribute()


class SuggestionAddr(Type, ns=NAMESPACE):
    """The type addrType (suggestion-1.1)."""

    value: SuggestionAddrString = content()
    ip: SuggestionIp = attribute(default="v4")


class SuggestionGeo(Type, ns=NAMESPACE, content=Choice("coordinates", "addr", min=0)):
    """The type geoType (suggestion-1.1)."""

    coordinates: SuggestionCoordinates | None = None
    addr: SuggestionAddr | None = None


class SuggestionFilter(Type, ns=NAMESPACE):
    """The type filterType (suggestion-1.1)."""

    actions: tuple[SuggestionAction, ...] = child("action", default=())
    tlds: tuple[SuggestionTld, ...] = child("tld", default=())
    geo: SuggestionGeo | None = None
    contentfilter: bool | None = attribute(default=None)
    customfilter: bool | None = attribute(default=None)
    forsale: SuggestionWeight | None = attribute(default=None)
    maxlength: SuggestionLength | None = attribute(default=None)
    maxresults: SuggestionResults | None = attribute(default=None)
    usehyphens: bool | None = attribute(default=None)
    usenumbers: bool | None = attribute(default=None)
    view: SuggestionView | None = attribute(default=None)
    useidns: bool | None = attribute(default=None)


class SuggestionInfo(
    Element, ns=NAMESPACE, tag="info", content=Sequence("key", "language", Choice("filter", "filterid", min=0))
):
    """<suggestion:info> (suggestion-1.1)."""

    key: Text
    language: Language | None = None
    filter: SuggestionFilter | None = None
    filterid: SuggestionFilterId | None = None


class SuggestionToken(Type, ns=NAMESPACE):
    """The type tokenType (suggestion-1.1)."""

    relateds: tuple[Token, ...] = child("related", default=())
    name: Text = attribute(kw_only=True)


class SuggestionRow(Type, ns=NAMESPACE):
    """The type rowType (suggestion-1.1)."""

    name: Text = attribute()
    score: SuggestionScore = attribute()
    status: SuggestionStatus = attribute()
    source: Text | None = attribute(default=None)
    morelikethis: Text | None = attribute(default=None)
    ppcvalue: Annotated[int, integer()] | None = attribute(default=None)
    u_name: Text | None = attribute(default=None)


class SuggestionTable(Type, ns=NAMESPACE):
    """The type tableType (suggestion-1.1)."""

    rows: tuple[SuggestionRow, ...] = child("row", default=())


class SuggestionCell(Type, ns=NAMESPACE):
    """The type cellType (suggestion-1.1)."""

    tld: SuggestionTld = attribute()
    score: SuggestionScore = attribute()
    status: SuggestionStatus = attribute()
    u_tld: Text | None = attribute(default=None)


class SuggestionRecord(Type, ns=NAMESPACE):
    """The type recordType (suggestion-1.1)."""

    cells: tuple[SuggestionCell, ...] = child("cell", default=())
    name: SuggestionLabel = attribute(kw_only=True)
    source: Text | None = attribute(default=None)
    morelikethis: Text | None = attribute(default=None)
    ppcvalue: Annotated[int, integer()] | None = attribute(default=None)
    u_name: Text | None = attribute(default=None)


class SuggestionGrid(Type, ns=NAMESPACE):
    """The type gridType (suggestion-1.1)."""

    records: tuple[SuggestionRecord, ...] = child("record", default=())


class SuggestionAnswer(Type, ns=NAMESPACE, content=Choice("table", "grid")):
    """The type answerType (suggestion-1.1)."""

    table: SuggestionTable | None = None
    grid: SuggestionGrid | None = None


class SuggestionInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<suggestion:infData> (suggestion-1.1)."""

    key: Text
    language: Language | None = None
    tokens: tuple[SuggestionToken, ...] = child("token", default=())
    answer: SuggestionAnswer | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Name suggestions (Verisign)",
    reference="suggestion-1.1",
    objects=(
        SuggestionInfo,
        SuggestionInfoData,
    ),
)
