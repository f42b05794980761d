"""What clients of IRIS ask, answered from the registry: domains, availability, number resources, ENUM.

A front translates between messages and the model; it holds no rules. Some searches need the store's index, which is
made when first somebody asks, or at the start (``[iris] searches``).
"""

from __future__ import annotations

from regwire.iris.handlers import Handlers, Operator, ServiceLimits
from regwire.iris.messages.common import AREG, DCHK, DREG, EREG, Text
from regwire.iris.messages.core import OtherRestrictions
from regwire.registry.config import Config
from regwire.registry.engine import Registry
from regwire.registry.fronts.iris import areg, areg_search, dchk, dreg, dreg_search, ereg
from regwire.registry.fronts.iris.desk import Desk

__all__ = ["iris_handlers"]

_TYPES = {"dreg1": DREG, "dchk1": DCHK, "areg1": AREG, "ereg1": EREG}


def iris_handlers(registry: Registry, config: Config) -> Handlers:
    """Return handlers that answer from ``registry`` what ``[iris]`` of ``config`` says.

    With searches "on", the first call for a store makes its index: about 5 seconds for a million domains, during which
    nothing is written; so does, in a thread, the first search that needs it where they are "first".
    """
    settings = config.iris
    if settings.searches == "on" and {"dreg1", "ereg1"} & set(settings.types):
        registry.store.make_searchable()
    handlers = Handlers(
        settings.authorities or config.registry.zones,
        operator=Operator(
            name=settings.operator_name or config.registry.server_id,
            emails=tuple(filter(None, (settings.operator_email,))),
            phones=tuple(filter(None, (settings.operator_phone,))),
        ),
        limits=ServiceLimits(other=OtherRestrictions((Text(_limits(config), language="en"),))),
        types=[_TYPES[name] for name in settings.types],
    )
    desk = Desk(registry, config)
    if "dreg1" in settings.types:
        dreg.register(handlers, desk)
        dreg_search.register(handlers, desk)
    if "dchk1" in settings.types:
        dchk.register(handlers, desk)
    if "areg1" in settings.types:
        areg.register(handlers, desk)
        areg_search.register(handlers, desk)
    if "ereg1" in settings.types:
        ereg.register(handlers, desk)
    return handlers


def _limits(config: Config) -> str:
    if config.iris.searches == "off":
        return "Domains, hosts and contacts are looked up, not searched."
    return f"A search gives {config.iris.results} results at most."
