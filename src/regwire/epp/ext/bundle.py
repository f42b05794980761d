"""Bundles of domain names: b-dn (RFC 9095)."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label
from regwire.epp.messages.domain import (
    DomainCreate,
    DomainCreateData,
    DomainDelete,
    DomainInfoData,
    DomainRenewData,
    DomainTransferData,
    DomainUpdate,
)
from regwire.schema import Element, Namespace, Type, attribute, child, content

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "Bundle",
    "BundleCreate",
    "BundleCreateData",
    "BundleDeleteData",
    "BundleInfoData",
    "BundleName",
    "BundleRenewData",
    "BundleTransferData",
    "BundleUpdateData",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:b-dn", prefix="b-dn")


class BundleName(Type, ns=NAMESPACE):
    """<rdn> and <bdn> (RFC 9095 section 5): a name, and it in Unicode."""

    name: Label = content()
    u_label: Label | None = attribute("uLabel", default=None)


class Bundle(Type, ns=NAMESPACE):
    """<bundle> (RFC 9095 section 5): the registered name and those bundled with it."""

    rdn: BundleName
    bdns: tuple[BundleName, ...] = child("bdn", default=())


class BundleCreate(Element, ns=NAMESPACE, tag="create"):
    """<b-dn:create> (RFC 9095 section 7.2.1)."""

    rdn: BundleName | None = None


class BundleInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<b-dn:infData> (RFC 9095 section 7.1.2)."""

    bundle: Bundle


class BundleDeleteData(Element, ns=NAMESPACE, tag="delData"):
    """<b-dn:delData> (RFC 9095 section 7.2.2)."""

    bundle: Bundle


class BundleCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<b-dn:creData> (RFC 9095 section 7.2.1)."""

    bundle: Bundle


class BundleRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<b-dn:renData> (RFC 9095 section 7.2.3)."""

    bundle: Bundle


class BundleTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<b-dn:trnData> (RFC 9095 section 7.2.4)."""

    bundle: Bundle


class BundleUpdateData(Element, ns=NAMESPACE, tag="upData"):
    """<b-dn:upData> (RFC 9095 section 7.2.5)."""

    bundle: Bundle


EXTENSION = Extension(
    NAMESPACE,
    title="Bundled names",
    reference="RFC 9095",
    commands={BundleCreate: (DomainCreate,)},
    responses={
        BundleInfoData: (DomainInfoData,),
        BundleDeleteData: (DomainDelete,),
        BundleCreateData: (DomainCreateData,),
        BundleRenewData: (DomainRenewData,),
        BundleTransferData: (DomainTransferData,),
        BundleUpdateData: (DomainUpdate,),
    },
)
