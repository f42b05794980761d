"""``regwire serve``: the registry of a folder until it is told to stop."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from regwire import __version__
from regwire.cli.talk import run
from regwire.registry.config import load_config
from regwire.registry.server import serve_registry

if TYPE_CHECKING:
    from regwire.registry.config import Config

__all__ = ["serve_folder"]

#: Seconds that a thread may run Python while others wait to. The writer decides a group for milliseconds, and
#: sessions would wait for the event loop as long: with Python's 5 ms the p99 of checks was 9.9 ms, with this 7.6.
_TURN = 0.001


def serve_folder(folder: Path) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends the process at once.

    Raises:
        ConfigError: a setting is wrong, an address is in use.

    """
    config = load_config(folder / "registry.toml")
    log_to_stderr()
    sys.setswitchinterval(_TURN)
    run(_serve, config)


def log_to_stderr() -> None:
    """Log to standard error: for people on a terminal, one JSON object a line elsewhere, times in UTC."""
    import structlog

    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(sort_keys=True)
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(event_key="message")
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _message_first,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.INFO)


def _message_first(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the text `message`: `event` is the word by which a program finds a kind of line, given in its extras."""
    fields["message"] = fields.pop("event")
    return fields


async def _serve(config: Config) -> None:
    async with trio.open_nursery() as nursery:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            server = await nursery.start(serve_registry, config)
            _announce(server.listeners)
            async for _ in signals:
                break
        # Out of the receiver's block the signals act as ever: a second one does not wait for the drain.
        nursery.cancel_scope.cancel()


def _announce(listeners: Iterable[object]) -> None:
    """One line, whole and at once: whoever started this process waits for it."""
    print(json.dumps({"listeners": list(listeners), "pid": os.getpid(), "version": __version__}), flush=True)
