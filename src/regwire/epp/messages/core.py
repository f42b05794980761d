"""The protocol itself: epp-1.0 (RFC 5730 sections 2 and 4.1)."""

from typing import Annotated, Literal

from regwire.epp.codes import ResultCode
from regwire.epp.messages.common import (
    ClientId,
    DateTime,
    Language,
    MinToken,
    Normalized,
    Span,
    Text,
    Token,
    Uri,
)
from regwire.schema import (
    ANY,
    Choice,
    Element,
    Namespace,
    Raw,
    Type,
    attribute,
    child,
    content,
    flag,
    integer,
    normalized,
    token,
    wildcard,
    wrapped,
)

__all__ = [
    "EPP",
    "Check",
    "Command",
    "Create",
    "Dcp",
    "DcpAccess",
    "DcpExpiry",
    "DcpOurs",
    "DcpPurpose",
    "DcpRecipient",
    "DcpRetention",
    "DcpStatement",
    "Delete",
    "Epp",
    "ExtValue",
    "Greeting",
    "Hello",
    "Info",
    "Login",
    "Logout",
    "Msg",
    "MsgQ",
    "Options",
    "Poll",
    "ProtocolExtension",
    "QueueMsg",
    "Renew",
    "Response",
    "Result",
    "Services",
    "SvcMenu",
    "TrId",
    "Transfer",
    "TransferOp",
    "Update",
    "Value",
]

EPP = Namespace("urn:ietf:params:xml:ns:epp-1.0")

ServerId = Annotated[str, normalized(min_length=3, max_length=64)]
Version = Literal["1.0"]
LoginPassword = Annotated[str, token(min_length=6, max_length=16, secret=True)]
TransactionId = Annotated[str, token(min_length=3, max_length=64)]
# Clients keep codes that are not in the RFC's table, as long as they have its four digits.
Code = Annotated[int, integer("unsignedShort", min=1000, max=9999, enumeration=tuple(int(code) for code in ResultCode))]
TransferOp = Literal["approve", "cancel", "query", "reject", "request"]


class Hello(Element, ns=EPP, tag="hello", content=ANY):
    """<hello> (RFC 5730 section 2.3): asks for a greeting; also the keep-alive of clients."""


class SvcMenu(Type, ns=EPP):
    """<svcMenu> (RFC 5730 section 2.4): what the server offers."""

    version: tuple[Version, ...] = child("version", min=1)
    lang: tuple[Language, ...] = child("lang", min=1)
    obj_uri: tuple[Uri, ...] = child("objURI", min=1)
    ext_uri: tuple[Uri, ...] = wrapped("svcExtension", child("extURI", min=1), default=())


class DcpAccess(Type, ns=EPP, content=Choice("all", "none", "null", "other", "personal", "personal_and_other")):
    """<access> (RFC 5730 section 2.4): exactly one of these."""

    all: bool = flag(default=False)
    none: bool = flag(default=False)
    null: bool = flag(default=False)
    other: bool = flag(default=False)
    personal: bool = flag(default=False)
    personal_and_other: bool = flag(default=False)


class DcpPurpose(Type, ns=EPP):
    """<purpose> (RFC 5730 section 2.4)."""

    admin: bool = flag(default=False)
    contact: bool = flag(default=False)
    other: bool = flag(default=False)
    prov: bool = flag(default=False)


class DcpOurs(Type, ns=EPP):
    """<ours> (RFC 5730 section 2.4): the server operator or those acting for it."""

    rec_desc: Annotated[str, token(min_length=1, max_length=255)] | None = None


class DcpRecipient(Type, ns=EPP):
    """<recipient> (RFC 5730 section 2.4)."""

    other: bool = flag(default=False)
    ours: tuple[DcpOurs, ...] = child("ours", default=())
    public: bool = flag(default=False)
    same: bool = flag(default=False)
    unrelated: bool = flag(default=False)


