"""Registry mapping (zones and their policies): registry-1.0."""

from decimal import Decimal
from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import ClientId, DateTime, Label, Language, Normalized, Reason, Text, Token, Uri
from regwire.schema import Choice, Element, Namespace, Sequence, Type, attribute, child, content, decimal, flag, integer

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "RegistryCheck",
    "RegistryCheckData",
    "RegistryCheckName",
    "RegistryCheckType",
    "RegistryContact",
    "RegistryContactAddress",
    "RegistryCreate",
    "RegistryCreateData",
    "RegistryDContact",
    "RegistryDPeriod",
    "RegistryDelete",
    "RegistryDnssec",
    "RegistryDomain",
    "RegistryDomainName",
    "RegistryDsInterface",
    "RegistryExtHostPolicy",
    "RegistryFields",
    "RegistryGPeriod",
    "RegistryHost",
    "RegistryIdn",
    "RegistryInfo",
    "RegistryInfoData",
    "RegistryIntHostPolicy",
    "RegistryKeyInterface",
    "RegistryKeyValues",
    "RegistryKeyValuesValue",
    "RegistryLanguage",
    "RegistryMaxSigLife",
    "RegistryMinMax",
    "RegistryMinMaxLength",
    "RegistryMinMaxPeriod",
    "RegistryPeriod",
    "RegistryPhase",
    "RegistryPostal",
    "RegistryRegex",
    "RegistryRegexExplanation",
    "RegistryRelated",
    "RegistryReservedNames",
    "RegistryRgp",
    "RegistryServices",
    "RegistrySla",
    "RegistrySlaInfo",
    "RegistryStreet",
    "RegistrySupportedStatus",
    "RegistrySvcExtension",
    "RegistryUpdate",
    "RegistryUri",
    "RegistryZone",
    "RegistryZoneList",
    "RegistryZoneMember",
    "RegistryZoneSummary",
]

NAMESPACE = Namespace("http://www.verisign.com/epp/registry-1.0", prefix="registry")

RegistryVariantStrategy = Literal["blocked", "restricted", "open"]
RegistryPUnit = Literal["y", "m", "d", "h"]
RegistryIntHostSharePolicy = Literal["perZone", "perSystem"]
RegistryExtHostSharePolicy = Literal["perRegistrar", "perZone", "perSystem"]
RegistryContactSharePolicy = Literal["perZone", "perSystem"]


class RegistryCheck(Element, ns=NAMESPACE, tag="check"):
    """<registry:check> (registry-1.0)."""

    names: tuple[Label, ...] = child("name", min=1)


class RegistryFields(Type, ns=NAMESPACE):
    """The type fieldsType (registry-1.0)."""

    fields: tuple[Token, ...] = child("field", min=1)
    type: Literal["shared", "sync"] = attribute()


class RegistryZoneMember(Type, ns=NAMESPACE):
    """The type zoneMemberType (registry-1.0)."""

    value: Label = content()
    type: Literal["primary", "primaryBasedOnCrDate", "alternate", "equal"] = attribute()


class RegistryRelated(Type, ns=NAMESPACE):
    """The type relatedType (registry-1.0)."""

    fields: RegistryFields | None = None
    zone_members: tuple[RegistryZoneMember, ...] = child("zoneMember", min=1, kw_only=True)


class RegistryPhase(Type, ns=NAMESPACE):
    """The type phaseType (registry-1.0)."""

    start_date: DateTime
    end_date: DateTime | None = None
    type: Literal["pre-delegation", "pre-launch", "sunrise", "landrush", "claims", "open", "custom"] = attribute(
        kw_only=True
    )
    mode: Literal["fcfs", "pending-registration", "pending-application"] = attribute(default="fcfs")
    name: Token | None = attribute(default=None)


class RegistryUri(Type, ns=NAMESPACE):
    """The type uriType (registry-1.0)."""

    value: Uri = content()
    required: bool = attribute()


class RegistrySvcExtension(Type, ns=NAMESPACE):
    """The type svcExtensionType (registry-1.0)."""

    ext_uris: tuple[RegistryUri, ...] = child("extURI", default=())


class RegistryServices(Type, ns=NAMESPACE):
    """The type servicesType (registry-1.0)."""

    obj_uris: tuple[RegistryUri, ...] = child("objURI", min=1)
    svc_extension: RegistrySvcExtension | None = None


