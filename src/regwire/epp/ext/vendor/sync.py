"""Expiry synchronisation (Verisign): sync-1.0."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainUpdate
from regwire.schema import Element, Namespace, token

__all__ = ["EXTENSION", "NAMESPACE", "SyncUpdate"]

NAMESPACE = Namespace("http://www.verisign.com/epp/sync-1.0", prefix="sync")


class SyncUpdate(Element, ns=NAMESPACE, tag="update"):
    """<sync:update> (sync-1.0)."""

    exp_month_day: Annotated[
        str,
        token(
            pattern=r"--((0[1-9]|1[0-2])-(0[1-9]|[12][0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31)(Z|[+\-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
        ),
    ]


EXTENSION = Extension(
    NAMESPACE,
    title="Expiry synchronisation (Verisign)",
    reference="sync-1.0",
    commands={SyncUpdate: (DomainUpdate,)},
)