class DcpRetention(Type, ns=EPP, content=Choice("business", "indefinite", "legal", "none", "stated")):
    """<retention> (RFC 5730 section 2.4): exactly one of these."""

    business: bool = flag(default=False)
    indefinite: bool = flag(default=False)
    legal: bool = flag(default=False)
    none: bool = flag(default=False)
    stated: bool = flag(default=False)


class DcpStatement(Type, ns=EPP):
    """<statement> (RFC 5730 section 2.4)."""

    purpose: DcpPurpose
    recipient: DcpRecipient
    retention: DcpRetention


class DcpExpiry(Type, ns=EPP, content=Choice("absolute", "relative")):
    """<expiry> (RFC 5730 section 2.4): a date, or how long from the greeting on."""

    absolute: DateTime | None = None
    relative: Span | None = None


class Dcp(Type, ns=EPP):
    """<dcp> (RFC 5730 section 2.4): the data collection policy."""

    access: DcpAccess
    statements: tuple[DcpStatement, ...] = child("statement", min=1)
    expiry: DcpExpiry | None = None


class Greeting(Element, ns=EPP, tag="greeting"):
    """<greeting> (RFC 5730 section 2.4): the server's first frame, and the answer to every hello."""

    sv_id: ServerId = child("svID")
    sv_date: DateTime
    svc_menu: SvcMenu
    dcp: Dcp


class Check(Element, ns=EPP, tag="check"):
    """<check> (RFC 5730 section 2.9.2.1)."""

    object: Element | Raw = wildcard(ns="##other", marker="object")


class Create(Element, ns=EPP, tag="create"):
    """<create> (RFC 5730 section 2.9.3.1)."""

    object: Element | Raw = wildcard(ns="##other", marker="object")


class Delete(Element, ns=EPP, tag="delete"):
    """<delete> (RFC 5730 section 2.9.3.2)."""

    object: Element | Raw = wildcard(ns="##other", marker="object")


class Info(Element, ns=EPP, tag="info"):
    """<info> (RFC 5730 section 2.9.2.2)."""

    object: Element | Raw = wildcard(ns="##other", marker="object")


class Renew(Element, ns=EPP, tag="renew"):
    """<renew> (RFC 5730 section 2.9.3.3)."""

    object: Element | Raw = wildcard(ns="##other", marker="object")


class Transfer(Element, ns=EPP, tag="transfer"):
    """<transfer> (RFC 5730 section 2.9.3.4; the query of section 2.9.2.4)."""

    op: TransferOp = attribute()
    object: Element | Raw = wildcard(ns="##other", marker="object")


class Update(Element, ns=EPP, tag="update"):
    """<update> (RFC 5730 section 2.9.3.5)."""

    object: Element | Raw = wildcard(ns="##other", marker="object")


class Options(Type, ns=EPP):
    """<options> of login (RFC 5730 section 2.9.1.1): one version and one language of the greeting's."""

    version: Version = child(marker="login_version")
    lang: Language = child(marker="login_lang")


class Services(Type, ns=EPP):
    """<svcs> of login (RFC 5730 section 2.9.1.1): the objects and extensions of this session."""

    obj_uri: tuple[Uri, ...] = child("objURI", min=1)
    ext_uri: tuple[Uri, ...] = wrapped("svcExtension", child("extURI", min=1), default=())


class Login(Element, ns=EPP, tag="login"):
    """<login> (RFC 5730 section 2.9.1.1)."""

    cl_id: ClientId = child("clID")
    pw: LoginPassword
    new_pw: LoginPassword | None = child("newPW", default=None)
    options: Options = child(kw_only=True)
    svcs: Services = child(kw_only=True)


class Logout(Element, ns=EPP, tag="logout", content=ANY):
    """<logout> (RFC 5730 section 2.9.1.2)."""


