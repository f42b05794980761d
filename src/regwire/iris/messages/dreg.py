"""Domain registries: dreg1 (RFC 3982 section 4)."""

from typing import Annotated, Literal

from regwire.iris.messages.common import DREG, DateTime, Language, Normalized, Part, String, Text, Token
from regwire.iris.messages.core import Entity, GenericCode, Query, Result, SeeAlso
from regwire.schema import All, Choice, Element, Sequence, Type, attribute, child, content, string, token

__all__ = [
    "DREG",
    "AnyMatch",
    "Contact",
    "ContactKind",
    "ContactType",
    "Domain",
    "DomainStatus",
    "ExactMatch",
    "FindContacts",
    "FindDomainsByContact",
    "FindDomainsByHost",
    "FindDomainsByIDN",
    "FindDomainsByName",
    "FindRegistrarsByName",
    "Host",
    "HostingEntity",
    "LanguageNotSupported",
    "OtherRole",
    "PartialMatch",
    "PostalAddress",
    "Private",
    "PrivateDateTime",
    "PrivateNormalized",
    "PrivateString",
    "PrivateToken",
    "RegistrarRole",
    "RegistrationAuthority",
    "RegistryRole",
    "ResourceMatch",
    "Role",
    "SearchTooWide",
    "Status",
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
"""What a contact is to a domain (RFC 3982 section 3.1.2)."""


Ending = Annotated[str, token(min_length=1).named("endsWithType", DREG)]
"""What a partial match ends with."""


class ExactMatch(Type, ns=DREG, type_name="exactMatchParameter"):
    """A parameter that is matched as a whole (RFC 3982 section 3.1)."""

    exact_match: Normalized


class PartialMatch(
    Type, ns=DREG, type_name="partialMatchParameter", content=Choice(Sequence("begins_with", "ends_with"), "ends_with")
):
    """A parameter that is matched at its beginning, its end, or both (RFC 3982 section 3.1)."""

    begins_with: Part | None = child(min=1, default=None)
    ends_with: Ending | None = None


class AnyMatch(
    Type,
    ns=DREG,
    type_name="exactOrPartialMatchParameter",
    content=Choice(Sequence("begins_with", "ends_with"), "ends_with", "exact_match"),
):
    """A parameter that is matched as a whole or in part (RFC 3982 section 3.1)."""

    begins_with: Part | None = child(min=1, default=None)
    ends_with: Ending | None = None
    exact_match: Normalized | None = None


class ResourceMatch(Type, ns=DREG, type_name="domainResourceParameter", content=Choice("exact_match", "in_domain")):
    """An address matched as a whole or by its domain (RFC 3982 section 3.1.7)."""

    exact_match: Normalized | None = None
    in_domain: Token | None = None


class FindRegistrarsByName(
    Query, ns=DREG, type_name="findRegistrarsByNameType", tag="findRegistrarsByName", substitutes=Query
):
    """<findRegistrarsByName> (RFC 3982 section 3.1.1): registrars, of a base domain or all."""

    base_domain: Normalized | None = None
    name_part: AnyMatch | None = None


class FindDomainsByContact(
    Query,
    ns=DREG,
    type_name="findDomainsByContactType",
    tag="findDomainsByContact",
    substitutes=Query,
    content=Sequence(
        "base_domain",
        Choice("common_name", "organization", "email", "city", "region", "postal_code", "contact_handle"),
        "role",
        "languages",
    ),
):
    """<findDomainsByContact> (RFC 3982 section 3.1.2): domains whose contact fits one criterion."""

    base_domain: Normalized | None = None
    common_name: AnyMatch | None = None
    organization: AnyMatch | None = None
    email: ResourceMatch | None = child("eMail", default=None)
    city: ExactMatch | None = None
    region: ExactMatch | None = None
    postal_code: ExactMatch | None = None
    contact_handle: ExactMatch | None = None
    role: Role | None = None
    languages: tuple[Language, ...] = child("language", default=())


class FindDomainsByName(Query, ns=DREG, type_name="findDomainsByNameType", tag="findDomainsByName", substitutes=Query):
    """<findDomainsByName> (RFC 3982 section 3.1.3): domains by parts of their names."""

    name_part: PartialMatch


class FindDomainsByIDN(Query, ns=DREG, type_name="findDomainsByIDNType", tag="findDomainsByIDN", substitutes=Query):
    """<findDomainsByIDN> (RFC 3982 section 3.1.4): domains by their internationalised name, variants included."""

    name_part: ExactMatch
    languages: tuple[Language, ...] = child("language", default=())


class FindContacts(
    Query,
    ns=DREG,
    type_name="findContactsType",
    tag="findContacts",
    substitutes=Query,
    content=Sequence(
        Choice("common_name", "organization", "email", "city", "region", "postal_code"),
        "languages",
    ),
):
    """<findContacts> (RFC 3982 section 3.1.5): contacts that fit one criterion."""

    common_name: AnyMatch | None = None
    organization: AnyMatch | None = None
    email: ResourceMatch | None = child("eMail", default=None)
    city: ExactMatch | None = None
    region: ExactMatch | None = None
    postal_code: ExactMatch | None = None
    languages: tuple[Language, ...] = child("language", default=())


class FindDomainsByHost(
    Query,
    ns=DREG,
    type_name="findDomainsByHostType",
    tag="findDomainsByHost",
    substitutes=Query,
    content=Sequence("base_domain", Choice("host_name", "host_handle", "ipv4_address", "ipv6_address")),
):
    """<findDomainsByHost> (RFC 3982 section 3.1.6): domains by a name server."""

    base_domain: Normalized | None = None
    host_name: ExactMatch | None = None
    host_handle: ExactMatch | None = None
    ipv4_address: ExactMatch | None = child("ipV4Address", default=None)
    ipv6_address: ExactMatch | None = child("ipV6Address", default=None)


class Private(Type, ns=DREG, abstract=True):
    """The labels of a value that not everybody may see (RFC 3982 section 3.2.1)."""

    private: bool | None = attribute(default=None, kw_only=True)
    denied: bool | None = attribute(default=None, kw_only=True)
    do_not_redistribute: bool | None = attribute(default=None, kw_only=True)
    special_access: bool | None = attribute(default=None, kw_only=True)


class PrivateDateTime(Private, ns=DREG, type_name="dateTimePrivacyType", nillable=True):
    """A time with privacy labels; None says that there is one that is not shown."""

    value: DateTime | None = content(default=None)


class PrivateString(Private, ns=DREG, type_name="stringPrivacyType", nillable=True):
    """A text with privacy labels; None says that there is one that is not shown."""

    value: String | None = content(default=None)


class PrivateNormalized(Private, ns=DREG, type_name="normalizedStringPrivacyType", nillable=True):
    """A line with privacy labels; None says that there is one that is not shown."""

    value: Normalized | None = content(default=None)


class PrivateToken(Private, ns=DREG, type_name="tokenPrivacyType", nillable=True):
    """A word with privacy labels; None says that there is one that is not shown."""

    value: Token | None = content(default=None)


class Status(Private, ns=DREG, type_name="domainStatusType"):
    """One status of a domain (RFC 3982 section 3.2.2)."""

    applied_date: DateTime | None = None
    descriptions: tuple[Text, ...] = child("description", default=())
    scope: String | None = attribute(default=None)


class DomainStatus(
    Type,
    ns=DREG,
    content=All(
        "reserved_delegation",
        "assigned_and_active",
        "assigned_and_inactive",
        "assigned_and_on_hold",
        "revoked",
        "transfer_pending",
        "registry_lock",
        "registrar_lock",
        "other",
    ),
):
    """<status> of a domain (RFC 3982 section 3.2.2): each status at most once."""

    reserved_delegation: Status | None = None
    assigned_and_active: Status | None = None
    assigned_and_inactive: Status | None = None
    assigned_and_on_hold: Status | None = None
    revoked: Status | None = None
    transfer_pending: Status | None = None
    registry_lock: Status | None = None
    registrar_lock: Status | None = None
    other: Status | None = None


class HostingEntity(Entity, ns=DREG, tag="registrar"):
    """A reference to a registry or registrar that may host the domain's data itself (RFC 3982 section 3.2.2)."""

    hosting: bool | None = attribute(default=None, kw_only=True)


class Domain(Result, ns=DREG, type_name="domainType", tag="domain", substitutes=Result):
    """<domain> (RFC 3982 section 3.2.2)."""

    domain_name: Token = child(kw_only=True)
    idn: Token | None = None
    domain_handle: PrivateNormalized | None = None
    name_servers: tuple[Entity, ...] = child("nameServer", default=())
    registrant: Entity | None = child("registrant", default=None)
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
    status: DomainStatus | None = None
    domain_variants: tuple[Entity, ...] = child("domainVariant", default=())
    registration_reference: Entity | None = child("registrationReference", default=None)
    registry: HostingEntity | None = child("registry", default=None)
    registrar: HostingEntity | None = child("registrar", default=None)
    initial_delegation: PrivateDateTime | None = child("initialDelegationDateTime", default=None)
    last_renewal: PrivateDateTime | None = child("lastRenewalDateTime", default=None)
    expiration: PrivateDateTime | None = child("expirationDateTime", default=None)
    last_delegation_modification: PrivateDateTime | None = child("lastDelegationModificationDateTime", default=None)
    last_delegation_modification_by: Entity | None = child("lastDelegationModificationBy", default=None)
    last_verification: PrivateDateTime | None = child("lastVerificationDateTime", default=None)
    see_also: tuple[SeeAlso, ...] = ()


class Host(Result, ns=DREG, type_name="hostType", tag="host", substitutes=Result):
    """<host> (RFC 3982 section 3.2.3)."""

    host_handle: PrivateNormalized | None = None
    host_name: Normalized = child(kw_only=True)
    ipv4_addresses: tuple[Token, ...] = child("ipV4Address", default=())
    ipv6_addresses: tuple[Token, ...] = child("ipV6Address", default=())
    host_contacts: tuple[Entity, ...] = child("hostContact", default=())
    created: PrivateDateTime | None = child("createdDateTime", default=None)
    last_modification: PrivateDateTime | None = child("lastModificationDateTime", default=None)
    last_verification: PrivateDateTime | None = child("lastVerificationDateTime", default=None)
    see_also: tuple[SeeAlso, ...] = ()


class ContactKind(Private, ns=DREG, type_name="contactTypeType"):
    """What is said about the kind of a contact."""

    descriptions: tuple[Text, ...] = child("description", default=())


class ContactType(Type, ns=DREG, content=Choice("person", "organization", "role", "other")):
    """<type> of a contact (RFC 3982 section 3.2.4): exactly one is there."""

    person: ContactKind | None = None
    organization: ContactKind | None = None
    role: ContactKind | None = None
    other: ContactKind | None = None


class PostalAddress(Type, ns=DREG):
    """<postalAddress> (RFC 3982 section 3.2.4)."""

    address: PrivateString | None = None
    city: PrivateString | None = None
    region: PrivateString | None = None
    postal_code: PrivateNormalized | None = None
    country: PrivateToken | None = None


class Contact(Result, ns=DREG, type_name="contactType", tag="contact", substitutes=Result):
    """<contact> (RFC 3982 section 3.2.4)."""

    contact_handle: PrivateNormalized | None = None
    common_name: PrivateNormalized | None = None
    language: Language | None = None
    type: ContactType | None = None
    organization: PrivateNormalized | None = None
    emails: tuple[PrivateString, ...] = child("eMail", default=())
    idn_emails: tuple[PrivateString, ...] = child("IDNeMail", default=())
    sips: tuple[PrivateString, ...] = child("sip", default=())
    postal_addresses: tuple[PostalAddress, ...] = child("postalAddress", default=())
    phones: tuple[PrivateNormalized, ...] = child("phone", default=())
    faxes: tuple[PrivateNormalized, ...] = child("fax", default=())
    created: PrivateDateTime | None = child("createdDateTime", default=None)
    last_modification: PrivateDateTime | None = child("lastModificationDateTime", default=None)
    last_verification: PrivateDateTime | None = child("lastVerificationDateTime", default=None)
    translated_contacts: tuple[Entity, ...] = child("translatedContact", default=())
    see_also: tuple[SeeAlso, ...] = ()


class RegistryRole(Element, ns=DREG, tag="registry"):
    """<registry>: the authority is a registry."""


class RegistrarRole(Element, ns=DREG, tag="registrar"):
    """<registrar>: the authority is a registrar."""


class OtherRole(Element, ns=DREG, tag="other"):
    """<other>: the authority is something else."""


class RegistrationAuthority(
    Result, ns=DREG, type_name="registrationAuthorityType", tag="registrationAuthority", substitutes=Result
):
    """<registrationAuthority> (RFC 3982 section 3.2.5): a registry or registrar."""

    service_instance: Entity | None = child("serviceInstance", default=None)
    organization_name: String | None = None
    roles: tuple[RegistryRole | RegistrarRole | OtherRole, ...] = child(max=3, default=())
    domains: tuple[Token, ...] = child("domain", default=())


class SearchTooWide(GenericCode, ns=DREG, tag="searchTooWide", substitutes=GenericCode):
    """<searchTooWide> (RFC 3982 section 3.3.1): too much was found; ask for less."""


class LanguageNotSupported(
    GenericCode, ns=DREG, type_name="languageNotSupportedType", tag="languageNotSupported", substitutes=GenericCode
):
    """<languageNotSupported> (RFC 3982 section 3.3.2): the languages that queries cannot be in."""

    unsupported_languages: tuple[Language, ...] = child("unsupportedLanguage", min=1, kw_only=True)