class RegistrySla(Type, ns=NAMESPACE):
    """The type slaType (registry-1.0)."""

    value: Annotated[Decimal, decimal()] = content()
    type: Text = attribute()
    subtype: Text | None = attribute(default=None)
    command: Text | None = attribute(default=None)
    unit: Text | None = attribute(default=None)


class RegistrySlaInfo(Type, ns=NAMESPACE):
    """The type slaInfoType (registry-1.0)."""

    slas: tuple[RegistrySla, ...] = child("sla", min=1)


class RegistryRegexExplanation(Type, ns=NAMESPACE):
    """The content of <explanation> (registry-1.0)."""

    value: Normalized = content(default="")
    lang: Language = attribute(default="en")


class RegistryRegex(Type, ns=NAMESPACE):
    """The type regexType (registry-1.0)."""

    expression: Text
    explanation: RegistryRegexExplanation | None = None


class RegistryReservedNames(Type, ns=NAMESPACE, content=Choice("reserved_names", "reserved_name_uri", min=0)):
    """The type reservedNamesType (registry-1.0)."""

    reserved_names: tuple[Normalized, ...] = child("reservedName", default=())
    reserved_name_uri: Uri | None = child("reservedNameURI", default=None)


class RegistryDomainName(Type, ns=NAMESPACE):
    """The type domainNameType (registry-1.0)."""

    min_length: Annotated[int, integer("unsignedShort")] | None = None
    max_length: Annotated[int, integer("unsignedShort")] | None = None
    alpha_num_start: bool | None = None
    alpha_num_end: bool | None = None
    only_dns_chars: bool | None = None
    regexes: tuple[RegistryRegex, ...] = child("regex", default=())
    reserved_names: RegistryReservedNames | None = None
    level: Annotated[int, integer("unsignedShort", min=2)] = attribute(kw_only=True)


class RegistryLanguage(Type, ns=NAMESPACE):
    """The type languageType (registry-1.0)."""

    table: Uri | None = None
    variant_strategy: RegistryVariantStrategy | None = None
    code: Language = attribute(kw_only=True)


class RegistryIdn(Type, ns=NAMESPACE):
    """The type idnType (registry-1.0)."""

    idn_version: Token | None = None
    idna_version: Token = child(kw_only=True)
    unicode_version: Token = child(kw_only=True)
    encoding: Token | None = None
    commingle_allowed: bool | None = None
    languages: tuple[RegistryLanguage, ...] = child("language", default=())


class RegistryDContact(Type, ns=NAMESPACE):
    """The type dContactType (registry-1.0)."""

    min: Annotated[int, integer("unsignedShort")]
    max: Annotated[int, integer("unsignedShort")] | None = None
    type: Literal["admin", "billing", "tech"] = attribute(kw_only=True)


class RegistryMinMax(Type, ns=NAMESPACE):
    """The type minMaxType (registry-1.0)."""

    min: Annotated[int, integer("unsignedShort")]
    max: Annotated[int, integer("unsignedShort")] | None = None


class RegistryPeriod(Type, ns=NAMESPACE):
    """The type periodType (registry-1.0)."""

    value: Annotated[int, integer("unsignedShort")] = content()
    unit: RegistryPUnit = attribute()


class RegistryMinMaxPeriod(Type, ns=NAMESPACE):
    """The content of <minMaxPeriod> (registry-1.0)."""

    min: RegistryPeriod
    max: RegistryPeriod
    default: RegistryPeriod


class RegistryDPeriod(Type, ns=NAMESPACE, content=Choice("length", "server_decided")):
    """The type dPeriodType (registry-1.0)."""

    length: RegistryMinMaxPeriod | None = None
    server_decided: bool = flag(default=False, process="empty")
    command: Token = attribute(kw_only=True)


class RegistryGPeriod(Type, ns=NAMESPACE):
    """The type gPeriodType (registry-1.0)."""

    value: Annotated[int, integer("unsignedShort")] = content()
    unit: RegistryPUnit = attribute()
    command: Token = attribute()


class RegistryRgp(Type, ns=NAMESPACE):
    """The type rgpType (registry-1.0)."""

    redemption_period: RegistryPeriod
    pending_restore: RegistryPeriod
    pending_delete: RegistryPeriod


class RegistryDsInterface(Type, ns=NAMESPACE):
    """The type dsInterfaceType (registry-1.0)."""

    min: Annotated[int, integer("unsignedShort")]
    max: Annotated[int, integer("unsignedShort")]
    algs: tuple[Token, ...] = child("alg", default=())
    digest_types: tuple[Token, ...] = child("digestType", default=())


