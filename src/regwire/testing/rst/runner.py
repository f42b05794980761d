"""Running cases one after another against one server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from regwire import __version__
from regwire.errors import ConfigError
from regwire.testing.rst import cases as _cases
from regwire.testing.rst.case import Case, case_functions
from regwire.testing.rst.catalogue import catalogue
from regwire.testing.rst.frames import Judge
from regwire.testing.rst.inputs import Inputs
from regwire.testing.rst.rows import load_tables
from regwire.testing.rst.service import find_service
from regwire.testing.rst.values import Values
from regwire.testing.rst.verdicts import CaseResult, RunResult

__all__ = ["run_cases", "select"]

_cases.load()

#: After one of these nothing else can be tried either.
_HOPELESS = frozenset({"EPP_DNS_RESOLUTION_ERROR", "EPP_NO_SERVICE_PORTS_REACHABLE"})


def select(patterns: Iterable[str] = ()) -> list[str]:
    """Return the identifiers that the patterns name: one case, or all that begin with a word (`epp`, `idn`).

    Raises:
        ConfigError: a pattern that names nothing.

    """
    known = list(case_functions())
    chosen: set[str] = set()
    for pattern in patterns:
        found = {id for id in known if id == pattern or id.lower().startswith(f"{pattern.lower()}-")}
        if not found:
            raise ConfigError(f"--case {pattern}", "no such case", f"known: {', '.join(known)}")
        chosen |= found
    return [id for id in known if id in chosen] if chosen else known


async def run_cases(
    inputs: Inputs,
    ids: Iterable[str] | None = None,
    *,
    data: Path | None = None,
    xsd: Path | None = None,
    seed: int | None = None,
    on_start: Callable[[str], None] | None = None,
    on_end: Callable[[CaseResult], None] | None = None,
    into: RunResult | None = None,
) -> RunResult:
    """Run cases and return what they came to. Cancellation ends the run, sessions are closed.

    Args:
        inputs: about the server.
        ids: identifiers as of `select`; None: all.
        data: a folder of published data rows; None: our own.
        xsd: a folder of XML schemas that every received frame is validated with; None: our own declarations.
        seed: of the random values; None: another one each time.
        on_start: told the identifier of a case that begins.
        on_end: told its result.
        into: filled while cases end, and returned; for who wants what there is after a cancellation.

    Raises:
        ConfigError: an input, a row or a schema cannot be used.

    """
    seed = time.time_ns() % 1_000_000_007 if seed is None else seed
    tables, judge = load_tables(data), Judge(xsd)
    service = await find_service(inputs)
    started = time.perf_counter()
    run = RunResult() if into is None else into
    run.server, run.seed, run.version = f"{service.name} port {service.port}", seed, __version__
    run.started = datetime.now(UTC).isoformat(timespec="seconds")
    run.rows = "our own" if data is None else str(data)
    hopeless = ""
    functions = case_functions()
    for id in functions if ids is None else ids:
        case = Case(catalogue()[id], inputs, service, tables=tables, values=Values(seed, id), judge=judge)
        if on_start is not None:
            on_start(id)
        async with case.running():
            if hopeless:
                case.skip(hopeless)
            await functions[id](case)
        run.cases.append(case.result)
        run.server_id = run.server_id or case.server_id
        if _HOPELESS.intersection(case.result.codes):
            hopeless = f"the server could not be reached in {id}"
        if on_end is not None:
            on_end(case.result)
        run.seconds = round(time.perf_counter() - started, 3)
    return run
