"""Registry lock (.se): registryLock-1.0."""

from typing import Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime
from regwire.epp.messages.domain import DomainInfoData, DomainUpdate
from regwire.schema import Element, Namespace

__all__ = ["EXTENSION", "NAMESPACE", "RegistryLockInfoData", "RegistryLockLock"]

NAMESPACE = Namespace("urn:se:iis:xml:epp:registryLock-1.0", prefix="rl")

RegistryLockUnlock = Literal["outofband", "password"]


class RegistryLockLock(Element, ns=NAMESPACE, tag="lock"):
    """<rl:lock> (registryLock-1.0)."""

    unlock: RegistryLockUnlock


class RegistryLockInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<rl:infData> (registryLock-1.0)."""

    locked: bool
    unlocked_until: DateTime | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Registry lock (.se)",
    reference="registryLock-1.0",
    commands={RegistryLockLock: (DomainUpdate,)},
    responses={RegistryLockInfoData: (DomainInfoData,)},
)
