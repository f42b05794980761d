"""A registry that answers IRIS, in memory: every answer is encoded, decoded strictly and held against the schemas."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from lxml import etree
from registry_world import StoreFactory, World

from regwire import iris
from regwire.iris.engine import Engine
from regwire.iris.handlers import Context, Exchange
from regwire.iris.messages.core import LookupEntity, Query, Request, Response, ResultSet, SearchSet
from regwire.registry.config import Config, IrisSettings, PolicySettings, RegistrySettings
from regwire.registry.engine import Registry
from regwire.registry.fronts.iris import iris_handlers
from regwire.registry.model.registrars import AddRegistrar, Registrar
from regwire.registry.store.memory import MemoryStore

_SCHEMAS = Path(__file__).parents[3] / "shared" / "spec" / "xsd-iris" / "iris-all.fixed.wrapper.xsd"


@lru_cache(maxsize=1)
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(_SCHEMAS)) if _SCHEMAS.exists() else None


def checked(response: Response) -> Response:
    """Return a response as a client reads it; it must be valid."""
    document = iris.encode(response)
    schema = _schema()
    if schema is not None:
        schema.assertValid(etree.fromstring(document))
    found = iris.decode(document)
    assert isinstance(found, Response)
    assert found == response
    return found


class IrisWorld(World):
    """A world whose registry is asked by IRIS."""

    def __init__(
        self,
        *,
        make: StoreFactory = MemoryStore,
        zones: tuple[str, ...] = ("example", "co.test"),
        iris: IrisSettings | None = None,
        features: dict[str, Any] | None = None,
        zone_features: dict[str, Any] | None = None,
        **policy: Any,
    ) -> None:
        config = Config(
            registry=RegistrySettings(zones=zones, repository="TEST"),
            policy=PolicySettings(**policy),
            iris=iris or IrisSettings(searches="on"),
            features=features or {},
            zone_features=zone_features or {},
        )
        super().__init__(make=make, config=config)
        # Fronts only read: they need no writer.
        self.registry = Registry(self.store, self.policies, self.clock, cast("Any", None))
        self.engine = Engine(iris_handlers(self.registry, config))

    def registrar(self, id: str, name: str) -> None:
        self.must("-", AddRegistrar(Registrar(id, name), "hash"))

    def respond(self, *queries: LookupEntity | Query, **context: Any) -> Response:
        """Ask several things in one request."""
        request = Request(search_sets=tuple(SearchSet(query=query) for query in queries))
        found = self.engine.respond([Exchange(request, Context(**{"authority": "example", **context}))])
        assert isinstance(found, list)
        assert self.engine.failures == 0
        return checked(found[0])

    def query(self, query: LookupEntity | Query, **context: Any) -> ResultSet:
        return self.respond(query, **context).result_sets[0]

    def found(self, query: LookupEntity | Query, **context: Any) -> list[Any]:
        """Return the results, which must come without an error."""
        result_set = self.query(query, **context)
        assert result_set.error is None, result_set.error
        return list(result_set.answer.results)

    def look(self, type: str, entity_class: str, name: str, **context: Any) -> Any:
        """Look up one entity; returns its result, or the name of the error element."""
        found = self.query(LookupEntity(registry_type=type, entity_class=entity_class, entity_name=name), **context)
        if found.error is not None:
            return found.error.__tag__
        (result,) = found.answer.results
        return result
