"""Choice of an IDN table: idn-1.0 (registered; a draft, not an RFC)."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label, MinToken
from regwire.epp.messages.domain import DomainCreate, DomainInfoData
from regwire.schema import Element, Namespace

__all__ = ["EXTENSION", "NAMESPACE", "IdnData"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:idn-1.0", prefix="idn")


class IdnData(Element, ns=NAMESPACE, tag="data"):
    """<idn:data>: the table that a name was made by, and the name in Unicode."""

    table: MinToken
    uname: Label | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="IDN tables",
    reference="draft-ietf-eppext-idnmap",
    commands={IdnData: (DomainCreate,)},
    responses={IdnData: (DomainInfoData,)},
)
