"""History of names (Verisign): whowas-1.0."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import ClientId, DateTime, Label, MinToken, Roid
from regwire.schema import Choice, Element, Namespace, Sequence, Type, child

__all__ = ["EXTENSION", "NAMESPACE", "WhoWasHistory", "WhoWasInfo", "WhoWasInfoData", "WhoWasRec"]

NAMESPACE = Namespace("http://www.verisign.com/epp/whowas-1.0", prefix="whowas")


class WhoWasInfo(Element, ns=NAMESPACE, tag="info", content=Sequence("type", Choice("name", "roid"))):
    """<whowas:info> (whowas-1.0)."""

    type: MinToken
    name: Label | None = None
    roid: Roid | None = None


class WhoWasRec(Type, ns=NAMESPACE):
    """The type recType (whowas-1.0)."""

    date: DateTime
    name: Label
    new_name: Label | None = None
    roid: Roid = child(kw_only=True)
    op: MinToken = child(kw_only=True)
    cl_id: ClientId = child("clID", kw_only=True)
    cl_name: Label = child(kw_only=True)


class WhoWasHistory(Type, ns=NAMESPACE):
    """The type historyType (whowas-1.0)."""

    recs: tuple[WhoWasRec, ...] = child("rec", default=())


class WhoWasInfoData(Element, ns=NAMESPACE, tag="infData", content=Sequence("type", Choice("name", "roid"), "history")):
    """<whowas:infData> (whowas-1.0)."""

    type: MinToken
    name: Label | None = None
    roid: Roid | None = None
    history: WhoWasHistory = child(kw_only=True)


EXTENSION = Extension(
    NAMESPACE,
    title="History of names (Verisign)",
    reference="whowas-1.0",
    objects=(
        WhoWasInfo,
        WhoWasInfoData,
    ),
)
