"""Privacy (CORE): core-privacy-1.0."""

from regwire.epp.extension import Extension
from regwire.epp.messages.contact import ContactCreate, ContactInfoData, ContactUpdate
from regwire.schema import Choice, Element, Namespace, Type, attribute

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "CorePrivacyChg",
    "CorePrivacyCreate",
    "CorePrivacyDisclosure",
    "CorePrivacyInfoData",
    "CorePrivacyLegal",
    "CorePrivacyNatural",
    "CorePrivacyUpdate",
]

NAMESPACE = Namespace("http://xmlns.corenic.net/epp/privacy-1.0", prefix="core-privacy")


class CorePrivacyNatural(Type, ns=NAMESPACE):
    """The type naturalType (core-privacy-1.0)."""

    disclose: bool = attribute()


class CorePrivacyLegal(Type, ns=NAMESPACE):
    """The type legalType (core-privacy-1.0)."""


class CorePrivacyDisclosure(Type, ns=NAMESPACE, content=Choice("natural", "legal")):
    """The type disclosureType (core-privacy-1.0)."""

    natural: CorePrivacyNatural | None = None
    legal: CorePrivacyLegal | None = None


class CorePrivacyCreate(Element, ns=NAMESPACE, tag="create"):
    """<core-privacy:create> (core-privacy-1.0)."""

    disclosure: CorePrivacyDisclosure


class CorePrivacyChg(Type, ns=NAMESPACE):
    """The type chgType (core-privacy-1.0)."""

    disclosure: CorePrivacyDisclosure


class CorePrivacyUpdate(Element, ns=NAMESPACE, tag="update"):
    """<core-privacy:update> (core-privacy-1.0)."""

    chg: CorePrivacyChg


class CorePrivacyInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<core-privacy:infData> (core-privacy-1.0)."""

    disclosure: CorePrivacyDisclosure


EXTENSION = Extension(
    NAMESPACE,
    title="Privacy (CORE)",
    reference="core-privacy-1.0",
    commands={CorePrivacyCreate: (ContactCreate,), CorePrivacyUpdate: (ContactUpdate,)},
    responses={CorePrivacyInfoData: (ContactInfoData,)},
)
