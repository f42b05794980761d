"""ENUM registries: ereg1 (RFC 4414 section 4)."""

from typing import Annotated, Literal

from regwire.iris.messages.common import EREG, DateTime, Disposition, Language, Normalized, Part, String, Text, Token
from regwire.iris.messages.core import Entity, GenericCode, Query, Result, SeeAlso
from regwire.schema import Choice, Element, Sequence, Type, attribute, child, content, string, token, wrapped

__all__ = [
    "EREG",
    "Active",
    "AddPeriod",
    "AnyMatch",
    "AutoRenewPeriod",
    "CommunicationServiceProvider",
    "Contact",
    "ContactKind",
    "ContactType",
    "Create",
    "DataService",
    "Delete",
    "Dispute",
    "Enum",
    "ExactMatch",
    "FindContacts",
    "FindEnumsByContact",
    "FindEnumsByE164",
    "FindEnumsByHost",
    "Host",
    "Inactive",
    "LanguageNotSupported",
    "LineService",
    "Other",
    "OtherRole",
    "PartialMatch",
    "PostalAddress",
    "Private",
    "PrivateDateTime",
    "PrivateNormalized",
    "PrivateString",
    "PrivateToken",
    "RedemptionPeriod",
    "RegistrarRole",
    "RegistrationAuthority",
    "RegistryRole",
    "Renew",
    "RenewPeriod",
    "Reserved",
    "ResourceMatch",
    "Restore",
    "Role",
    "SearchTooWide",
    "SignalService",
    "Status",
    "SubStatus",
    "Transfer",
    "TransferPeriod",
    "Update",
    "ValidationEntity",
    "ValidationEvent",
    "VoiceService",
]

Role = Annotated[
    Literal[
        "registrant",
        "billingContact",
        "technicalContact",
        "administrativeContact",
        "legalContact",
        "zoneContact",
        "abuseContact",
        "securityContact",
        "otherContact",
    ],
    string(),
]
"""What a contact is to an ENUM domain (RFC 4414 section 3.1.2)."""


Ending = Annotated[str, token(min_length=1).named("endsWithType", EREG)]
"""What a partial match ends with."""


class ExactMatch(Type, ns=EREG, type_name="exactMatchParameter"):
    """A parameter that is matched as a whole (RFC 3982 section 3.1)."""

    exact_match: Normalized


class PartialMatch(
    Type, ns=EREG, type_name="partialMatchParameter", content=Choice(Sequence("begins_with", "ends_with"), "ends_with")
):
    """A parameter that is matched at its beginning, its end, or both (RFC 3982 section 3.1)."""

    begins_with: Part | None = child(min=1, default=None)
    ends_with: Ending | None = None


class AnyMatch(
    Type,
    ns=EREG,
    type_name="exactOrPartialMatchParameter",
    content=Choice(Sequence("begins_with", "ends_with"), "ends_with", "exact_match"),
):
    """A parameter that is matched as a whole or in part (RFC 3982 section 3.1)."""

    begins_with: Part | None = child(min=1, default=None)
    ends_with: Ending | None = None
    exact_match: Normalized | None = None


class ResourceMatch(Type, ns=EREG, type_name="domainResourceParameter", content=Choice("exact_match", "in_domain")):
    """An address matched as a whole or by its domain (RFC 3982 section 3.1.5)."""

    exact_match: Normalized | None = None
    in_domain: Token | None = None


class FindEnumsByE164(Query, ns=EREG, type_name="findEnumsByE164Type", tag="findEnumsByE164", substitutes=Query):
    """<findEnumsByE164> (RFC 4414 section 3.1.1): numbers that a prefix begins, or that begin with it."""

    e164_prefix: Token
    specificity: Annotated[Literal["less", "more"], string()] | None = None


class FindEnumsByContact(
    Query,
    ns=EREG,
    type_name="findEnumsByContactType",
    tag="findEnumsByContact",
    substitutes=Query,
    content=Sequence(
        Choice("common_name", "organization", "email", "sip", "city", "region", "postal_code", "contact_handle"),
        "role",
        "languages",
    ),
):
    """<findEnumsByContact> (RFC 4414 section 3.1.2): numbers whose contact fits one criterion."""

    common_name: AnyMatch | None = None
    organization: AnyMatch | None = None
    email: ResourceMatch | None = child("eMail", default=None)
    sip: ResourceMatch | None = None
    city: ExactMatch | None = None
    region: ExactMatch | None = None
    postal_code: ExactMatch | None = None
    contact_handle: ExactMatch | None = None
    role: Role | None = None
    languages: tuple[Language, ...] = child("language", default=())


