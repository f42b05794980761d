"""Additional e-mail addresses: addlEmail-1.0."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Token
from regwire.epp.messages.contact import ContactCreate, ContactUpdate
from regwire.schema import Element, Namespace, Type, attribute, content

__all__ = ["EXTENSION", "NAMESPACE", "AdditionalEmailAddlEmail", "AdditionalEmailEmail"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:addlEmail-1.0", prefix="addlEmail")


class AdditionalEmailEmail(Type, ns=NAMESPACE):
    """The type emailType (addlEmail-1.0)."""

    value: Token = content(default="")
    primary: bool = attribute(default=False)


class AdditionalEmailAddlEmail(Element, ns=NAMESPACE, tag="addlEmail"):
    """<addlEmail:addlEmail> (addlEmail-1.0)."""

    email: AdditionalEmailEmail


EXTENSION = Extension(
    NAMESPACE,
    title="Additional e-mail addresses",
    reference="addlEmail-1.0",
    commands={
        AdditionalEmailAddlEmail: (
            ContactCreate,
            ContactUpdate,
        )
    },
)