class RegistryKeyInterface(Type, ns=NAMESPACE):
    """The type keyInterfaceType (registry-1.0)."""

    min: Annotated[int, integer("unsignedShort")]
    max: Annotated[int, integer("unsignedShort")]
    algs: tuple[Token, ...] = child("alg", default=())


class RegistryMaxSigLife(Type, ns=NAMESPACE):
    """The type maxSigLifeType (registry-1.0)."""

    client_defined: bool | None = None
    default: Annotated[int, integer("int")] | None = None
    min: Annotated[int, integer("int")] | None = None
    max: Annotated[int, integer("int")] | None = None


class RegistryDnssec(
    Type, ns=NAMESPACE, content=Sequence(Choice("ds_data_interface", "key_data_interface"), "max_sig_life", "urgent")
):
    """The type dnssecType (registry-1.0)."""

    ds_data_interface: RegistryDsInterface | None = None
    key_data_interface: RegistryKeyInterface | None = None
    max_sig_life: RegistryMaxSigLife = child(kw_only=True)
    urgent: bool | None = None


class RegistrySupportedStatus(Type, ns=NAMESPACE):
    """The type supportedStatusType (registry-1.0)."""

    statuses: tuple[Token, ...] = child("status", min=1)


class RegistryKeyValuesValue(Type, ns=NAMESPACE):
    """The content of <value> (registry-1.0)."""

    value: Normalized = content(default="")
    key: Token = attribute(kw_only=True)


class RegistryKeyValues(Type, ns=NAMESPACE):
    """The type keyValuesType (registry-1.0)."""

    values: tuple[RegistryKeyValuesValue, ...] = child("value", min=1)


class RegistryDomain(Type, ns=NAMESPACE):
    """The type domainType (registry-1.0)."""

    domain_names: tuple[RegistryDomainName, ...] = child("domainName", min=1)
    idn: RegistryIdn | None = None
    premium_support: bool | None = None
    contacts_supported: bool | None = None
    contacts: tuple[RegistryDContact, ...] = child("contact", max=3, default=())
    ns: RegistryMinMax = child(kw_only=True)
    child_host: RegistryMinMax = child(kw_only=True)
    periods: tuple[RegistryDPeriod, ...] = child("period", default=())
    transfer_hold_period: RegistryPeriod = child(kw_only=True)
    grace_periods: tuple[RegistryGPeriod, ...] = child("gracePeriod", default=())
    rgp: RegistryRgp | None = None
    dnssec: RegistryDnssec | None = None
    max_check_domain: Annotated[int, integer("unsignedShort")] = child(kw_only=True)
    supported_status: RegistrySupportedStatus | None = None
    auth_info_regex: RegistryRegex | None = None
    custom_data: RegistryKeyValues | None = None


class RegistryIntHostPolicy(Type, ns=NAMESPACE):
    """The type intHostPolicyType (registry-1.0)."""

    min_ip: Annotated[int, integer("unsignedShort")] = child("minIP")
    max_ip: Annotated[int, integer("unsignedShort")] = child("maxIP")
    share_policy: RegistryIntHostSharePolicy | None = None


class RegistryExtHostPolicy(Type, ns=NAMESPACE):
    """The type extHostPolicyType (registry-1.0)."""

    min_ip: Annotated[int, integer("unsignedShort")] = child("minIP")
    max_ip: Annotated[int, integer("unsignedShort")] = child("maxIP")
    share_policy: RegistryExtHostSharePolicy | None = None


class RegistryHost(Type, ns=NAMESPACE):
    """The type hostType (registry-1.0)."""

    internal: RegistryIntHostPolicy
    external: RegistryExtHostPolicy
    name_regexes: tuple[RegistryRegex, ...] = child("nameRegex", default=())
    max_check_host: Annotated[int, integer("unsignedShort")] = child(kw_only=True)
    supported_status: RegistrySupportedStatus | None = None
    custom_data: RegistryKeyValues | None = None


class RegistryMinMaxLength(Type, ns=NAMESPACE):
    """The content of <minMaxLength> (registry-1.0)."""

    min_length: Annotated[int, integer("unsignedShort")]
    max_length: Annotated[int, integer("unsignedShort")]


class RegistryStreet(Type, ns=NAMESPACE):
    """The type streetType (registry-1.0)."""

    min_length: Annotated[int, integer("unsignedShort")]
    max_length: Annotated[int, integer("unsignedShort")]
    min_entry: Annotated[int, integer("unsignedShort")]
    max_entry: Annotated[int, integer("unsignedShort")]


