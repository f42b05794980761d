"""The core of IRIS: iris1 (RFC 3981 section 6)."""

from typing import Annotated

from regwire.iris.messages.common import IRIS, Language, Name, ReferentType, String, Text, Token, Uri
from regwire.schema import (
    Choice,
    Element,
    Raw,
    Type,
    attribute,
    child,
    content,
    flag,
    integer,
    wildcard,
    wrapped,
)

__all__ = [
    "Additional",
    "Answer",
    "Bag",
    "BagRefused",
    "BagUnacceptable",
    "BagUnrecognized",
    "Code",
    "Entity",
    "GenericCode",
    "InsufficientResources",
    "InvalidName",
    "InvalidSearch",
    "LimitExceeded",
    "Limits",
    "LookupEntity",
    "NameNotFound",
    "OnlyCheckPermissions",
    "OtherRestrictions",
    "PerDay",
    "PerHour",
    "PerMinute",
    "PerSecond",
    "PermissionDenied",
    "Property",
    "Query",
    "QueryNotSupported",
    "Request",
    "Response",
    "Result",
    "ResultSet",
    "SearchContinuation",
    "SearchSet",
    "SeeAlso",
    "Serialization",
    "SerializedReferral",
    "ServiceIdentification",
    "SimpleEntity",
    "Source",
    "StandardReaction",
    "TimeLimit",
    "TimeLimits",
]


class Query(Element, ns=IRIS, abstract=True, tag="query"):
    """<query> (RFC 3981 section 4.1): what the queries of the registry types stand for."""


class LookupEntity(Element, ns=IRIS, type_name="lookupEntityType", tag="lookupEntity"):
    """<lookupEntity> (RFC 3981 section 4.1): one entity by registry type, class and name."""

    registry_type: Uri = attribute()
    entity_class: Token = attribute()
    entity_name: Token = attribute()


class SearchSet(Type, ns=IRIS, type_name="searchSetType"):
    """<searchSet> (RFC 3981 section 4.1): a lookup or a query, and the bag that goes with it.

    A server (role server) also takes queries that nobody declared, as `Raw`: they are answered <queryNotSupported>.
    """

    bag: Raw | None = wrapped("bag", wildcard(ns="##any", process="skip"), default=None, type_name="bagType")
    query: LookupEntity | Query = child(kw_only=True, strangers=True)


class OnlyCheckPermissions(Element, ns=IRIS, tag="onlyCheckPermissions"):
    """<onlyCheckPermissions> (RFC 3981 section 4.3.8): results are not wanted, only whether they would be given."""


class StandardReaction(
    Element,
    ns=IRIS,
    tag="standardReaction",
    content=Choice("control_accepted", "control_denied", "control_disabled", "control_unrecognized"),
):
    """<standardReaction> (RFC 3981 section 4.3.8): what became of a control; exactly one is True."""

    control_accepted: bool = flag(default=False, process="empty")
    control_denied: bool = flag(default=False, process="empty")
    control_disabled: bool = flag(default=False, process="empty")
    control_unrecognized: bool = flag(default=False, process="empty")


class Request(Element, ns=IRIS, tag="request"):
    """<request> (RFC 3981 section 4.1)."""

    control: Element | Raw | None = wrapped(
        "control", wildcard(ns="##any", process="lax"), default=None, type_name="controlType"
    )
    search_sets: tuple[SearchSet, ...] = child("searchSet", min=1, kw_only=True)


class Result(Element, ns=IRIS, abstract=True, tag="result"):
    """<result> (RFC 3981 section 4.2): what all results have in common, the attributes that name the entity."""

    authority: Token = attribute(kw_only=True)
    resolution: Token | None = attribute(default=None, kw_only=True)
    registry_type: Uri = attribute(kw_only=True)
    entity_class: Token = attribute(kw_only=True)
    entity_name: Token = attribute(kw_only=True)
    temporary_reference: bool = attribute(default=False, kw_only=True)


