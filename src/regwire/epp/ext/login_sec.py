"""Login security: loginSec-1.0 (RFC 8807)."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Language, Normalized, Span, Token
from regwire.epp.messages.core import Login
from regwire.schema import (
    Choice,
    Element,
    Namespace,
    Sequence,
    Type,
    attribute,
    child,
    content,
    token,
)

__all__ = ["EXTENSION", "NAMESPACE", "SENTINEL", "LoginSec", "LoginSecData", "LoginSecEvent", "UserAgent"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:loginSec-1.0", prefix="loginSec")

SENTINEL = "[LOGIN-SECURITY]"
"""What stands in a login's own password when the real one is in the extension (RFC 8807 section 2.1)."""

LongPassword = Annotated[str, token(min_length=6, secret=True)]

_AT_LEAST_ONE = Choice(Sequence(Choice("app"), "tech", "os"), Sequence(Choice("tech"), "os"), "os")


class UserAgent(Type, ns=NAMESPACE, content=_AT_LEAST_ONE):
    """<userAgent> (RFC 8807 section 4.1): the client's software; at least one of the three."""

    app: Token | None = None
    tech: Token | None = None
    os: Token | None = None


class LoginSec(Element, ns=NAMESPACE, tag="loginSec"):
    """<loginSec:loginSec> (RFC 8807 section 4.1): passwords longer than login's own may be."""

    user_agent: UserAgent | None = None
    pw: LongPassword | None = None
    new_pw: LongPassword | None = child("newPW", default=None)


class LoginSecEvent(Type, ns=NAMESPACE):
    """<event> (RFC 8807 section 4.1): what the server warns of."""

    type: Literal["password", "certificate", "cipher", "tlsProtocol", "newPW", "stat", "custom"] = attribute()
    level: Literal["warning", "error"] = attribute()
    text: Normalized = content(default="")
    name: Token | None = attribute(default=None)
    ex_date: DateTime | None = attribute("exDate", default=None)
    value: Token | None = attribute(default=None)
    duration: Span | None = attribute(default=None)
    lang: Language = attribute(default="en")


class LoginSecData(Element, ns=NAMESPACE, tag="loginSecData"):
    """<loginSec:loginSecData> (RFC 8807 section 4.1), on failed logins too."""

    events: tuple[LoginSecEvent, ...] = child("event", min=1)


EXTENSION = Extension(
    NAMESPACE,
    title="Login security",
    reference="RFC 8807",
    commands={LoginSec: (Login,)},
    responses={LoginSecData: (Login,)},
)
