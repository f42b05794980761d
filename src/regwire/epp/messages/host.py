"""The host mapping: host-1.0 (RFC 5732)."""

from typing import TYPE_CHECKING, Annotated, Literal

import regwire_native

from regwire.epp.messages.common import (
    CheckName,
    ClientId,
    DateTime,
    Label,
    Language,
    Normalized,
    PanName,
    Reason,
    Roid,
)
from regwire.epp.messages.core import TrId
from regwire.schema import Element, Namespace, Type, attribute, child, content, token

__all__ = [
    "HOST",
    "HostAddRem",
    "HostAddress",
    "HostChange",
    "HostCheck",
    "HostCheckData",
    "HostCheckItem",
    "HostCreate",
    "HostCreateData",
    "HostDelete",
    "HostInfo",
    "HostInfoData",
    "HostPanData",
    "HostStatus",
    "HostStatusValue",
    "HostUpdate",
]

HOST = Namespace("urn:ietf:params:xml:ns:host-1.0", prefix="host")

HostStatusValue = Literal[
    "clientDeleteProhibited",
    "clientUpdateProhibited",
    "linked",
    "ok",
    "pendingCreate",
    "pendingDelete",
    "pendingTransfer",
    "pendingUpdate",
    "serverDeleteProhibited",
    "serverUpdateProhibited",
]
"""RFC 5732 section 2.3."""


class HostAddress(Type, ns=HOST):
    """<addr> (RFC 5732 section 2.5): an IP address as text, and its version."""

    address: Annotated[str, token(min_length=3, max_length=45)] = content()
    ip: Literal["v4", "v6"] = attribute(default="v4", written=True)


class HostStatus(Type, ns=HOST):
    """<status> (RFC 5732 section 2.3): a status and a text about it."""

    s: HostStatusValue = attribute()
    text: Normalized = content(default="")
    lang: Language = attribute(default="en")


class HostCheck(Element, ns=HOST, tag="check"):
    """<host:check> (RFC 5732 section 3.1.1)."""

    names: tuple[Label, ...] = child("name", min=1)


class HostInfo(Element, ns=HOST, tag="info"):
    """<host:info> (RFC 5732 section 3.1.2)."""

    name: Label


class HostCreate(Element, ns=HOST, tag="create"):
    """<host:create> (RFC 5732 section 3.2.1)."""

    name: Label
    addrs: tuple[HostAddress, ...] = child("addr", default=())


class HostDelete(Element, ns=HOST, tag="delete"):
    """<host:delete> (RFC 5732 section 3.2.2)."""

    name: Label


class HostAddRem(Type, ns=HOST):
    """<add> and <rem> (RFC 5732 section 3.2.5)."""

    addrs: tuple[HostAddress, ...] = child("addr", default=())
    statuses: tuple[HostStatus, ...] = child("status", max=7, default=())


class HostChange(Type, ns=HOST):
    """<chg> (RFC 5732 section 3.2.5): the new name."""

    name: Label


class HostUpdate(Element, ns=HOST, tag="update"):
    """<host:update> (RFC 5732 section 3.2.5)."""

    name: Label
    add: HostAddRem | None = None
    rem: HostAddRem | None = None
    chg: HostChange | None = None


class HostCheckItem(Type, ns=HOST):
    """<cd> (RFC 5732 section 3.1.1)."""

    name: CheckName
    reason: Reason | None = None


class HostCheckData(Element, ns=HOST, tag="chkData"):
    """<host:chkData> (RFC 5732 section 3.1.1)."""

    items: tuple[HostCheckItem, ...] = child("cd", min=1, later=True)

    if TYPE_CHECKING:

        @property
        def available(self) -> tuple[str, ...]:
            """The names that are available, in the order of the answer."""

    else:
        # The native function itself: a function of Python's around it would cost as much again.
        available = property(regwire_native.available, doc="The names that are available, in the order of the answer.")


class HostCreateData(Element, ns=HOST, tag="creData"):
    """<host:creData> (RFC 5732 section 3.2.1)."""

    name: Label
    cr_date: DateTime


class HostInfoData(Element, ns=HOST, tag="infData"):
    """<host:infData> (RFC 5732 section 3.1.2)."""

    name: Label
    roid: Roid
    statuses: tuple[HostStatus, ...] = child("status", min=1, max=7)
    addrs: tuple[HostAddress, ...] = child("addr", default=())
    cl_id: ClientId = child("clID", kw_only=True)
    cr_id: ClientId = child("crID", kw_only=True)
    cr_date: DateTime = child(kw_only=True)
    up_id: ClientId | None = child("upID", default=None)
    up_date: DateTime | None = None
    tr_date: DateTime | None = None


class HostPanData(Element, ns=HOST, tag="panData"):
    """<host:panData> (RFC 5732 section 3.3): the outcome of an action that was pending."""

    name: PanName
    pa_trid: TrId = child("paTRID")
    pa_date: DateTime
