"""DNS security: secDNS-1.1 (RFC 5910)."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.schema import (
    Choice,
    Element,
    Namespace,
    Sequence,
    Type,
    attribute,
    base64,
    child,
    hex_binary,
    integer,
)

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "SecDnsAdd",
    "SecDnsChange",
    "SecDnsCreate",
    "SecDnsDsData",
    "SecDnsInfoData",
    "SecDnsKeyData",
    "SecDnsRem",
    "SecDnsUpdate",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:secDNS-1.1", prefix="secDNS")

UnsignedShort = Annotated[int, integer("unsignedShort")]
UnsignedByte = Annotated[int, integer("unsignedByte")]
MaxSigLife = Annotated[int, integer("int", min=1)]

_DS_OR_KEY = Sequence("max_sig_life", Choice("ds_data", "key_data"))


class SecDnsKeyData(Type, ns=NAMESPACE):
    """<keyData> (RFC 5910 section 4.2): a DNSKEY."""

    flags: UnsignedShort
    protocol: UnsignedByte
    alg: UnsignedByte
    pub_key: Annotated[bytes, base64(min_length=1)]


class SecDnsDsData(Type, ns=NAMESPACE):
    """<dsData> (RFC 5910 section 4.1): a DS record, perhaps with the key it was made from."""

    key_tag: UnsignedShort
    alg: UnsignedByte
    digest_type: UnsignedByte
    digest: Annotated[bytes, hex_binary()]
    key_data: SecDnsKeyData | None = None


class SecDnsCreate(Element, ns=NAMESPACE, tag="create", content=_DS_OR_KEY):
    """<secDNS:create> (RFC 5910 section 5.2.1): DS records or keys, one kind and at least one of it."""

    max_sig_life: MaxSigLife | None = None
    ds_data: tuple[SecDnsDsData, ...] = child("dsData", default=())
    key_data: tuple[SecDnsKeyData, ...] = child("keyData", default=())


class SecDnsAdd(Type, ns=NAMESPACE, content=_DS_OR_KEY):
    """<add> (RFC 5910 section 5.2.5)."""

    max_sig_life: MaxSigLife | None = None
    ds_data: tuple[SecDnsDsData, ...] = child("dsData", default=())
    key_data: tuple[SecDnsKeyData, ...] = child("keyData", default=())


class SecDnsRem(Type, ns=NAMESPACE, content=Choice("all", "ds_data", "key_data")):
    """<rem> (RFC 5910 section 5.2.5): everything, or the records or keys that match in all fields."""

    all: bool | None = None
    ds_data: tuple[SecDnsDsData, ...] = child("dsData", default=())
    key_data: tuple[SecDnsKeyData, ...] = child("keyData", default=())


class SecDnsChange(Type, ns=NAMESPACE):
    """<chg> (RFC 5910 section 5.2.5)."""

    max_sig_life: MaxSigLife | None = None


class SecDnsUpdate(Element, ns=NAMESPACE, tag="update"):
    """<secDNS:update> (RFC 5910 section 5.2.5), carried out in the order of its fields."""

    rem: SecDnsRem | None = None
    add: SecDnsAdd | None = None
    chg: SecDnsChange | None = None
    urgent: bool = attribute(default=False)


class SecDnsInfoData(Element, ns=NAMESPACE, tag="infData", content=_DS_OR_KEY):
    """<secDNS:infData> (RFC 5910 section 5.1.2)."""

    max_sig_life: MaxSigLife | None = None
    ds_data: tuple[SecDnsDsData, ...] = child("dsData", default=())
    key_data: tuple[SecDnsKeyData, ...] = child("keyData", default=())


EXTENSION = Extension(
    NAMESPACE,
    title="DNS security",
    reference="RFC 5910",
    commands={SecDnsCreate: (DomainCreate,), SecDnsUpdate: (DomainUpdate,)},
    responses={SecDnsInfoData: (DomainInfoData,)},
)
