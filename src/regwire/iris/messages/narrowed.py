"""Errors under the name of another one: what `xsi:type` allows where the schemas declare <codeType>.

Every error of the core, and <searchTooWide>, is of the type iris:codeType, from which dreg1 and ereg1 derive
languageNotSupportedType. So `<iris:invalidSearch xsi:type="dreg:languageNotSupportedType">` is valid and lists
languages. Nobody is known to send it; it is read, and written as it was. The classes are called by registry type and
error: `DregInvalidSearch`. Each is a subclass of its error's, so that code which knows the error knows it.
"""

from __future__ import annotations

import types
from typing import Any

from regwire.iris.messages import core, dreg, ereg
from regwire.iris.messages.common import DREG, EREG, IRIS, Language
from regwire.schema import Namespace, child

__all__ = ["NARROWED"]

_HEADS: tuple[type[core.Code], ...] = (
    core.InsufficientResources,
    core.InvalidName,
    core.InvalidSearch,
    core.QueryNotSupported,
    core.LimitExceeded,
    core.NameNotFound,
    core.PermissionDenied,
    core.BagUnrecognized,
    core.BagUnacceptable,
    core.BagRefused,
    dreg.SearchTooWide,
    ereg.SearchTooWide,
)


def _narrowed(head: type[core.Code], namespace: Namespace) -> type[core.Code]:
    of = "" if head.__ns__ in {IRIS, namespace} else f"{getattr(head.__ns__, 'prefix', '')}".capitalize()
    name = f"{namespace.prefix}".capitalize() + of + head.__name__

    def body(scope: dict[str, Any]) -> None:
        scope["__module__"] = __name__
        scope["__doc__"] = f"<{head.__tag__}> of the type of <languageNotSupported> ({namespace.uri})."
        scope["__annotations__"] = {"unsupported_languages": tuple[Language, ...]}
        scope["unsupported_languages"] = child("unsupportedLanguage", min=1, kw_only=True)

    header = {"ns": namespace, "tag": head.__tag__, "type_name": "languageNotSupportedType"}
    return types.new_class(name, (head,), header, body)


NARROWED: dict[str, type[core.Code]] = {
    cls.__name__: cls for head in _HEADS for namespace in (DREG, EREG) for cls in (_narrowed(head, namespace),)
}
"""The classes by their names; they are attributes of this module too, so that their objects can be pickled."""

globals().update(NARROWED)
