"""Poll messages about changes that others made: changePoll-1.0 (RFC 8590)."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Reason, Token
from regwire.epp.messages.contact import ContactInfoData
from regwire.epp.messages.core import TransactionId
from regwire.epp.messages.domain import DomainInfoData
from regwire.epp.messages.host import HostInfoData
from regwire.schema import Element, Namespace, Type, attribute, child, content, normalized

__all__ = ["EXTENSION", "NAMESPACE", "ChangeCaseId", "ChangeData", "ChangeOperation"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:changePoll-1.0", prefix="changePoll")


class ChangeOperation(Type, ns=NAMESPACE):
    """<operation> (RFC 8590 section 2.1)."""

    value: Literal[
        "create",
        "delete",
        "renew",
        "transfer",
        "update",
        "restore",
        "autoRenew",
        "autoDelete",
        "autoPurge",
        "custom",
    ] = content()
    op: Token | None = attribute(default=None)


class ChangeCaseId(Type, ns=NAMESPACE):
    """<caseId> (RFC 8590 section 2.1)."""

    value: Token = content(default="")
    type: Literal["udrp", "urs", "custom"] = attribute(kw_only=True)
    name: Token | None = attribute(default=None)


class ChangeData(Element, ns=NAMESPACE, tag="changeData"):
    """<changePoll:changeData> (RFC 8590 section 3.1.2): what was done, when, by whom and why."""

    operation: ChangeOperation
    date: DateTime
    sv_trid: TransactionId = child("svTRID")
    who: Annotated[str, normalized(min_length=1, max_length=255)]
    case_id: ChangeCaseId | None = None
    reason: Reason | None = None
    state: Literal["before", "after"] = attribute(default="after")


EXTENSION = Extension(
    NAMESPACE,
    title="Change poll",
    reference="RFC 8590",
    responses={ChangeData: (DomainInfoData, HostInfoData, ContactInfoData)},
)