class FindContacts(
    Query,
    ns=EREG,
    type_name="findContactsType",
    tag="findContacts",
    substitutes=Query,
    content=Sequence(
        Choice("common_name", "organization", "email", "sip", "city", "region", "postal_code"),
        "languages",
    ),
):
    """<findContacts> (RFC 4414 section 3.1.3): contacts that fit one criterion."""

    common_name: AnyMatch | None = None
    organization: AnyMatch | None = None
    email: ResourceMatch | None = child("eMail", default=None)
    sip: ResourceMatch | None = None
    city: ExactMatch | None = None
    region: ExactMatch | None = None
    postal_code: ExactMatch | None = None
    languages: tuple[Language, ...] = child("language", default=())


class FindEnumsByHost(
    Query,
    ns=EREG,
    type_name="findEnumsByHostType",
    tag="findEnumsByHost",
    substitutes=Query,
    content=Choice("host_name", "host_handle", "ipv4_address", "ipv6_address"),
):
    """<findEnumsByHost> (RFC 4414 section 3.1.4): numbers by a name server."""

    host_name: ExactMatch | None = None
    host_handle: ExactMatch | None = None
    ipv4_address: ExactMatch | None = child("ipV4Address", default=None)
    ipv6_address: ExactMatch | None = child("ipV6Address", default=None)


class Private(Type, ns=EREG, abstract=True):
    """The labels of a value that not everybody may see (RFC 4414 section 3.2.1)."""

    private: bool | None = attribute(default=None, kw_only=True)
    denied: bool | None = attribute(default=None, kw_only=True)
    do_not_redistribute: bool | None = attribute(default=None, kw_only=True)
    special_access: bool | None = attribute(default=None, kw_only=True)


class PrivateDateTime(Private, ns=EREG, type_name="dateTimePrivacyType", nillable=True):
    """A time with privacy labels; None says that there is one that is not shown."""

    value: DateTime | None = content(default=None)


class PrivateString(Private, ns=EREG, type_name="stringPrivacyType", nillable=True):
    """A text with privacy labels; None says that there is one that is not shown."""

    value: String | None = content(default=None)


class PrivateNormalized(Private, ns=EREG, type_name="normalizedStringPrivacyType", nillable=True):
    """A line with privacy labels; None says that there is one that is not shown."""

    value: Normalized | None = content(default=None)


class PrivateToken(Private, ns=EREG, type_name="tokenPrivacyType", nillable=True):
    """A word with privacy labels; None says that there is one that is not shown."""

    value: Token | None = content(default=None)


class SubStatus(Type, ns=EREG):
    """<subStatus>: a status that some authority defines."""

    value: Token = content(default="")
    authority: Token = attribute(kw_only=True)


class Status(Element, ns=EREG, type_name="enumStatusType", abstract=True):
    """What all statuses have in common (RFC 4414 section 3.2.3); the class says which one it is."""

    applied_date: DateTime | None = None
    descriptions: tuple[Text, ...] = child("description", default=())
    sub_status: SubStatus | None = None
    private: bool | None = attribute(default=None)
    denied: bool | None = attribute(default=None)
    do_not_redistribute: bool | None = attribute(default=None)
    special_access: bool | None = attribute(default=None)
    actor: Annotated[Literal["registry", "registrar"], string()] | None = attribute(default=None)
    disposition: Disposition | None = attribute(default=None)
    scope: Token | None = attribute(default=None)


class Reserved(Status, ns=EREG, tag="reserved", substitutes=Status):
    """<reserved>: not open to registration."""


class Create(Status, ns=EREG, tag="create", substitutes=Status):
    """<create>: a creation is as the disposition says."""


class Active(Status, ns=EREG, tag="active", substitutes=Status):
    """<active>: available through DNS."""


