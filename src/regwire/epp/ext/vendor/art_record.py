"""Records of art objects: artRecord-0.2."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.schema import Element, Namespace, token

__all__ = ["EXTENSION", "NAMESPACE", "ArtRecordCreate", "ArtRecordInfoData", "ArtRecordUpdate"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:artRecord-0.2", prefix="artRecord")

ArtRecordArtRecordToken = Annotated[str, token(max_length=255)]


class ArtRecordInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<artRecord:infData> (artRecord-0.2)."""

    object_type: ArtRecordArtRecordToken
    materials_and_techniques: ArtRecordArtRecordToken
    dimensions: ArtRecordArtRecordToken
    title: ArtRecordArtRecordToken
    date_or_period: ArtRecordArtRecordToken
    maker: ArtRecordArtRecordToken
    subject: ArtRecordArtRecordToken
    inscriptions_and_markings: ArtRecordArtRecordToken
    features: ArtRecordArtRecordToken
    reference: ArtRecordArtRecordToken


class ArtRecordCreate(Element, ns=NAMESPACE, tag="create"):
    """<artRecord:create> (artRecord-0.2)."""

    object_type: ArtRecordArtRecordToken
    materials_and_techniques: ArtRecordArtRecordToken
    dimensions: ArtRecordArtRecordToken
    title: ArtRecordArtRecordToken
    date_or_period: ArtRecordArtRecordToken
    maker: ArtRecordArtRecordToken
    subject: ArtRecordArtRecordToken
    inscriptions_and_markings: ArtRecordArtRecordToken
    features: ArtRecordArtRecordToken
    reference: ArtRecordArtRecordToken


class ArtRecordUpdate(Element, ns=NAMESPACE, tag="update"):
    """<artRecord:update> (artRecord-0.2)."""

    object_type: ArtRecordArtRecordToken
    materials_and_techniques: ArtRecordArtRecordToken
    dimensions: ArtRecordArtRecordToken
    title: ArtRecordArtRecordToken
    date_or_period: ArtRecordArtRecordToken
    maker: ArtRecordArtRecordToken
    subject: ArtRecordArtRecordToken
    inscriptions_and_markings: ArtRecordArtRecordToken
    features: ArtRecordArtRecordToken
    reference: ArtRecordArtRecordToken


EXTENSION = Extension(
    NAMESPACE,
    title="Records of art objects",
    reference="artRecord-0.2",
    commands={ArtRecordCreate: (DomainCreate,), ArtRecordUpdate: (DomainUpdate,)},
    responses={ArtRecordInfoData: (DomainInfoData,)},
)