class Poll(Element, ns=EPP, tag="poll"):
    """<poll> (RFC 5730 section 2.9.2.3): ``req`` reads the head of the queue, ``ack`` takes ``msg_id`` off it."""

    op: Literal["ack", "req"] = attribute()
    msg_id: Token | None = attribute("msgID", default=None)


class Command(Element, ns=EPP, tag="command"):
    """<command> (RFC 5730 section 2.5): an operation, its extensions in order, the client's identifier of it."""

    op: Check | Create | Delete | Info | Login | Logout | Poll | Renew | Transfer | Update = child(marker="command")
    extension: tuple[Element | Raw, ...] = wrapped(
        "extension", wildcard(ns="##other", min=1, max=None, marker="extension"), default=()
    )
    cl_trid: TransactionId | None = child("clTRID", marker="cl_trid", default=None)


class Msg(Type, ns=EPP):
    """Text for people and its language (RFC 5730 section 2.6): <msg> of a result, <reason> of an extValue."""

    text: Normalized = content()
    lang: Language = attribute(default="en")


class Value(Element, ns=EPP, tag="value", mixed=True, any_attributes=True):
    """<value> (RFC 5730 section 2.6): the element of the command that was at fault, exactly one and kept raw.

    Peers also send mere text; the client role takes that, with no ``element``.
    """

    element: Raw | None = wildcard(ns="##any", process="skip", min=1)
    text: Text = content(default="")


class ExtValue(Element, ns=EPP, tag="extValue"):
    """<extValue> (RFC 5730 section 2.6): a value and why it was refused (also RFC 9038's unhandled data)."""

    value: Value
    reason: Msg


class Result(Type, ns=EPP):
    """<result> (RFC 5730 section 2.6): code, text, and the values and extValues in the order given.

    Role client keeps a code that the RFC does not have, of four digits: 1xxx is a success, all others are failures.
    """

    code: Code = attribute()
    msg: Msg
    values: tuple[Value | ExtValue, ...] = child(default=())


class QueueMsg(Type, ns=EPP, mixed=True):
    """<msg> of msgQ (RFC 5730 section 2.6): text, and elements that are kept raw."""

    text: Text = content(default="")
    lang: Language = attribute(default="en")
    elements: tuple[Raw, ...] = wildcard(ns="##any", process="skip", min=0, max=None, default=())


class MsgQ(Type, ns=EPP):
    """<msgQ> (RFC 5730 section 2.6): messages that wait, and the head of the queue on a poll request."""

    count: Annotated[int, integer("unsignedLong")] = attribute()
    id: MinToken = attribute()
    q_date: DateTime | None = None
    msg: QueueMsg | None = None


class TrId(Type, ns=EPP):
    """<trID> (RFC 5730 section 2.6): the client's identifier, if the command had one, and the server's."""

    cl_trid: TransactionId | None = child("clTRID", default=None)
    sv_trid: TransactionId = child("svTRID", kw_only=True)


class Response(Element, ns=EPP, tag="response"):
    """<response> (RFC 5730 section 2.6)."""

    results: tuple[Result, ...] = child("result", min=1)
    msg_q: MsgQ | None = None
    res_data: tuple[Element | Raw, ...] = wrapped("resData", wildcard(ns="##other", min=1, max=None), default=())
    extension: tuple[Element | Raw, ...] = wrapped(
        "extension", wildcard(ns="##other", min=1, max=None, marker="extension"), default=()
    )
    tr_id: TrId = child("trID", kw_only=True)


class ProtocolExtension(Element, ns=EPP, tag="extension"):
    """<extension> as a message of its own (RFC 5730 section 2.7.1)."""

    items: tuple[Element | Raw, ...] = wildcard(ns="##other", min=1, max=None)


class Epp(Element, ns=EPP, tag="epp", transparent=True):
    """<epp> (RFC 5730 section 2.1): the document; decoding hands out, and encoding takes, the message in it."""

    message: Greeting | Hello | Command | Response | ProtocolExtension
