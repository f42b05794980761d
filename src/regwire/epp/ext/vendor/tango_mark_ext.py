"""Augmented marks (Tango): tango-mark-ext-1.0."""

from typing import Annotated

from regwire.epp.ext.mark import AbstractMark
from regwire.epp.ext.signed_mark import AbstractSignedMark, EncodedSignedMark
from regwire.epp.extension import Extension
from regwire.schema import Choice, Namespace, Sequence, Type, attribute, child, content, normalized, token

__all__ = ["EXTENSION", "NAMESPACE", "TangoAugmentedMark", "TangoMarkExtApplicationInfo"]

NAMESPACE = Namespace("http://xmlns.tango-rs.net/epp/mark-ext-1.0", prefix="tango-mark-ext")

TangoMarkExtApplicationInfoValue = Annotated[str, normalized(min_length=1, max_length=2048)]
TangoMarkExtApplicationInfoType = Annotated[str, token(min_length=1, max_length=64)]


class TangoMarkExtApplicationInfo(Type, ns=NAMESPACE):
    """The type applicationInfoType (tango-mark-ext-1.0)."""

    value: TangoMarkExtApplicationInfoValue = content()
    type: TangoMarkExtApplicationInfoType | None = attribute(default=None)


class TangoAugmentedMark(
    AbstractSignedMark,
    ns=NAMESPACE,
    tag="augmentedMark",
    substitutes=AbstractSignedMark,
    content=Sequence(Choice("mark", "signed_mark", "encoded_signed_mark", min=0), "application_infos"),
):
    """<tango-mark-ext:augmentedMark> (tango-mark-ext-1.0)."""

    mark: AbstractMark | None = None
    signed_mark: AbstractSignedMark | None = None
    encoded_signed_mark: EncodedSignedMark | None = None
    application_infos: tuple[TangoMarkExtApplicationInfo, ...] = child("applicationInfo", min=1, kw_only=True)


EXTENSION = Extension(
    NAMESPACE,
    title="Augmented marks (Tango)",
    reference="tango-mark-ext-1.0",
    elements=(TangoAugmentedMark,),
)
