"""Types that several mappings share: eppcom-1.0 and its simple types (RFC 5730 section 4.2)."""

import datetime as dt
from typing import Annotated, Literal

from regwire.schema import (
    Duration,
    Element,
    Namespace,
    Raw,
    Type,
    any_uri,
    attribute,
    content,
    date,
    date_time,
    duration,
    language,
    normalized,
    string,
    token,
    wildcard,
)

__all__ = [
    "EPPCOM",
    "AuthExt",
    "AuthPw",
    "CheckName",
    "ClientId",
    "Date",
    "DateTime",
    "Label",
    "Language",
    "MinToken",
    "Normalized",
    "PanName",
    "Reason",
    "Roid",
    "Secret",
    "Span",
    "Text",
    "Token",
    "TransferStatus",
    "Uri",
]

EPPCOM = Namespace("urn:ietf:params:xml:ns:eppcom-1.0", prefix="eppcom")

Text = Annotated[str, string()]
Token = Annotated[str, token()]
MinToken = Annotated[str, token(min_length=1)]
Normalized = Annotated[str, normalized()]
Secret = Annotated[str, normalized(secret=True)]
Language = Annotated[str, language()]
Uri = Annotated[str, any_uri()]
Date = Annotated[dt.date, date()]
DateTime = Annotated[dt.datetime, date_time()]
Span = Annotated[Duration, duration()]

Label = Annotated[str, token(min_length=1, max_length=255)]
"""A host or domain name as the wire has it (eppcom labelType); names are judged by the registry's rules."""

ClientId = Annotated[str, token(min_length=3, max_length=16)]
"""The identifier of a client or a contact (eppcom clIDType)."""

Roid = Annotated[str, token(pattern=r"(\w|_){1,80}-\w{1,8}")]
"""A repository object identifier (eppcom roidType, RFC 5730 section 2.8)."""

TransferStatus = Literal[
    "clientApproved", "clientCancelled", "clientRejected", "pending", "serverApproved", "serverCancelled"
]
"""Where a transfer stands (eppcom trStatusType)."""


class AuthPw(Type, ns=EPPCOM):
    """<pw> of authInfo (eppcom pwAuthInfoType): the password, and the object it belongs to when that is another."""

    value: Secret = content(default="")
    roid: Roid | None = attribute(default=None)


class AuthExt(Type, ns=EPPCOM):
    """<ext> of authInfo (eppcom extAuthInfoType): authorisation information of another namespace."""

    object: Element | Raw = wildcard(ns="##other")


class Reason(Type, ns=EPPCOM):
    """<reason> of a check (eppcom reasonType): at most 32 characters, which clients tolerate to be more."""

    text: Annotated[str, token(min_length=1, max_length=32)] = content()
    lang: Language | None = attribute(default=None)


class CheckName(Type, ns=EPPCOM):
    """<name> in check data of domains and hosts (checkNameType, RFC 5731 and 5732 section 3.1.1)."""

    name: Label = content()
    avail: bool = attribute()


class PanName(Type, ns=EPPCOM):
    """<name> in pending action data of domains and hosts (paNameType, RFC 5731 and 5732 section 3.3)."""

    name: Label = content()
    result: bool = attribute("paResult")