class RegistryContactAddress(Type, ns=NAMESPACE):
    """The type contactAddressType (registry-1.0)."""

    street: RegistryStreet
    city: RegistryMinMaxLength
    sp: RegistryMinMaxLength
    pc: RegistryMinMaxLength


class RegistryPostal(Type, ns=NAMESPACE):
    """The type postalType (registry-1.0)."""

    name: RegistryMinMaxLength
    org: RegistryMinMaxLength
    address: RegistryContactAddress
    voice_required: bool | None = None
    voice_ext: RegistryMinMaxLength | None = None
    fax_ext: RegistryMinMaxLength | None = None
    email_regexes: tuple[RegistryRegex, ...] = child("emailRegex", default=())


class RegistryContact(Type, ns=NAMESPACE):
    """The type contactType (registry-1.0)."""

    contact_id_regex: RegistryRegex | None = None
    share_policy: RegistryContactSharePolicy | None = None
    int_support: bool = child(kw_only=True)
    loc_support: bool = child(kw_only=True)
    postal_info: RegistryPostal = child(kw_only=True)
    max_check_contact: Annotated[int, integer("unsignedShort")] = child(kw_only=True)
    auth_info_regex: RegistryRegex | None = None
    client_disclosure_supported: bool | None = None
    supported_status: RegistrySupportedStatus | None = None
    transfer_hold_period: RegistryPeriod | None = None
    custom_data: RegistryKeyValues | None = None


class RegistryZone(Type, ns=NAMESPACE):
    """The type zoneType (registry-1.0)."""

    name: Label
    group: Token | None = None
    sub_product: Token | None = None
    related: RegistryRelated | None = None
    phases: tuple[RegistryPhase, ...] = child("phase", default=())
    services: RegistryServices | None = None
    sla_info: RegistrySlaInfo | None = None
    cr_id: ClientId | None = child("crID", default=None)
    cr_date: DateTime = child(kw_only=True)
    up_id: ClientId | None = child("upID", default=None)
    up_date: DateTime | None = None
    domain: RegistryDomain = child(kw_only=True)
    host: RegistryHost = child(kw_only=True)
    contact: RegistryContact | None = None


class RegistryCreate(Element, ns=NAMESPACE, tag="create"):
    """<registry:create> (registry-1.0)."""

    zone: RegistryZone


class RegistryDelete(Element, ns=NAMESPACE, tag="delete"):
    """<registry:delete> (registry-1.0)."""

    name: Label


class RegistryInfo(Element, ns=NAMESPACE, tag="info", content=Choice("all", "name")):
    """<registry:info> (registry-1.0)."""

    all: bool = flag(default=False, process="empty")
    name: Label | None = None


class RegistryUpdate(Element, ns=NAMESPACE, tag="update"):
    """<registry:update> (registry-1.0)."""

    zone: RegistryZone


class RegistryCheckName(Type, ns=NAMESPACE):
    """The type checkNameType (registry-1.0)."""

    value: Label = content()
    avail: bool = attribute()


class RegistryCheckType(Type, ns=NAMESPACE):
    """The type checkType (registry-1.0)."""

    name: RegistryCheckName
    reason: Reason | None = None


class RegistryCheckData(Element, ns=NAMESPACE, tag="chkData"):
    """<registry:chkData> (registry-1.0)."""

    cds: tuple[RegistryCheckType, ...] = child("cd", min=1)


class RegistryCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<registry:creData> (registry-1.0)."""

    name: Label
    cr_date: DateTime


class RegistryZoneSummary(Type, ns=NAMESPACE):
    """The type zoneSummaryType (registry-1.0)."""

    name: Text
    cr_date: DateTime
    up_date: DateTime | None = None


class RegistryZoneList(Type, ns=NAMESPACE):
    """The type zoneListType (registry-1.0)."""

    zones: tuple[RegistryZoneSummary, ...] = child("zone", default=())


class RegistryInfoData(Element, ns=NAMESPACE, tag="infData", content=Choice("zone_list", "zone")):
    """<registry:infData> (registry-1.0)."""

    zone_list: RegistryZoneList | None = None
    zone: RegistryZone | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Registry mapping (zones and their policies)",
    reference="registry-1.0",
    objects=(
        RegistryCheck,
        RegistryCreate,
        RegistryDelete,
        RegistryInfo,
        RegistryUpdate,
        RegistryCheckData,
        RegistryCreateData,
        RegistryInfoData,
    ),
)
