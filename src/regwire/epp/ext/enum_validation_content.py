"""What an ENUM validation says: e164valex-1.1, the content that RFC 5076 defines (section 4.5)."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.common import ClientId, Date
from regwire.schema import Element, Namespace, child, token

__all__ = ["EXTENSION", "NAMESPACE", "SimpleValidation"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:e164valex-1.1", prefix="valex")

MethodId = Annotated[str, token(min_length=1, max_length=63)]


class SimpleValidation(Element, ns=NAMESPACE, tag="simpleVal"):
    """<valex:simpleVal> (RFC 5076 section 4.5): by which method a number was validated, by whom, until when."""

    method_id: MethodId = child("methodID")
    validation_entity_id: ClientId | None = child("validationEntityID")
    registrar_id: ClientId | None = child("registrarID")
    execution_date: Date
    expiration_date: Date | None


EXTENSION = Extension(NAMESPACE, title="ENUM validation content", reference="RFC 5076", elements=(SimpleValidation,))
