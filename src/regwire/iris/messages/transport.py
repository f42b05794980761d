"""What transports say of themselves: iris-transport (RFC 4991 section 3)."""

from typing import Annotated

from regwire.iris.messages.common import IRIS_TRANSPORT, Normalized, Text, Token
from regwire.schema import Choice, Element, Type, attribute, base64, child, flag, integer

__all__ = [
    "IRIS_TRANSPORT",
    "Application",
    "AuthenticationFailure",
    "AuthenticationSuccess",
    "DataModel",
    "Octets",
    "Other",
    "Size",
    "TransferProtocol",
    "Versions",
]

Positive = Annotated[int, integer("positiveInteger").named("positiveInteger")]


class DataModel(Type, ns=IRIS_TRANSPORT):
    """<dataModel>: a registry type, by its URN."""

    protocol_id: Token = attribute()
    extension_ids: Normalized | None = attribute(default=None)


class Application(Type, ns=IRIS_TRANSPORT):
    """<application>: what is carried, such as iris1 by its URN."""

    data_models: tuple[DataModel, ...] = child("dataModel", default=())
    protocol_id: Token = attribute(kw_only=True)
    extension_ids: Normalized | None = attribute(default=None, kw_only=True)


class TransferProtocol(Type, ns=IRIS_TRANSPORT):
    """<transferProtocol>: a transport (iris.xpc1, iris.lwz1) and its sizes in octets."""

    applications: tuple[Application, ...] = child("application", default=())
    protocol_id: Token = attribute(kw_only=True)
    extension_ids: Normalized | None = attribute(default=None, kw_only=True)
    authentication_ids: Normalized | None = attribute(default=None, kw_only=True)
    response_size_octets: Positive | None = attribute(default=None, kw_only=True)
    request_size_octets: Positive | None = attribute(default=None, kw_only=True)


class Versions(Element, ns=IRIS_TRANSPORT, tag="versions"):
    """<versions> (RFC 4991 section 4)."""

    transfer_protocols: tuple[TransferProtocol, ...] = child("transferProtocol", min=1)


class Octets(Type, ns=IRIS_TRANSPORT, type_name="octetsType", content=Choice("exceeds_maximum", "octets")):
    """How large something is; `exceeds_maximum` where that cannot be said."""

    exceeds_maximum: bool = flag(default=False, process="empty")
    octets: Positive | None = None


class Size(Element, ns=IRIS_TRANSPORT, tag="size"):
    """<size> (RFC 4991 section 5): a request or response is too large."""

    request: Octets | None = None
    response: Octets | None = None


class AuthenticationSuccess(Element, ns=IRIS_TRANSPORT, tag="authenticationSuccess"):
    """<authenticationSuccess> (RFC 4991 section 6): SASL succeeded; `data` is the mechanism's last word."""

    descriptions: tuple[Text, ...] = child("description", default=())
    data: Annotated[bytes, base64().named()] | None = None


class AuthenticationFailure(Element, ns=IRIS_TRANSPORT, tag="authenticationFailure"):
    """<authenticationFailure> (RFC 4991 section 7): SASL failed."""

    descriptions: tuple[Text, ...] = child("description", default=())


class Other(Element, ns=IRIS_TRANSPORT, tag="other"):
    """<other> (RFC 4991 section 8): anything else; `type` says what, such as block-error."""

    descriptions: tuple[Text, ...] = child("description", default=())
    type: Token = attribute(kw_only=True)
