"""Address registries: areg1 (RFC 4698 section 5)."""

from typing import Annotated, Literal

from regwire.iris.messages.common import AREG, DateTime, Language, Normalized, Part, String, Token
from regwire.iris.messages.core import Entity, Query, Result, SeeAlso
from regwire.schema import Choice, Sequence, Type, attribute, child, content, flag, integer, string

__all__ = [
    "AREG",
    "AddressRange",
    "AnyMatch",
    "AutonomousSystem",
    "Contact",
    "ExactMatch",
    "FindASByNumber",
    "FindAutonomousSystemsByName",
    "FindByContact",
    "FindContacts",
    "FindNetworksByAddress",
    "FindNetworksByHandle",
    "FindNetworksByName",
    "FindNetworksByNameServer",
    "FindOrganizations",
    "IPv4Network",
    "IPv6Network",
    "Network",
    "Organization",
    "PartialMatch",
    "Phone",
    "PostalAddress",
    "ResourceMatch",
    "Role",
    "Specificity",
    "SpecificityValue",
]

SpecificityValue = Annotated[
    Literal[
        "exact-match", "all-less-specific", "one-level-less-specific", "all-more-specific", "one-level-more-specific"
    ],
    string(),
]
"""How networks found relate to the one asked for (RFC 4698 section 4)."""

Role = Annotated[Literal["adminContact", "techContact", "nocContact", "abuseContact", "otherContact"], string()]
"""What a contact is to a resource."""


Related = Annotated[
    Literal["all-less-specific", "one-level-less-specific", "all-more-specific", "one-level-more-specific"], string()
]
ContactResult = Annotated[
    Literal["returnASs", "returnIPv4Networks", "returnIPv6Networks", "returnOrganizations"], string()
]


class ExactMatch(Type, ns=AREG, type_name="exactMatchParameter"):
    """A parameter that is matched as a whole."""

    exact_match: Normalized


class PartialMatch(
    Type, ns=AREG, type_name="partialMatchParameter", content=Choice(Sequence("begins_with", "ends_with"), "ends_with")
):
    """A parameter that is matched at its beginning, its end, or both."""

    begins_with: Part | None = child(min=1, default=None)
    ends_with: Part | None = None


class AnyMatch(
    Type,
    ns=AREG,
    type_name="exactOrPartialMatchParameter",
    content=Choice(Sequence("begins_with", "ends_with"), "ends_with", "exact_match"),
):
    """A parameter that is matched as a whole or in part."""

    begins_with: Part | None = child(min=1, default=None)
    ends_with: Part | None = None
    exact_match: Normalized | None = None


class ResourceMatch(Type, ns=AREG, type_name="domainResourceParameter", content=Choice("exact_match", "in_domain")):
    """An address matched as a whole or by its domain."""

    exact_match: Normalized | None = None
    in_domain: Token | None = None


class Specificity(Type, ns=AREG):
    """<specificity> (RFC 4698 section 4): which related networks, and whether equal ones count as related."""

    value: SpecificityValue = content()
    allow_equivalences: bool = attribute(default=False)


class FindNetworksByName(Query, ns=AREG, type_name="findByNameType", tag="findNetworksByName", substitutes=Query):
    """<findNetworksByName> (RFC 4698 section 3.1.3)."""

    name: AnyMatch
    languages: tuple[Language, ...] = child("language", default=())


class FindAutonomousSystemsByName(
    Query, ns=AREG, type_name="findByNameType", tag="findAutonomousSystemsByName", substitutes=Query
):
    """<findAutonomousSystemsByName> (RFC 4698 section 3.1.3)."""

    name: AnyMatch
    languages: tuple[Language, ...] = child("language", default=())


class AddressRange(Type, ns=AREG, type_name="addressRangeType"):
    """An address, or the first and the last of a range."""

    start: Token
    end: Token | None = None


class FindNetworksByAddress(
    Query,
    ns=AREG,
    type_name="findNetworksByAddressType",
    tag="findNetworksByAddress",
    substitutes=Query,
    content=Sequence(Choice("ipv4_address", "ipv6_address"), "specificity"),
):
    """<findNetworksByAddress> (RFC 4698 section 3.1.4)."""

    ipv4_address: AddressRange | None = None
    ipv6_address: AddressRange | None = None
    specificity: Specificity = child(kw_only=True)


class FindASByNumber(Query, ns=AREG, type_name="findASByNumberType", tag="findASByNumber", substitutes=Query):
    """<findASByNumber> (RFC 4698 section 3.1.6)."""

    start: Token = child("asNumberStart")
    end: Token | None = child("asNumberEnd", default=None)
    specificity: Specificity = child(kw_only=True)


