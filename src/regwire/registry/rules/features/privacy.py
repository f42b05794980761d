"""Privacy: which data of contacts everybody may see, and who sees all of it. Fronts that publish ask `visible`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from regwire.registry.config import setting
from regwire.registry.model.objects import Contact
from regwire.registry.rules.features import Feature

__all__ = ["ELEMENTS", "FEATURE", "PrivacySettings", "Visibility", "visible"]

#: What of a contact may be withheld.
ELEMENTS: Final = (
    *("name", "organization", "street", "city", "region", "postal_code", "country"),
    *("email", "voice", "fax"),
)
#: As `Disclose.elements` calls them.
_DISCLOSED_AS: Final = {
    "name": "name",
    "organization": "org",
    "street": "addr",
    "city": "addr",
    "region": "addr",
    "postal_code": "addr",
    "country": "addr",
    "email": "email",
    "voice": "voice",
    "fax": "fax",
}

#: Shown; withheld because the contact wants it so; withheld because the registry's policy does.
Visibility = Literal["shown", "private", "denied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySettings:
    """``[policy.privacy]``."""

    public: tuple[str, ...] = setting(
        ("organization", "region", "country"),
        why="of every contact, for everybody, unless the contact withholds it (disclose, RFC 5733 2.9)",
        choices=ELEMENTS,
    )
    disclosable: tuple[str, ...] = setting(
        ELEMENTS, why="shown to everybody of contacts that ask to disclose it", choices=ELEMENTS
    )
    handles: bool = setting(True, why="domains show which contacts they have; false: only to whom full access has")
    full_access: tuple[str, ...] = setting(
        (), why="identities that see everything once they have proved who they are (SASL)"
    )


class Privacy(Feature):
    """Settings only: what is registered does not depend on who may see it."""

    name = "privacy"
    settings = PrivacySettings

    def applies(self, zone: str, settings: PrivacySettings) -> bool:
        """It has no hooks."""
        return False


def visible(
    contact: Contact, element: str, settings: PrivacySettings, *, full: bool = False, form: str = ""
) -> Visibility:
    """Tell whether somebody may see an element of a contact.

    Args:
        contact: whose.
        element: one of `ELEMENTS`.
        settings: the registry's.
        full: whether who asks has full access.
        form: of an element of a postal address: "int" or "loc".

    """
    if full:
        return "shown"
    wish = contact.disclose
    if wish is not None:
        name = _DISCLOSED_AS[element]
        named = name in wish.elements or bool(form and f"{name}:{form}" in wish.elements)
        if named and not wish.flag:
            return "private"
        if named and element in settings.disclosable:
            return "shown"
    return "shown" if element in settings.public else "denied"


FEATURE: Final = Privacy()
