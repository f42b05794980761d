"""Augmented marks (CORE): core-mark-ext-1.0."""

from typing import Annotated

from regwire.epp.ext.mark import AbstractMark
from regwire.epp.ext.signed_mark import AbstractSignedMark, EncodedSignedMark
from regwire.epp.extension import Extension
from regwire.schema import Choice, Namespace, Sequence, Type, attribute, child, content, normalized, token

__all__ = ["EXTENSION", "NAMESPACE", "CoreAugmentedMark", "CoreMarkExtApplicationInfo"]

NAMESPACE = Namespace("http://xmlns.corenic.net/epp/mark-ext-1.0", prefix="core-mark-ext")

CoreMarkExtApplicationInfoValue = Annotated[str, normalized(min_length=1, max_length=2048)]
CoreMarkExtApplicationInfoType = Annotated[str, token(min_length=1, max_length=64)]


class CoreMarkExtApplicationInfo(Type, ns=NAMESPACE):
    """The type applicationInfoType (core-mark-ext-1.0)."""

    value: CoreMarkExtApplicationInfoValue = content()
    type: CoreMarkExtApplicationInfoType | None = attribute(default=None)


class CoreAugmentedMark(
    AbstractSignedMark,
    ns=NAMESPACE,
    tag="augmentedMark",
    substitutes=AbstractSignedMark,
    content=Sequence(Choice("mark", "signed_mark", "encoded_signed_mark", min=0), "application_infos"),
):
    """<core-mark-ext:augmentedMark> (core-mark-ext-1.0)."""

    mark: AbstractMark | None = None
    signed_mark: AbstractSignedMark | None = None
    encoded_signed_mark: EncodedSignedMark | None = None
    application_infos: tuple[CoreMarkExtApplicationInfo, ...] = child("applicationInfo", min=1, kw_only=True)


EXTENSION = Extension(
    NAMESPACE,
    title="Augmented marks (CORE)",
    reference="core-mark-ext-1.0",
    elements=(CoreAugmentedMark,),
)
