"""idn-1.0: the IDN table of a name (draft-ietf-eppext-idnmap)."""

from __future__ import annotations

from regwire.epp.ext.idn import NAMESPACE, IdnData
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model.idn import IdnChoice, IdnInfo

__all__ = ["FRONT"]


def _choice(element: IdnData, _: Command) -> IdnChoice:
    return IdnChoice(element.table, element.uname)


def _info(info: IdnInfo) -> IdnData:
    return IdnData(info.table, info.unicode)


FRONT = FrontExtension(
    name="idn", feature="idn", greeting={"idn": NAMESPACE}, commands={IdnData: _choice}, replies={IdnInfo: _info}
)
