"""Domain availability checks: dchk1 (RFC 5144 section 3)."""

from regwire.iris.messages.common import DCHK, Actor, DateTime, Disposition, Text, Token
from regwire.iris.messages.core import Entity, Result, SeeAlso
from regwire.schema import Element, Type, attribute, child, content, wrapped

__all__ = [
    "DCHK",
    "Active",
    "AddPeriod",
    "AutoRenewPeriod",
    "Create",
    "Delete",
    "Dispute",
    "Domain",
    "Inactive",
    "Other",
    "PolicyCompliant",
    "PolicyNoncompliant",
    "RedemptionPeriod",
    "Renew",
    "RenewPeriod",
    "Reserved",
    "Restore",
    "Status",
    "SubStatus",
    "Transfer",
    "TransferPeriod",
    "Update",
]


class SubStatus(Type, ns=DCHK):
    """<subStatus>: a status that some authority defines."""

    value: Token = content(default="")
    authority: Token = attribute(kw_only=True)


class Status(Element, ns=DCHK, type_name="domainStatusType", abstract=True):
    """What all statuses have in common (RFC 5144 section 3.1.1.1); the class says which one it is."""

    applied_date: DateTime | None = None
    tickets: tuple[Token, ...] = child("ticket", default=())
    descriptions: tuple[Text, ...] = child("description", default=())
    sub_status: SubStatus | None = None
    actor: Actor | None = attribute(default=None)
    disposition: Disposition | None = attribute(default=None)
    scope: Token | None = attribute(default=None)


class Active(Status, ns=DCHK, tag="active", substitutes=Status):
    """<active>: available through DNS."""


class Inactive(Status, ns=DCHK, tag="inactive", substitutes=Status):
    """<inactive>: not available through DNS."""


class Dispute(Status, ns=DCHK, tag="dispute", substitutes=Status):
    """<dispute>: ownership is in dispute."""


class Renew(Status, ns=DCHK, tag="renew", substitutes=Status):
    """<renew>: a renewal is as the disposition says."""


class AddPeriod(Status, ns=DCHK, tag="addPeriod", substitutes=Status):
    """<addPeriod>: in the grace period after creation."""


class RenewPeriod(Status, ns=DCHK, tag="renewPeriod", substitutes=Status):
    """<renewPeriod>: in the grace period after a renewal."""


class AutoRenewPeriod(Status, ns=DCHK, tag="autoRenewPeriod", substitutes=Status):
    """<autoRenewPeriod>: in the grace period after an automatic renewal."""


class TransferPeriod(Status, ns=DCHK, tag="transferPeriod", substitutes=Status):
    """<transferPeriod>: in the grace period after a transfer."""


class RedemptionPeriod(Status, ns=DCHK, tag="redemptionPeriod", substitutes=Status):
    """<redemptionPeriod>: deleted, and can be restored."""


class Restore(Status, ns=DCHK, tag="restore", substitutes=Status):
    """<restore>: a restoration is as the disposition says."""


class PolicyCompliant(Status, ns=DCHK, tag="policyCompliant", substitutes=Status):
    """<policyCompliant>: the registry's policy is met."""


class PolicyNoncompliant(Status, ns=DCHK, tag="policyNoncompliant", substitutes=Status):
    """<policyNoncompliant>: the registry's policy is not met."""


class Reserved(Status, ns=DCHK, tag="reserved", substitutes=Status):
    """<reserved>: not open to registration."""


class Create(Status, ns=DCHK, tag="create", substitutes=Status):
    """<create>: a creation is as the disposition says."""


class Delete(Status, ns=DCHK, tag="delete", substitutes=Status):
    """<delete>: a deletion is as the disposition says."""


class Transfer(Status, ns=DCHK, tag="transfer", substitutes=Status):
    """<transfer>: a transfer is as the disposition says."""


class Update(Status, ns=DCHK, tag="update", substitutes=Status):
    """<update>: an update is as the disposition says."""


class Other(Status, ns=DCHK, tag="other", substitutes=Status):
    """<other>: what the descriptions or the substatus say."""


class Domain(Result, ns=DCHK, type_name="domainType", tag="domain", substitutes=Result):
    """<domain> (RFC 5144 section 3.1.1)."""

    domain_name: Token = child(kw_only=True)
    idn: Token | None = None
    statuses: tuple[Status, ...] = wrapped("status", child(), default=())
    registration_reference: Entity | None = child("registrationReference", default=None)
    created: DateTime | None = child("createdDateTime", default=None)
    initial_delegation: DateTime | None = child("initialDelegationDateTime", default=None)
    expiration: DateTime | None = child("expirationDateTime", default=None)
    last_database_update: DateTime | None = child("lastDatabaseUpdateDateTime", default=None)
    see_also: tuple[SeeAlso, ...] = ()