class FindByContact(
    Query,
    ns=AREG,
    type_name="findByContactType",
    tag="findByContact",
    substitutes=Query,
    content=Sequence(
        Choice("common_name", "email", "city", "region", "country", "postal_code", "contact_handle"),
        "returned_result_type",
        "role",
        "languages",
    ),
):
    """<findByContact> (RFC 4698 section 3.1.7): resources and organizations by a contact."""

    common_name: AnyMatch | None = None
    email: ResourceMatch | None = child("eMail", default=None)
    city: ExactMatch | None = None
    region: ExactMatch | None = None
    country: ExactMatch | None = None
    postal_code: ExactMatch | None = None
    contact_handle: ExactMatch | None = None
    returned_result_type: ContactResult | None = None
    role: Role | None = None
    languages: tuple[Language, ...] = child("language", default=())


class FindNetworksByHandle(
    Query, ns=AREG, type_name="findNetworksByHandleType", tag="findNetworksByHandle", substitutes=Query
):
    """<findNetworksByHandle> (RFC 4698 section 3.1.5): networks related to one."""

    network_handle: Token
    specificity: Annotated[
        Literal["all-less-specific", "one-level-less-specific", "all-more-specific", "one-level-more-specific"],
        string().named("specificitySubsetType", AREG),
    ]


class FindContacts(
    Query,
    ns=AREG,
    type_name="findContactsType",
    tag="findContacts",
    substitutes=Query,
    content=Sequence(
        Choice("common_name", "email", "city", "region", "country", "postal_code", "organization_id"),
        "languages",
    ),
):
    """<findContacts> (RFC 4698 section 3.1.1)."""

    common_name: AnyMatch | None = None
    email: ResourceMatch | None = child("eMail", default=None)
    city: ExactMatch | None = None
    region: ExactMatch | None = None
    country: ExactMatch | None = None
    postal_code: ExactMatch | None = None
    organization_id: ExactMatch | None = None
    languages: tuple[Language, ...] = child("language", default=())


class FindOrganizations(
    Query,
    ns=AREG,
    type_name="findOrganizationsType",
    tag="findOrganizations",
    substitutes=Query,
    content=Sequence(
        Choice("organization_name", "email", "city", "region", "country", "postal_code"),
        "languages",
    ),
):
    """<findOrganizations> (RFC 4698 section 3.1.2)."""

    organization_name: AnyMatch | None = None
    email: ResourceMatch | None = child("eMail", default=None)
    city: ExactMatch | None = None
    region: ExactMatch | None = None
    country: ExactMatch | None = None
    postal_code: ExactMatch | None = None
    languages: tuple[Language, ...] = child("language", default=())


class FindNetworksByNameServer(
    Query, ns=AREG, type_name="findNetworksByNameServerType", tag="findNetworksByNameServer", substitutes=Query
):
    """<findNetworksByNameServer> (RFC 4698 section 3.1.8)."""

    name_server: Normalized
    returned_result_type: Annotated[Literal["returnIPv4Networks", "returnIPv6Networks"], string()] | None = None


_NETWORK = Sequence(
    "network_handle",
    "name",
    "start_address",
    "end_address",
    Sequence("network_type", "network_type_info", min=0),
    "name_servers",
    "organization",
    Choice("parent", "no_parent", min=0),
    "admin_contacts",
    "tech_contacts",
    "noc_contacts",
    "abuse_contacts",
    "other_contacts",
    "number_resource_registry",
    "registration_date",
    "last_updated_date",
    "see_also",
)


class Network(Result, ns=AREG, type_name="ipNetworkType", abstract=True, content=_NETWORK):
    """What <ipv4Network> and <ipv6Network> hold (RFC 4698 section 3.2.1).

    `network_type_info` goes with a `network_type`; `parent` and `no_parent` exclude each other.
    """

    network_handle: Token | None = None
    name: Normalized | None = None
    start_address: Token = child(kw_only=True)
    end_address: Token = child(kw_only=True)
    network_type: Normalized | None = child(min=1, default=None)
    network_type_info: Entity | None = child("networkTypeInfo", default=None)
    name_servers: tuple[Normalized, ...] = child("nameServer", default=())
    organization: Entity | None = child("organization", default=None)
    parent: Entity | None = child("parent", default=None)
    no_parent: bool = flag(default=False)
    admin_contacts: tuple[Entity, ...] = child("adminContact", default=())
    tech_contacts: tuple[Entity, ...] = child("techContact", default=())
    noc_contacts: tuple[Entity, ...] = child("nocContact", default=())
    abuse_contacts: tuple[Entity, ...] = child("abuseContact", default=())
    other_contacts: tuple[Entity, ...] = child("otherContact", default=())
    number_resource_registry: Entity | None = child("numberResourceRegistry", default=None)
    registration_date: DateTime | None = None
    last_updated_date: DateTime | None = None
    see_also: tuple[SeeAlso, ...] = ()


