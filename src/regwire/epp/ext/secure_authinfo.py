"""Secure authorisation information for transfer (RFC 9154): a practice that both sides announce, no elements."""

from regwire.epp.extension import Extension
from regwire.schema import Namespace

__all__ = ["EXTENSION", "NAMESPACE"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:secure-authinfo-transfer-1.0", prefix="secureAuthInfo")

EXTENSION = Extension(NAMESPACE, title="Secure authorisation information for transfer", reference="RFC 9154")
