"""The errors of IRIS: authentication, transports, and the error elements of result sets (RFC 3981, RFC 4991)."""

from __future__ import annotations

from typing import Any, ClassVar

from regwire.errors.root import RegwireError

__all__ = [
    "AuthorityNotServed",
    "BagError",
    "BagRefused",
    "BagUnacceptable",
    "BagUnrecognized",
    "GenericCode",
    "InsufficientResources",
    "InvalidName",
    "InvalidSearch",
    "IrisError",
    "LanguageNotSupported",
    "LimitExceeded",
    "NameNotFound",
    "PermissionDenied",
    "QueryNotSupported",
    "ReferralRefused",
    "SaslFailed",
    "SearchTooWide",
    "SizeRefused",
    "TransferRefused",
]


class SaslFailed(RegwireError):
    """Authentication failed: the server refused it, no mechanism fits, or the server did not prove who it is.

    `mechanism` is the SASL name, or None when none was begun; `reason` says why.
    """

    def __init__(self, reason: str, *, mechanism: str | None = None) -> None:
        super().__init__(f"{mechanism}: {reason}" if mechanism else reason)
        self.reason = reason
        self.mechanism = mechanism


class ReferralRefused(RegwireError):
    """A public server refers to an address that is not public: it was not asked.

    Who answers there is inside the client's own network, which a server outside must not make it ask.
    """

    def __init__(self, authority: str, address: str) -> None:
        super().__init__(
            f"{authority}: a public server refers to {address}, which is no public address; "
            "LookupConfig(private_referrals=True) follows it"
        )
        self.authority = authority
        self.address = address


class TransferRefused(RegwireError):
    """An IRIS server answered a request with other information of its transport (RFC 4991 section 8), not with data.

    `type` is its identifier ("data-error", "system-error", "block-error", "payload-error", …), `descriptions` its
    texts.
    """

    def __init__(self, type: str, descriptions: tuple[str, ...] = ()) -> None:
        super().__init__(f"{type}: {'; '.join(descriptions)}" if descriptions else type)
        self.type = type
        self.descriptions = descriptions


class AuthorityNotServed(TransferRefused):
    """The server does not serve the authority that was asked for."""


class SizeRefused(TransferRefused):
    """A request or response is larger than agreed (RFC 4991 section 5): another transport may carry it.

    `octets` is what a request may have at most, or what the response would have; None when the server did not say.
    """

    def __init__(self, type: str, descriptions: tuple[str, ...] = (), *, octets: int | None = None) -> None:
        super().__init__(type, descriptions)
        self.octets = octets


class IrisError(RegwireError):
    """An error element of a result set (RFC 3981 section 4.2). Handlers raise one of its subclasses.

    `element` is the element's name (class data), `explanation` a text for people in `language`, `others` further texts
    as (text, language). `code` is the element as a client received it, None in a handler.
    """

    element: ClassVar[str] = ""

    def __init__(
        self,
        explanation: str = "",
        language: str = "en",
        *,
        others: tuple[tuple[str, str], ...] = (),
        code: Any = None,
    ) -> None:
        # Half of all lookups may end in a bare NameNotFound: only what is given is kept.
        if explanation:
            self.explanation = explanation
            self.language = language
        if others:
            self.others = others
        if code is not None:
            self.code = code

    explanation: str = ""
    language: str = "en"
    others: tuple[tuple[str, str], ...] = ()
    code: Any = None

    def __str__(self) -> str:
        """Element and explanation."""
        name = self.element or type(self).__name__
        return f"{name}: {self.explanation}" if self.explanation else name

    by_element: ClassVar[dict[str, type[IrisError]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class for its element."""
        super().__init_subclass__(**kwargs)
        if cls.element and "element" in cls.__dict__:
            IrisError.by_element[cls.element] = cls


class InsufficientResources(IrisError):
    """The query needs what the server cannot get."""

    element = "insufficientResources"


class InvalidName(IrisError):
    """A name is syntactically wrong."""

    element = "invalidName"


class InvalidSearch(IrisError):
    """Parameters of the query are not meaningful."""

    element = "invalidSearch"


class QueryNotSupported(IrisError):
    """The server does not answer this query, registry type or entity class."""

    element = "queryNotSupported"


class LimitExceeded(IrisError):
    """The query needs more than the client may ask for."""

    element = "limitExceeded"


class NameNotFound(IrisError):
    """No entity has this name."""

    element = "nameNotFound"


class PermissionDenied(IrisError):
    """The client's authentication does not give it access."""

    element = "permissionDenied"


class BagError(IrisError):
    """A bag was not taken (RFC 3981 section 4.4)."""


class BagUnrecognized(BagError):
    """The contents of the bag are not known."""

    element = "bagUnrecognized"


class BagUnacceptable(BagError):
    """The contents of the bag are not acceptable and never will be."""

    element = "bagUnacceptable"


class BagRefused(BagError):
    """The contents of the bag are not acceptable at this time."""

    element = "bagRefused"


class GenericCode(IrisError):
    """An error that one registry type defines; as received where regwire knows no class of its own for it."""

    element = "genericCode"


class SearchTooWide(GenericCode):
    """The search would give too many results (RFC 3982 section 3.2, RFC 4414)."""

    element = "searchTooWide"


class LanguageNotSupported(GenericCode):
    """The server cannot search in these `languages` (RFC 3982 section 3.2)."""

    element = "languageNotSupported"

    def __init__(
        self,
        explanation: str = "",
        language: str = "en",
        *,
        others: tuple[tuple[str, str], ...] = (),
        code: Any = None,
        languages: tuple[str, ...] = (),
    ) -> None:
        super().__init__(explanation, language, others=others, code=code)
        self.languages = languages
