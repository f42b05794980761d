"""Allocation tokens: allocationToken-1.0 (RFC 8495)."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import (
    DomainCheck,
    DomainCreate,
    DomainInfo,
    DomainInfoData,
    DomainTransfer,
)
from regwire.schema import Element, Namespace, content, token

__all__ = ["EXTENSION", "NAMESPACE", "AllocationToken", "AllocationTokenInfo"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:allocationToken-1.0", prefix="allocationToken")

#: A credential (RFC 8495 section 6): kept out of logs and stored frames.
TokenValue = Annotated[str, token(min_length=1, secret=True)]


class AllocationToken(Element, ns=NAMESPACE, tag="allocationToken"):
    """<allocationToken:allocationToken> (RFC 8495 section 2.1)."""

    value: TokenValue = content()


class AllocationTokenInfo(Element, ns=NAMESPACE, tag="info"):
    """<allocationToken:info> (RFC 8495 section 3.1.2): asks for the token."""


EXTENSION = Extension(
    NAMESPACE,
    title="Allocation tokens",
    reference="RFC 8495",
    commands={AllocationToken: (DomainCheck, DomainCreate, DomainTransfer), AllocationTokenInfo: (DomainInfo,)},
    responses={AllocationToken: (DomainInfoData,)},
)
