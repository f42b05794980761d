"""Privacy (Tango): tango-privacy-1.0."""

from regwire.epp.extension import Extension
from regwire.epp.messages.contact import ContactCreate, ContactInfoData, ContactUpdate
from regwire.schema import Choice, Element, Namespace, Type, attribute

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "TangoPrivacyChg",
    "TangoPrivacyCreate",
    "TangoPrivacyDisclosure",
    "TangoPrivacyInfoData",
    "TangoPrivacyLegal",
    "TangoPrivacyNatural",
    "TangoPrivacyUpdate",
]

NAMESPACE = Namespace("http://xmlns.tango-rs.net/epp/privacy-1.0", prefix="tango-privacy")


class TangoPrivacyNatural(Type, ns=NAMESPACE):
    """The type naturalType (tango-privacy-1.0)."""

    disclose: bool = attribute()


class TangoPrivacyLegal(Type, ns=NAMESPACE):
    """The type legalType (tango-privacy-1.0)."""


class TangoPrivacyDisclosure(Type, ns=NAMESPACE, content=Choice("natural", "legal")):
    """The type disclosureType (tango-privacy-1.0)."""

    natural: TangoPrivacyNatural | None = None
    legal: TangoPrivacyLegal | None = None


class TangoPrivacyCreate(Element, ns=NAMESPACE, tag="create"):
    """<tango-privacy:create> (tango-privacy-1.0)."""

    disclosure: TangoPrivacyDisclosure


class TangoPrivacyChg(Type, ns=NAMESPACE):
    """The type chgType (tango-privacy-1.0)."""

    disclosure: TangoPrivacyDisclosure


class TangoPrivacyUpdate(Element, ns=NAMESPACE, tag="update"):
    """<tango-privacy:update> (tango-privacy-1.0)."""

    chg: TangoPrivacyChg


class TangoPrivacyInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<tango-privacy:infData> (tango-privacy-1.0)."""

    disclosure: TangoPrivacyDisclosure


EXTENSION = Extension(
    NAMESPACE,
    title="Privacy (Tango)",
    reference="tango-privacy-1.0",
    commands={TangoPrivacyCreate: (ContactCreate,), TangoPrivacyUpdate: (ContactUpdate,)},
    responses={TangoPrivacyInfoData: (ContactInfoData,)},
)
