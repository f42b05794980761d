"""`lookup`, `search` and `Finder` of `regwire.trio.iris`, with calls that block."""

from __future__ import annotations

from functools import partial
from types import TracebackType
from typing import Any, Self

from regwire.blocking._portal import Held, Portal
from regwire.errors import NotSent
from regwire.iris.messages.core import Query
from regwire.iris.uri import IrisUri
from regwire.trio import _iris_lookup
from regwire.trio._iris_lookup import Failure, Found, KnownServer, LookupConfig, Step

__all__ = ["Failure", "Finder", "Found", "KnownServer", "LookupConfig", "Step", "lookup", "search"]


class Finder:
    """Looks up and searches over connections that it keeps; its own context manager."""

    def __init__(self, config: LookupConfig | None = None) -> None:
        portal = Portal.acquire()
        try:
            self._held: Held[_iris_lookup.Finder] | None = portal.hold(_iris_lookup.Finder(config))
        except BaseException:
            portal.release()
            raise
        self._portal: Portal | None = portal

    def _running(self) -> tuple[Portal, _iris_lookup.Finder]:
        if self._portal is None or self._held is None:
            raise NotSent("the finder is closed")
        return self._portal, self._held.value

    def lookup(
        self, uri: IrisUri | str, entity_class: str | None = None, entity_name: str | None = None, **options: Any
    ) -> Found:
        """Look up an entity; as `regwire.trio.iris.Finder.lookup`."""
        portal, finder = self._running()
        return portal.call(partial(finder.lookup, **options), uri, entity_class, entity_name)

    def search(self, query: Query, *, authority: str, **options: Any) -> Found:
        """Ask a query of an authority; as `regwire.trio.iris.Finder.search`."""
        portal, finder = self._running()
        return portal.call(partial(finder.search, authority=authority, **options), query)

    def close(self) -> None:
        """Close all connections; harmless when it is closed."""
        portal, self._portal = self._portal, None
        held, self._held = self._held, None
        if portal is None or held is None:
            return
        try:
            held.close()
        finally:
            portal.release()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def lookup(
    uri: IrisUri | str,
    entity_class: str | None = None,
    entity_name: str | None = None,
    *,
    config: LookupConfig | None = None,
    **options: Any,
) -> Found:
    """Find an entity by its URI, or by registry type, class, name and authority; as `regwire.trio.iris.lookup`."""
    with Finder(config) as finder:
        return finder.lookup(uri, entity_class, entity_name, **options)


def search(query: Query, *, authority: str, config: LookupConfig | None = None, **options: Any) -> Found:
    """Ask a query of an authority; as `regwire.trio.iris.search`."""
    with Finder(config) as finder:
        return finder.search(query, authority=authority, **options)
