"""Language tags (Verisign): idnLang-1.0."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Language
from regwire.epp.messages.domain import DomainCreate
from regwire.schema import Element, Namespace, content

__all__ = ["EXTENSION", "NAMESPACE", "IdnLangTag"]

NAMESPACE = Namespace("http://www.verisign.com/epp/idnLang-1.0", prefix="idnLang")


class IdnLangTag(Element, ns=NAMESPACE, tag="tag"):
    """<idnLang:tag> (idnLang-1.0)."""

    value: Language = content()


EXTENSION = Extension(
    NAMESPACE,
    title="Language tags (Verisign)",
    reference="idnLang-1.0",
    commands={IdnLangTag: (DomainCreate,)},
)