class Inactive(Status, ns=EREG, tag="inactive", substitutes=Status):
    """<inactive>: not available through DNS."""


class Dispute(Status, ns=EREG, tag="dispute", substitutes=Status):
    """<dispute>: ownership is in dispute."""


class Delete(Status, ns=EREG, tag="delete", substitutes=Status):
    """<delete>: a deletion is as the disposition says."""


class Transfer(Status, ns=EREG, tag="transfer", substitutes=Status):
    """<transfer>: a transfer is as the disposition says."""


class Renew(Status, ns=EREG, tag="renew", substitutes=Status):
    """<renew>: a renewal is as the disposition says."""


class Update(Status, ns=EREG, tag="update", substitutes=Status):
    """<update>: an update is as the disposition says."""


class AddPeriod(Status, ns=EREG, tag="addPeriod", substitutes=Status):
    """<addPeriod>: in the grace period after creation."""


class RenewPeriod(Status, ns=EREG, tag="renewPeriod", substitutes=Status):
    """<renewPeriod>: in the grace period after a renewal."""


class AutoRenewPeriod(Status, ns=EREG, tag="autoRenewPeriod", substitutes=Status):
    """<autoRenewPeriod>: in the grace period after an automatic renewal."""


class TransferPeriod(Status, ns=EREG, tag="transferPeriod", substitutes=Status):
    """<transferPeriod>: in the grace period after a transfer."""


class RedemptionPeriod(Status, ns=EREG, tag="redemptionPeriod", substitutes=Status):
    """<redemptionPeriod>: deleted, and can be restored."""


class Restore(Status, ns=EREG, tag="restore", substitutes=Status):
    """<restore>: a restoration is as the disposition says."""


class Other(Status, ns=EREG, tag="other", substitutes=Status):
    """<other>: what the descriptions or the substatus say."""


class Enum(Result, ns=EREG, type_name="enumType", tag="enum", substitutes=Result):
    """<enum> (RFC 4414 section 3.2.3): an E.164 number and its delegation."""

    e164_number: Token = child(kw_only=True)
    enum_handle: PrivateNormalized | None = None
    name_servers: tuple[Entity, ...] = child("nameServer", default=())
    registrants: tuple[Entity, ...] = child("registrant", default=())
    billing_contacts: tuple[Entity, ...] = child("billingContact", default=())
    technical_contacts: tuple[Entity, ...] = child("technicalContact", default=())
    administrative_contacts: tuple[Entity, ...] = child("administrativeContact", default=())
    legal_contacts: tuple[Entity, ...] = child("legalContact", default=())
    zone_contacts: tuple[Entity, ...] = child("zoneContact", default=())
    abuse_contacts: tuple[Entity, ...] = child("abuseContact", default=())
    security_contacts: tuple[Entity, ...] = child("securityContact", default=())
    other_contacts: tuple[Entity, ...] = child("otherContact", default=())
    last_contact_modification: PrivateDateTime | None = child("lastContactModificationDateTime", default=None)
    last_contact_modification_by: Entity | None = child("lastContactModificationBy", default=None)
    statuses: tuple[Status, ...] = wrapped("status", child(min=1), default=())
    registration_reference: Entity | None = child("registrationReference", default=None)
    registry: Entity | None = child("registry", default=None)
    registrar: Entity | None = child("registrar", default=None)
    validation_entities: tuple[Entity, ...] = child("validationEntity", default=())
    signal_csps: tuple[Entity, ...] = child("signalCSP", default=())
    data_csps: tuple[Entity, ...] = child("dataCSP", default=())
    line_csps: tuple[Entity, ...] = child("lineCSP", default=())
    voice_csps: tuple[Entity, ...] = child("voiceCSP", default=())
    other_csps: tuple[Entity, ...] = child("otherCSP", default=())
    validation_events: tuple[Entity, ...] = child("validationEvent", default=())
    initial_delegation: PrivateDateTime | None = child("initialDelegationDateTime", default=None)
    last_renewal: PrivateDateTime | None = child("lastRenewalDateTime", default=None)
    expiration: PrivateDateTime | None = child("expirationDateTime", default=None)
    last_delegation_modification: PrivateDateTime | None = child("lastDelegationModificationDateTime", default=None)
    last_delegation_modification_by: Entity | None = child("lastDelegationModificationBy", default=None)
    last_verification: PrivateDateTime | None = child("lastVerificationDateTime", default=None)
    see_also: tuple[SeeAlso, ...] = ()


