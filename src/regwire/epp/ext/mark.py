"""Marks: mark-1.0 (RFC 7848)."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, MinToken, Token
from regwire.schema import Element, Namespace, Type, attribute, child, content, integer, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "AbstractMark",
    "Mark",
    "MarkAddr",
    "MarkContact",
    "MarkCourt",
    "MarkE164",
    "MarkHolder",
    "MarkProtection",
    "MarkTrademark",
    "MarkTreatyOrStatute",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:mark-1.0", prefix="mark")

MarkId = Annotated[str, token(pattern=r"\d+-\d+")]
MarkPc = Annotated[str, token(max_length=16)]
MarkCc = Annotated[str, token(length=2)]
MarkE164String = Annotated[str, token(max_length=17, pattern=r"(\+[0-9]{1,3}\.[0-9]{1,14})?")]
MarkEntitlement = Literal["owner", "assignee", "licensee"]
MarkContactType = Literal["owner", "agent", "thirdparty"]
MarkLabel = Annotated[str, token(min_length=1, max_length=63, pattern=r"[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?")]


class AbstractMark(Element, ns=NAMESPACE, tag="abstractMark", abstract=True):
    """<mark:abstractMark> (RFC 7848)."""


class MarkAddr(Type, ns=NAMESPACE):
    """The type addrType (RFC 7848)."""

    streets: tuple[Token, ...] = child("street", min=1, max=3)
    city: Token
    sp: Token | None = None
    pc: MarkPc | None = None
    cc: MarkCc = child(kw_only=True)


class MarkE164(Type, ns=NAMESPACE):
    """The type e164Type (RFC 7848)."""

    value: MarkE164String = content()
    x: Token | None = attribute(default=None)


class MarkHolder(Type, ns=NAMESPACE):
    """The type holderType (RFC 7848)."""

    name: Token | None = None
    org: Token | None = None
    addr: MarkAddr = child(kw_only=True)
    voice: MarkE164 | None = None
    fax: MarkE164 | None = None
    email: MinToken | None = None
    entitlement: MarkEntitlement | None = attribute(default=None)


class MarkContact(Type, ns=NAMESPACE):
    """The type contactType (RFC 7848)."""

    name: Token
    org: Token | None = None
    addr: MarkAddr = child(kw_only=True)
    voice: MarkE164 = child(kw_only=True)
    fax: MarkE164 | None = None
    email: MinToken = child(kw_only=True)
    type: MarkContactType | None = attribute(default=None)


class MarkTrademark(Type, ns=NAMESPACE):
    """The type trademarkType (RFC 7848)."""

    id: MarkId
    mark_name: Token
    holders: tuple[MarkHolder, ...] = child("holder", min=1)
    contacts: tuple[MarkContact, ...] = child("contact", default=())
    jurisdiction: MarkCc = child(kw_only=True)
    class_s: tuple[Annotated[int, integer()], ...] = child("class", default=())
    labels: tuple[MarkLabel, ...] = child("label", default=())
    goods_and_services: Token = child(kw_only=True)
    ap_id: Token | None = None
    ap_date: DateTime | None = None
    reg_num: Token = child(kw_only=True)
    reg_date: DateTime = child(kw_only=True)
    ex_date: DateTime | None = None


class MarkProtection(Type, ns=NAMESPACE):
    """The type protectionType (RFC 7848)."""

    cc: MarkCc
    region: Token | None = None
    rulings: tuple[MarkCc, ...] = child("ruling", default=())


class MarkTreatyOrStatute(Type, ns=NAMESPACE):
    """The type treatyOrStatuteType (RFC 7848)."""

    id: MarkId
    mark_name: Token
    holders: tuple[MarkHolder, ...] = child("holder", min=1)
    contacts: tuple[MarkContact, ...] = child("contact", default=())
    protections: tuple[MarkProtection, ...] = child("protection", min=1, kw_only=True)
    labels: tuple[MarkLabel, ...] = child("label", default=())
    goods_and_services: Token = child(kw_only=True)
    ref_num: Token = child(kw_only=True)
    pro_date: DateTime = child(kw_only=True)
    title: Token = child(kw_only=True)
    exec_date: DateTime = child(kw_only=True)


class MarkCourt(Type, ns=NAMESPACE):
    """The type courtType (RFC 7848)."""

    id: MarkId
    mark_name: Token
    holders: tuple[MarkHolder, ...] = child("holder", min=1)
    contacts: tuple[MarkContact, ...] = child("contact", default=())
    labels: tuple[MarkLabel, ...] = child("label", default=())
    goods_and_services: Token = child(kw_only=True)
    ref_num: Token = child(kw_only=True)
    pro_date: DateTime = child(kw_only=True)
    cc: MarkCc = child(kw_only=True)
    regions: tuple[Token, ...] = child("region", default=())
    court_name: Token = child(kw_only=True)


class Mark(AbstractMark, ns=NAMESPACE, tag="mark", substitutes=AbstractMark):
    """<mark:mark> (RFC 7848)."""

    trademarks: tuple[MarkTrademark, ...] = child("trademark", default=())
    treaty_or_statutes: tuple[MarkTreatyOrStatute, ...] = child("treatyOrStatute", default=())
    courts: tuple[MarkCourt, ...] = child("court", default=())


EXTENSION = Extension(
    NAMESPACE,
    title="Marks",
    reference="RFC 7848",
    elements=(
        AbstractMark,
        Mark,
    ),
)