class Entity(Element, ns=IRIS, type_name="entityType", tag="entity"):
    """<entity> (RFC 3981 section 4.3.5): a reference to an entity, here or at another authority.

    `referent_type` is the name of the element that stands for the entity in a response (`QName`), or "ANY". In a
    serialization, an empty `authority` is that of whoever serves it.
    """

    display_names: tuple[Text, ...] = child("displayName", default=(), kw_only=True)
    authority: Token = attribute(kw_only=True)
    resolution: Token | None = attribute(default=None, kw_only=True)
    registry_type: Uri = attribute(kw_only=True)
    entity_class: Token = attribute(kw_only=True)
    entity_name: Token = attribute(kw_only=True)
    referent_type: ReferentType = attribute(ns=IRIS, kw_only=True)
    temporary_reference: bool = attribute(default=False, kw_only=True)
    bag_ref: Name | None = attribute(default=None, kw_only=True)


class SeeAlso(Entity, ns=IRIS, type_name="entityType", tag="seeAlso"):
    """<seeAlso> (RFC 3981 section 4.3.7): a reference to an entity that is of interest as well."""


class SearchContinuation(Element, ns=IRIS, type_name="searchContinuationType", tag="searchContinuation"):
    """<searchContinuation> (RFC 3981 section 4.2): the query to be asked of another authority."""

    query: Query
    bag_ref: Name | None = attribute(default=None)
    authority: Token = attribute(kw_only=True)
    resolution: Token | None = attribute(default=None)


class Code(Element, ns=IRIS, type_name="codeType", abstract=True):
    """What all errors of a result set have in common (RFC 3981 section 4.2): explanations."""

    explanations: tuple[Text, ...] = child("explanation", default=())


class InsufficientResources(Code, ns=IRIS, tag="insufficientResources"):
    """<insufficientResources>: the server lacks what the answer would take."""


class InvalidName(Code, ns=IRIS, tag="invalidName"):
    """<invalidName>: the name of the entity is not of the form that names of its class have."""


class InvalidSearch(Code, ns=IRIS, tag="invalidSearch"):
    """<invalidSearch>: the parameters of the query make no sense."""


class QueryNotSupported(Code, ns=IRIS, tag="queryNotSupported"):
    """<queryNotSupported>: the query, the registry type or the entity class is not served."""


class LimitExceeded(Code, ns=IRIS, tag="limitExceeded"):
    """<limitExceeded>: the client asked for more than it may."""


class NameNotFound(Code, ns=IRIS, tag="nameNotFound"):
    """<nameNotFound>: there is no entity of that name."""


class PermissionDenied(Code, ns=IRIS, tag="permissionDenied"):
    """<permissionDenied>: the client may not see the answer."""


class BagUnrecognized(Code, ns=IRIS, tag="bagUnrecognized"):
    """<bagUnrecognized>: the server does not know this kind of bag."""


class BagUnacceptable(Code, ns=IRIS, tag="bagUnacceptable"):
    """<bagUnacceptable>: the bag does not suit the query."""


class BagRefused(Code, ns=IRIS, tag="bagRefused"):
    """<bagRefused>: the server takes no bag with this query."""


class GenericCode(Code, ns=IRIS, abstract=True, tag="genericCode"):
    """<genericCode>: what the errors of the registry types stand for."""


class Answer(Type, ns=IRIS):
    """<answer> (RFC 3981 section 4.2): what was found, references to it, and where to search on."""

    results: tuple[Result, ...] = child(default=())
    entities: tuple[Entity, ...] = child(default=())
    continuations: tuple[SearchContinuation, ...] = child(default=())


class Additional(Type, ns=IRIS):
    """<additional> (RFC 3981 section 4.2): results that the answer refers to."""

    results: tuple[Result, ...] = child(min=1)


class ResultSet(Type, ns=IRIS, type_name="resultSetType"):
    """<resultSet> (RFC 3981 section 4.2): what became of one search set."""

    answer: Answer
    additional: Additional | None = None
    error: (
        InsufficientResources
        | InvalidName
        | InvalidSearch
        | QueryNotSupported
        | LimitExceeded
        | NameNotFound
        | PermissionDenied
        | BagUnrecognized
        | BagUnacceptable
        | BagRefused
        | GenericCode
        | None
    ) = None


