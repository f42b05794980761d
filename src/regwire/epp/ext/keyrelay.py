"""Relaying DNSSEC keys between registrars: the object mapping keyrelay-1.0 (RFC 8063)."""

from regwire.epp.ext.secdns import SecDnsKeyData
from regwire.epp.extension import Extension
from regwire.epp.messages.common import ClientId, DateTime, Label, Span
from regwire.epp.messages.domain import DomainAuthInfo
from regwire.schema import Choice, Element, Namespace, Type, child

__all__ = ["EXTENSION", "NAMESPACE", "KeyRelayCreate", "KeyRelayData", "KeyRelayExpiry", "KeyRelayInfoData"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:keyrelay-1.0", prefix="keyrelay")


class KeyRelayExpiry(Type, ns=NAMESPACE, content=Choice("absolute", "relative")):
    """<expiry> (RFC 8063 section 2.1): until when the key is to be published."""

    absolute: DateTime | None = None
    relative: Span | None = None


class KeyRelayData(Element, ns=NAMESPACE, tag="keyRelayData"):
    """<keyrelay:keyRelayData> (RFC 8063 section 2.1)."""

    key_data: SecDnsKeyData
    expiry: KeyRelayExpiry | None = None


class KeyRelayCreate(Element, ns=NAMESPACE, tag="create"):
    """<keyrelay:create> (RFC 8063 section 3.2.1)."""

    name: Label
    auth_info: DomainAuthInfo
    key_relay_data: tuple[KeyRelayData, ...] = child(min=1)


class KeyRelayInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<keyrelay:infData> (RFC 8063 section 3.1.2), in a poll message."""

    name: Label
    auth_info: DomainAuthInfo
    key_relay_data: tuple[KeyRelayData, ...] = child(min=1)
    cr_date: DateTime
    re_id: ClientId = child("reID")
    ac_id: ClientId = child("acID")


EXTENSION = Extension(
    NAMESPACE,
    title="Key relay",
    reference="RFC 8063",
    objects=(KeyRelayCreate, KeyRelayInfoData),
    elements=(KeyRelayData,),
)