class Host(Result, ns=EREG, type_name="hostType", tag="host", substitutes=Result):
    """<host> (RFC 4414 section 3.2.4)."""

    host_handle: PrivateNormalized | None = None
    host_name: Normalized = child(kw_only=True)
    ipv4_addresses: tuple[Token, ...] = child("ipV4Address", default=())
    ipv6_addresses: tuple[Token, ...] = child("ipV6Address", default=())
    host_contacts: tuple[Entity, ...] = child("hostContact", default=())
    created: PrivateDateTime | None = child("createdDateTime", default=None)
    last_modification: PrivateDateTime | None = child("lastModificationDateTime", default=None)
    last_verification: PrivateDateTime | None = child("lastVerificationDateTime", default=None)
    see_also: tuple[SeeAlso, ...] = ()


class ContactKind(Private, ns=EREG, type_name="contactTypeType"):
    """What is said about the kind of a contact."""

    descriptions: tuple[Text, ...] = child("description", default=())


class ContactType(Type, ns=EREG, content=Choice("person", "organization", "role", "other")):
    """<type> of a contact (RFC 4414 section 3.2.5): exactly one is there."""

    person: ContactKind | None = None
    organization: ContactKind | None = None
    role: ContactKind | None = None
    other: ContactKind | None = None


class PostalAddress(Type, ns=EREG):
    """<postalAddress> (RFC 4414 section 3.2.5)."""

    address: PrivateString | None = None
    city: PrivateString | None = None
    region: PrivateString | None = None
    postal_code: PrivateNormalized | None = None
    country: PrivateToken | None = None


class Contact(Result, ns=EREG, type_name="contactType", tag="contact", substitutes=Result):
    """<contact> (RFC 4414 section 3.2.5)."""

    contact_handle: PrivateNormalized | None = None
    common_name: PrivateNormalized | None = None
    language: Language | None = None
    type: ContactType | None = None
    organization: PrivateNormalized | None = None
    legal_ids: tuple[PrivateToken, ...] = child("legalId", default=())
    emails: tuple[PrivateString, ...] = child("eMail", default=())
    sips: tuple[PrivateString, ...] = child("sip", default=())
    postal_addresses: tuple[PostalAddress, ...] = child("postalAddress", default=())
    phones: tuple[PrivateNormalized, ...] = child("phone", default=())
    faxes: tuple[PrivateNormalized, ...] = child("fax", default=())
    created: PrivateDateTime | None = child("createdDateTime", default=None)
    last_modification: PrivateDateTime | None = child("lastModificationDateTime", default=None)
    last_verification: PrivateDateTime | None = child("lastVerificationDateTime", default=None)
    translated_contacts: tuple[Entity, ...] = child("translatedContact", default=())
    see_also: tuple[SeeAlso, ...] = ()


class RegistryRole(Element, ns=EREG, tag="registry"):
    """<registry>: the authority is a registry."""


class RegistrarRole(Element, ns=EREG, tag="registrar"):
    """<registrar>: the authority is a registrar."""


class OtherRole(Element, ns=EREG, tag="other"):
    """<other>: something else."""


class RegistrationAuthority(
    Result, ns=EREG, type_name="registrationAuthorityType", tag="registrationAuthority", substitutes=Result
):
    """<registrationAuthority> (RFC 4414 section 3.2.6): a registry or registrar."""

    service_instance: Entity | None = child("serviceInstance", default=None)
    organization_name: String | None = None
    legal_id: Token | None = None
    roles: tuple[RegistryRole | RegistrarRole | OtherRole, ...] = child(max=3, default=())
    billing_contacts: tuple[Entity, ...] = child("billingContact", default=())
    technical_contacts: tuple[Entity, ...] = child("technicalContact", default=())
    administrative_contacts: tuple[Entity, ...] = child("administrativeContact", default=())
    legal_contacts: tuple[Entity, ...] = child("legalContact", default=())
    zone_contacts: tuple[Entity, ...] = child("zoneContact", default=())
    abuse_contacts: tuple[Entity, ...] = child("abuseContact", default=())
    security_contacts: tuple[Entity, ...] = child("securityContact", default=())
    other_contacts: tuple[Entity, ...] = child("otherContact", default=())
    see_also: tuple[SeeAlso, ...] = ()