class Bag(Type, ns=IRIS):
    """<bag> of a response (RFC 3981 section 4.4): to be sent along when what refers to it is followed."""

    content: Raw = wildcard(ns="##any", process="skip")
    id: Name = attribute(kw_only=True)


class Response(Element, ns=IRIS, tag="response"):
    """<response> (RFC 3981 section 4.2)."""

    reaction: Element | Raw | None = wrapped(
        "reaction", wildcard(ns="##any", process="lax"), default=None, type_name="reactionType"
    )
    result_sets: tuple[ResultSet, ...] = child("resultSet", min=1, kw_only=True)
    bags: tuple[Bag, ...] = wrapped("bags", child("bag", min=1), default=(), type_name="bagsType")


class ServiceIdentification(
    Result, ns=IRIS, type_name="serviceIdentificationType", tag="serviceIdentification", substitutes=Result
):
    """<serviceIdentification> (RFC 3981 section 4.3.7.1): who serves which authorities."""

    authorities: tuple[Token, ...] = wrapped("authorities", child("authority", min=1), optional=False, kw_only=True)
    operator_name: String | None = None
    emails: tuple[String, ...] = child("eMail", default=())
    phones: tuple[String, ...] = child("phone", default=())
    see_also: tuple[SeeAlso, ...] = ()


class TimeLimit(Element, ns=IRIS, abstract=True):
    """How many in some span of time (RFC 3981 section 4.3.7.2)."""

    value: Annotated[int, integer("nonNegativeInteger").named("nonNegativeInteger")] = content()


class PerSecond(TimeLimit, ns=IRIS, tag="perSecond"):
    """<perSecond>."""


class PerMinute(TimeLimit, ns=IRIS, tag="perMinute"):
    """<perMinute>."""


class PerHour(TimeLimit, ns=IRIS, tag="perHour"):
    """<perHour>."""


class PerDay(TimeLimit, ns=IRIS, tag="perDay"):
    """<perDay>."""


class TimeLimits(Type, ns=IRIS):
    """What <totalQueries>, <totalResults> and <totalSessions> hold: at most one limit of each span."""

    limits: tuple[PerSecond | PerMinute | PerHour | PerDay, ...] = child(min=1, max=4)


class OtherRestrictions(Type, ns=IRIS):
    """<otherRestrictions> (RFC 3981 section 4.3.7.2)."""

    descriptions: tuple[Text, ...] = child("description", default=())


class Limits(Result, ns=IRIS, type_name="limitsType", tag="limits", substitutes=Result):
    """<limits> (RFC 3981 section 4.3.7.2): how much a client may ask."""

    total_queries: TimeLimits | None = None
    total_results: TimeLimits | None = None
    total_sessions: TimeLimits | None = None
    other_restrictions: OtherRestrictions | None = None
    see_also: tuple[SeeAlso, ...] = ()


class Property(Type, ns=IRIS):
    """<property> of a simple entity."""

    value: String = content(default="")
    name: String = attribute(kw_only=True)
    language: Language = attribute(kw_only=True)
    uri: Uri | None = attribute(default=None, kw_only=True)


class SimpleEntity(Result, ns=IRIS, type_name="simpleEntityType", tag="simpleEntity", substitutes=Result):
    """<simpleEntity> (RFC 3981 section 4.3.7.3): an entity of which only names and texts are known."""

    properties: tuple[Property, ...] = child("property", min=1, kw_only=True)


class Source(Type, ns=IRIS):
    """<source> of a serialized referral: the entity whose result held it."""

    authority: Token = attribute(kw_only=True)
    resolution: Token | None = attribute(default=None, kw_only=True)
    registry_type: Uri = attribute(kw_only=True)
    entity_class: Token = attribute(kw_only=True)
    entity_name: Token = attribute(kw_only=True)


class SerializedReferral(Element, ns=IRIS, type_name="serializedReferralType", tag="serializedReferral"):
    """<serializedReferral> (RFC 3981 section 5): a reference or continuation, and where it was found."""

    source: Source
    referral: SearchContinuation | Entity


class Serialization(Element, ns=IRIS, tag="serialization"):
    """<serialization> (RFC 3981 section 5): results and referrals as a file."""

    items: tuple[Result | SerializedReferral, ...] = child(min=1)
