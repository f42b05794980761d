"""Announced maintenance of a registry: the object mapping maintenance-1.0 (RFC 9167)."""

from typing import Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Label, Language, Text, Token, Uri
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, flag, wrapped

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "MaintenanceDescription",
    "MaintenanceEnvironment",
    "MaintenanceId",
    "MaintenanceInfo",
    "MaintenanceInfoData",
    "MaintenanceIntervention",
    "MaintenanceItem",
    "MaintenanceList",
    "MaintenanceListItem",
    "MaintenanceSystem",
    "MaintenanceSystems",
    "MaintenanceType",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:maintenance-1.0", prefix="maint")


class MaintenanceId(Type, ns=NAMESPACE):
    """<id> (RFC 9167 section 3.3)."""

    value: Token = content(default="")
    name: Token | None = attribute(default=None)
    lang: Language = attribute(default="en")


class MaintenanceType(Type, ns=NAMESPACE):
    """<type> (RFC 9167 section 3.3)."""

    text: Text = content(default="")
    lang: Language = attribute(default="en")


class MaintenanceDescription(Type, ns=NAMESPACE):
    """<description> (RFC 9167 section 3.3)."""

    text: Text = content(default="")
    lang: Language = attribute(default="en")
    type: Literal["plain", "html"] = attribute(default="plain")


class MaintenanceSystem(Type, ns=NAMESPACE):
    """<system> (RFC 9167 section 3.3)."""

    name: Token
    host: Label | None = None
    impact: Literal["none", "partial", "full"] = child(kw_only=True)


class MaintenanceSystems(Type, ns=NAMESPACE):
    """<systems> (RFC 9167 section 3.3)."""

    systems: tuple[MaintenanceSystem, ...] = child("system", min=1)


class MaintenanceEnvironment(Type, ns=NAMESPACE):
    """<environment> (RFC 9167 section 3.3)."""

    type: Literal["production", "ote", "staging", "dev", "custom"] = attribute()
    value: Token = content(default="")
    name: Token | None = attribute(default=None)


class MaintenanceIntervention(Type, ns=NAMESPACE):
    """<intervention> (RFC 9167 section 3.3): what clients have to do."""

    connection: bool
    implementation: bool


class MaintenanceItem(Type, ns=NAMESPACE):
    """<item> (RFC 9167 section 4.1.3)."""

    id: MaintenanceId
    types: tuple[MaintenanceType, ...] = child("type", default=())
    poll_type: Literal["create", "update", "delete", "courtesy", "end"] | None = None
    systems: MaintenanceSystems = child(kw_only=True)
    environment: MaintenanceEnvironment = child(kw_only=True)
    start: DateTime = child(kw_only=True)
    end: DateTime = child(kw_only=True)
    reason: Literal["planned", "emergency"] = child(kw_only=True)
    detail: Uri | None = None
    descriptions: tuple[MaintenanceDescription, ...] = child("description", default=())
    tlds: tuple[Label, ...] = wrapped("tlds", child("tld", min=1), default=())
    intervention: MaintenanceIntervention | None = None
    cr_date: DateTime = child(kw_only=True)
    up_date: DateTime | None = None


class MaintenanceListItem(Type, ns=NAMESPACE):
    """<listItem> (RFC 9167 section 4.1.3)."""

    id: MaintenanceId
    start: DateTime
    end: DateTime
    cr_date: DateTime
    up_date: DateTime | None = None


class MaintenanceList(Type, ns=NAMESPACE):
    """<list> (RFC 9167 section 4.1.3)."""

    items: tuple[MaintenanceListItem, ...] = child("listItem", default=())


class MaintenanceInfo(Element, ns=NAMESPACE, tag="info", content=Choice("list", "id")):
    """<maint:info> (RFC 9167 section 4.1.3): one maintenance, or the list of them."""

    list: bool = flag(default=False)
    id: MaintenanceId | None = None


class MaintenanceInfoData(Element, ns=NAMESPACE, tag="infData", content=Choice("list", "item")):
    """<maint:infData> (RFC 9167 section 4.1.3)."""

    list: MaintenanceList | None = None
    item: MaintenanceItem | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Maintenance",
    reference="RFC 9167",
    objects=(MaintenanceInfo, MaintenanceInfoData),
)
