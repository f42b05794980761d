"""Unhandled namespaces (RFC 9038): data of a namespace that was not negotiated travels in an extValue."""

from regwire.epp.extension import Extension
from regwire.schema import Namespace

__all__ = ["EXTENSION", "NAMESPACE"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0", prefix="unhandled")

EXTENSION = Extension(NAMESPACE, title="Unhandled namespaces", reference="RFC 9038")