class ValidationEntity(Result, ns=EREG, type_name="validationEntityType", tag="validationEntity", substitutes=Result):
    """<validationEntity> (RFC 4414 section 3.2.7): who checks that a number is the registrant's."""

    service_instance: Entity | None = child("serviceInstance", default=None)
    organization_name: String | None = None
    legal_id: Token | None = None
    billing_contacts: tuple[Entity, ...] = child("billingContact", default=())
    technical_contacts: tuple[Entity, ...] = child("technicalContact", default=())
    administrative_contacts: tuple[Entity, ...] = child("administrativeContact", default=())
    legal_contacts: tuple[Entity, ...] = child("legalContact", default=())
    zone_contacts: tuple[Entity, ...] = child("zoneContact", default=())
    abuse_contacts: tuple[Entity, ...] = child("abuseContact", default=())
    security_contacts: tuple[Entity, ...] = child("securityContact", default=())
    other_contacts: tuple[Entity, ...] = child("otherContact", default=())
    see_also: tuple[SeeAlso, ...] = ()


class LineService(Element, ns=EREG, tag="line"):
    """<line>: a kind of service."""


class DataService(Element, ns=EREG, tag="data"):
    """<data>: a kind of service."""


class VoiceService(Element, ns=EREG, tag="voice"):
    """<voice>: a kind of service."""


class SignalService(Element, ns=EREG, tag="signal"):
    """<signal>: a kind of service."""


class CommunicationServiceProvider(
    Result,
    ns=EREG,
    type_name="communicationServiceProviderType",
    tag="communicationServiceProvider",
    substitutes=Result,
):
    """<communicationServiceProvider> (RFC 4414 section 3.2.8)."""

    service_instance: Entity | None = child("serviceInstance", default=None)
    organization_name: String | None = None
    legal_id: Token | None = None
    csp_id: Token | None = None
    services: tuple[LineService | DataService | VoiceService | SignalService | OtherRole, ...] = child(
        max=5, default=()
    )
    billing_contacts: tuple[Entity, ...] = child("billingContact", default=())
    technical_contacts: tuple[Entity, ...] = child("technicalContact", default=())
    administrative_contacts: tuple[Entity, ...] = child("administrativeContact", default=())
    legal_contacts: tuple[Entity, ...] = child("legalContact", default=())
    zone_contacts: tuple[Entity, ...] = child("zoneContact", default=())
    abuse_contacts: tuple[Entity, ...] = child("abuseContact", default=())
    security_contacts: tuple[Entity, ...] = child("securityContact", default=())
    other_contacts: tuple[Entity, ...] = child("otherContact", default=())
    see_also: tuple[SeeAlso, ...] = ()


class ValidationEvent(Result, ns=EREG, type_name="validationEventType", tag="validationEvent", substitutes=Result):
    """<validationEvent> (RFC 4414 section 3.2.9): a check that was made."""

    serials: tuple[Token, ...] = child("serial", default=())
    method_ids: tuple[Token, ...] = child("methodId", default=())
    validation_entities: tuple[Entity, ...] = child("validationEntity", default=())
    registrars: tuple[Entity, ...] = child("registrar", default=())
    execution: PrivateDateTime | None = child("executionDateTime", default=None)
    expiration: PrivateDateTime | None = child("expirationDateTime", default=None)
    see_also: tuple[SeeAlso, ...] = ()


class SearchTooWide(GenericCode, ns=EREG, tag="searchTooWide", substitutes=GenericCode):
    """<searchTooWide> (RFC 4414 section 3.3.1): too much was found; ask for less."""


class LanguageNotSupported(
    GenericCode, ns=EREG, type_name="languageNotSupportedType", tag="languageNotSupported", substitutes=GenericCode
):
    """<languageNotSupported> (RFC 4414 section 3.3.2): the languages that queries cannot be in."""

    unsupported_languages: tuple[Language, ...] = child("unsupportedLanguage", min=1, kw_only=True)