class IPv4Network(Network, ns=AREG, tag="ipv4Network", substitutes=Result, content=_NETWORK):
    """<ipv4Network>."""


class IPv6Network(Network, ns=AREG, tag="ipv6Network", substitutes=Result, content=_NETWORK):
    """<ipv6Network>."""


class AutonomousSystem(
    Result,
    ns=AREG,
    type_name="autonomousSystemType",
    tag="autonomousSystem",
    substitutes=Result,
    content=Sequence(
        "as_handle",
        "start",
        "end",
        "name",
        "organization",
        Choice("parent", "no_parent", min=0),
        "admin_contacts",
        "tech_contacts",
        "noc_contacts",
        "abuse_contacts",
        "other_contacts",
        "number_resource_registry",
        "registration_date",
        "last_updated_date",
        "see_also",
    ),
):
    """<autonomousSystem> (RFC 4698 section 3.2.2); `parent` and `no_parent` exclude each other."""

    as_handle: Token | None = None
    start: Annotated[int, integer().named()] | None = child("asNumberStart", default=None)
    end: Annotated[int, integer().named()] | None = child("asNumberEnd", default=None)
    name: Normalized | None = None
    organization: Entity | None = child("organization", default=None)
    parent: Entity | None = child("parent", default=None)
    no_parent: bool = flag(default=False)
    admin_contacts: tuple[Entity, ...] = child("adminContact", default=())
    tech_contacts: tuple[Entity, ...] = child("techContact", default=())
    noc_contacts: tuple[Entity, ...] = child("nocContact", default=())
    abuse_contacts: tuple[Entity, ...] = child("abuseContact", default=())
    other_contacts: tuple[Entity, ...] = child("otherContact", default=())
    number_resource_registry: Entity | None = child("numberResourceRegistry", default=None)
    registration_date: DateTime | None = None
    last_updated_date: DateTime | None = None
    see_also: tuple[SeeAlso, ...] = ()


class PostalAddress(Type, ns=AREG):
    """<postalAddress>."""

    address: String | None = None
    city: String | None = None
    region: String | None = None
    postal_code: Normalized | None = None
    country: Token | None = None


class Phone(Type, ns=AREG):
    """<phone>."""

    number: Normalized
    extensions: tuple[Normalized, ...] = child("extension", default=())
    type: Normalized | None = None


class Contact(Result, ns=AREG, type_name="contactType", tag="contact", substitutes=Result):
    """<contact> (RFC 4698 section 3.2.3)."""

    contact_handle: Token | None = None
    common_name: Normalized | None = None
    emails: tuple[Normalized, ...] = child("eMail", default=())
    sips: tuple[Normalized, ...] = child("sip", default=())
    organizations: tuple[Entity, ...] = child("organization", default=())
    postal_addresses: tuple[PostalAddress, ...] = child("postalAddress", default=())
    phones: tuple[Phone, ...] = child("phone", default=())
    number_resource_registry: Entity | None = child("numberResourceRegistry", default=None)
    registration_date: DateTime | None = None
    last_updated_date: DateTime | None = None
    see_also: tuple[SeeAlso, ...] = ()


class Organization(Result, ns=AREG, type_name="organizationType", tag="organization", substitutes=Result):
    """<organization> (RFC 4698 section 3.2.4)."""

    name: Normalized | None = None
    emails: tuple[Normalized, ...] = child("eMail", default=())
    id: Token = child(kw_only=True)
    postal_addresses: tuple[PostalAddress, ...] = child("postalAddress", default=())
    phones: tuple[Phone, ...] = child("phone", default=())
    admin_contacts: tuple[Entity, ...] = child("adminContact", default=())
    tech_contacts: tuple[Entity, ...] = child("techContact", default=())
    noc_contacts: tuple[Entity, ...] = child("nocContact", default=())
    abuse_contacts: tuple[Entity, ...] = child("abuseContact", default=())
    other_contacts: tuple[Entity, ...] = child("otherContact", default=())
    number_resource_registry: Entity | None = child("numberResourceRegistry", default=None)
    registration_date: DateTime | None = None
    last_updated_date: DateTime | None = None
    see_also: tuple[SeeAlso, ...] = ()
