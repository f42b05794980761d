""".ca: fury-2.1."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Normalized, Text
from regwire.epp.messages.contact import ContactCreate, ContactUpdate
from regwire.epp.messages.domain import DomainCheck, DomainCreate, DomainInfo, DomainUpdate
from regwire.schema import Choice, Element, Namespace, Sequence, Type, attribute, child, content, integer

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "FuryAdd",
    "FuryBundle",
    "FuryCheck",
    "FuryChkCommand",
    "FuryChkCommandEntry",
    "FuryChkCommandProperties",
    "FuryChkResponse",
    "FuryChkResponseEntry",
    "FuryChkResponseProperty",
    "FuryChkResponsePropertyValue",
    "FuryChkResponsePropertyValues",
    "FuryCiraCode",
    "FuryCommand",
    "FuryCreate",
    "FuryDomains",
    "FuryInfo",
    "FuryInfoCommand",
    "FuryInfoCommandKvpEntry",
    "FuryInfoCommandProperties",
    "FuryInfoResponse",
    "FuryInfoResponseKvpEntry",
    "FuryInfoResponseProperty",
    "FuryInfoResponsePropertyAttribute",
    "FuryInfoResponsePropertyAttributes",
    "FuryInfoResponsePropertyValue",
    "FuryInfoResponsePropertyValueAttributes",
    "FuryInfoResponsePropertyValues",
    "FuryKvpEntry",
    "FuryProperties",
    "FuryResponse",
    "FuryRm",
    "FuryUpdate",
    "FuryValue",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:fury-2.1", prefix="fury")

FuryCiraCodeValue = Annotated[int, integer("unsignedShort", min=3000, max=9999, total_digits=4)]


class FuryValue(Type, ns=NAMESPACE):
    """The type valueType (fury-2.1)."""

    value: Normalized = content(default="")
    default: bool = attribute(default=False)


class FuryInfoCommandKvpEntry(Type, ns=NAMESPACE):
    """The content of <infoCommandKvpEntry> (fury-2.1)."""

    key: Normalized
    values: tuple[FuryValue, ...] = child("value", default=())


class FuryInfoCommandProperties(Type, ns=NAMESPACE):
    """The type infoCommandPropertiesType (fury-2.1)."""

    properties: tuple[FuryInfoCommandKvpEntry, ...] = child("property", default=())


class FuryInfoCommand(Type, ns=NAMESPACE):
    """The type infoCommandType (fury-2.1)."""

    language: Normalized | None = None
    properties: FuryInfoCommandProperties = child(kw_only=True)


class FuryChkCommandEntry(Type, ns=NAMESPACE):
    """The content of <chkCommandEntry> (fury-2.1)."""

    key: Normalized
    values: tuple[FuryValue, ...] = child("value", min=1)


class FuryChkCommandProperties(Type, ns=NAMESPACE):
    """The type chkCommandPropertiesType (fury-2.1)."""

    properties: tuple[FuryChkCommandEntry, ...] = child("property", default=())


class FuryChkCommand(Type, ns=NAMESPACE):
    """The type chkCommandType (fury-2.1)."""

    properties: FuryChkCommandProperties


class FuryCommand(Element, ns=NAMESPACE, tag="command", content=Choice("info", "check")):
    """<fury:command> (fury-2.1)."""

    info: FuryInfoCommand | None = None
    check: FuryChkCommand | None = None


class FuryInfoResponsePropertyAttribute(Type, ns=NAMESPACE):
    """The type infoResponsePropertyAttributeType (fury-2.1)."""

    key: Normalized
    values: tuple[FuryValue, ...] = child("value", min=1)


class FuryInfoResponsePropertyValueAttributes(Type, ns=NAMESPACE):
    """The type infoResponsePropertyValueAttributesType (fury-2.1)."""

    property_value_attributes: tuple[FuryInfoResponsePropertyAttribute, ...] = child("propertyValueAttribute", min=1)


class FuryInfoResponsePropertyValue(Type, ns=NAMESPACE):
    """The type infoResponsePropertyValueType (fury-2.1)."""

    value: FuryValue
    localized_value: Normalized | None = None
    localized_detail: Text | None = None
    property_value_attributes: FuryInfoResponsePropertyValueAttributes | None = None


class FuryInfoResponsePropertyValues(Type, ns=NAMESPACE):
    """The type infoResponsePropertyValuesType (fury-2.1)."""

    property_values: tuple[FuryInfoResponsePropertyValue, ...] = child("propertyValue", default=())


class FuryInfoResponsePropertyAttributes(Type, ns=NAMESPACE):
    """The type infoResponsePropertyAttributesType (fury-2.1)."""

    property_attributes: tuple[FuryInfoResponsePropertyAttribute, ...] = child("propertyAttribute", min=1)


class FuryInfoResponseKvpEntry(Type, ns=NAMESPACE):
    """The content of <infoResponseKvpEntry> (fury-2.1)."""

    key: Normalized
    localized_key: Normalized | None = None
    property_values: FuryInfoResponsePropertyValues | None = None
    property_attributes: FuryInfoResponsePropertyAttributes | None = None


class FuryInfoResponseProperty(Type, ns=NAMESPACE):
    """The type infoResponsePropertyType (fury-2.1)."""

    properties: tuple[FuryInfoResponseKvpEntry, ...] = child("property", default=())


class FuryInfoResponse(Type, ns=NAMESPACE):
    """The type infoResponseType (fury-2.1)."""

    language: Normalized | None = None
    properties: FuryInfoResponseProperty = child(kw_only=True)


class FuryChkResponsePropertyValue(Type, ns=NAMESPACE):
    """The type chkResponsePropertyValueType (fury-2.1)."""

    value: FuryValue
    result: Normalized
    reason: Normalized | None = None


class FuryChkResponsePropertyValues(Type, ns=NAMESPACE):
    """The type chkResponsePropertyValuesType (fury-2.1)."""

    property_values: tuple[FuryChkResponsePropertyValue, ...] = child("propertyValue", default=())


class FuryChkResponseEntry(Type, ns=NAMESPACE):
    """The content of <chkResponseEntry> (fury-2.1)."""

    key: Normalized
    property_values: FuryChkResponsePropertyValues | None = None


class FuryChkResponseProperty(Type, ns=NAMESPACE):
    """The type chkResponsePropertyType (fury-2.1)."""

    properties: tuple[FuryChkResponseEntry, ...] = child("property", default=())


class FuryChkResponse(Type, ns=NAMESPACE):
    """The type chkResponseType (fury-2.1)."""

    properties: FuryChkResponseProperty


class FuryResponse(Element, ns=NAMESPACE, tag="response", content=Choice("inf_data", "chk_data")):
    """<fury:response> (fury-2.1)."""

    inf_data: FuryInfoResponse | None = None
    chk_data: FuryChkResponse | None = None


class FuryCiraCode(Element, ns=NAMESPACE, tag="ciraCode"):
    """<fury:ciraCode> (fury-2.1)."""

    value: FuryCiraCodeValue = content()


class FuryKvpEntry(Type, ns=NAMESPACE, content=Sequence("key", Choice("values", "rem_all"))):
    """The content of <kvpEntry> (fury-2.1)."""

    key: Normalized
    values: tuple[FuryValue, ...] = child("value", default=())
    rem_all: bool | None = None


class FuryProperties(Type, ns=NAMESPACE):
    """The content of <properties> (fury-2.1)."""

    properties: tuple[FuryKvpEntry, ...] = child("property", min=1)


class FuryCreate(Element, ns=NAMESPACE, tag="create"):
    """<fury:create> (fury-2.1)."""

    properties: FuryProperties | None = None


class FuryDomains(Type, ns=NAMESPACE):
    """The content of <domains> (fury-2.1)."""

    names: tuple[Text, ...] = child("name", min=1)


class FuryBundle(Type, ns=NAMESPACE):
    """The content of <bundle> (fury-2.1)."""

    name: Text
    domains: FuryDomains


class FuryInfo(Element, ns=NAMESPACE, tag="info"):
    """<fury:info> (fury-2.1)."""

    properties: FuryProperties | None = None
    bundle: FuryBundle | None = None


class FuryAdd(Type, ns=NAMESPACE):
    """The type addType (fury-2.1)."""

    properties: FuryProperties | None = None


class FuryRm(Type, ns=NAMESPACE):
    """The type rmType (fury-2.1)."""

    properties: FuryProperties | None = None


class FuryUpdate(Element, ns=NAMESPACE, tag="update"):
    """<fury:update> (fury-2.1)."""

    add: FuryAdd | None = None
    rem: FuryRm | None = None


class FuryCheck(Element, ns=NAMESPACE, tag="check"):
    """<fury:check> (fury-2.1)."""

    properties: FuryProperties | None = None


EXTENSION = Extension(
    NAMESPACE,
    title=".ca",
    reference="fury-2.1",
    commands={
        FuryCreate: (
            DomainCreate,
            ContactCreate,
        ),
        FuryInfo: (DomainInfo,),
        FuryUpdate: (
            DomainUpdate,
            ContactUpdate,
        ),
        FuryCheck: (DomainCheck,),
    },
    elements=(
        FuryCommand,
        FuryResponse,
        FuryCiraCode,
    ),
)
