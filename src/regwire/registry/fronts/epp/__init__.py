"""The registry's front for EPP: handlers for `regwire.trio.epp.serve`.

``requests`` turns commands into requests, ``replies`` outcomes into replies, ``handlers`` is what serve() calls.
"""

from regwire.registry.fronts.epp.handlers import epp_handlers

__all__ = ["epp_handlers"]
