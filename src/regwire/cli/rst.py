"""``regwire rst``: ICANN's registry tests against any EPP server."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.testing.rst import CaseResult, Inputs, RunResult

__all__ = ["RunOptions", "list_cases", "print_template", "run_rst"]

_COLOURS = {"pass": "green", "warning": "yellow", "fail": "red", "skipped": "dim"}


def list_cases(*, as_json: bool) -> None:
    """Print every case that can be run."""
    from regwire.testing.rst import catalogue, select

    found = {id: catalogue()[id] for id in select()}
    if as_json:
        print(json.dumps([{"id": id, "title": e.title, "codes": sorted(e.codes)} for id, e in found.items()]))
        return
    for id, entry in found.items():
        print(f"{id:16}{entry.title}")


def print_template(folder: Path | None) -> None:
    """Print a file of inputs to fill in, or the one that describes the registry of a folder."""
    from regwire.testing.rst import template

    if folder is None:
        print(template(), end="")
        return
    from regwire.cli.rst_folder import folder_inputs

    print(folder_inputs(folder), end="")


def _inputs(options: RunOptions) -> Inputs:
    """The inputs that the options name, with what they override."""
    from regwire.testing.rst import load_inputs, parse_inputs

    ca = None if options.ca is None else str(options.ca.absolute())
    overrides = {"epp_hostName": options.host, "run_port": options.port, "run_ca": ca}
    if options.folder is None:
        return load_inputs(options.inputs or Path("rst.toml"), **overrides)
    if options.inputs is not None:
        raise ConfigError("--dir", "a file of inputs is given too", "give one of them")
    from regwire.cli.rst_folder import folder_inputs

    return parse_inputs(folder_inputs(options.folder, seed=options.seed), options.folder / "rst.toml", **overrides)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of ``regwire rst`` as given."""

    inputs: Path | None = None
    folder: Path | None = None
    host: str | None = None
    port: int | None = None
    ca: Path | None = None
    cases: Sequence[str] = ()
    data: Path | None = None
    xsd: Path | None = None
    seed: int | None = None
    report: Sequence[Path] = ()
    json: bool = False


def run_rst(options: RunOptions) -> bool:
    """Run the cases, show them as they end, write the reports; returns whether none failed.

    Raises:
        ConfigError: an input, a file or the name of a case is wrong.

    """
    from regwire.cli.talk import run
    from regwire.testing.rst import RunResult, Verdict, run_cases, select, write_report
    from regwire.testing.rst import as_json as json_of

    for path in options.report:
        if path.suffix.lower() not in {".html", ".htm", ".md", ".json"}:
            raise ConfigError(f"--report {path}", "its suffix says no form", "name it .html, .md or .json")
    inputs = _inputs(options)
    chosen = select(options.cases)
    screen = _Quiet() if options.json else _Screen()

    result = RunResult()

    async def main() -> None:
        await run_cases(
            inputs,
            chosen,
            data=options.data,
            xsd=options.xsd,
            seed=options.seed,
            on_start=screen.start,
            on_end=screen.end,
            into=result,
        )

    try:
        with screen:
            run(main)
    finally:
        # An interrupted run has a report too: of the cases that ended.
        if result.cases:
            for path in options.report:
                write_report(result, path)
            if options.json:
                print(json_of(result))
            else:
                screen.close(result, options.report)
                if options.folder is not None and result.count(Verdict.SKIPPED):
                    print("a registry in which every case applies: regwire init --rst DIR")
    return not result.failed


class _Quiet:
    """Nothing on the screen: the result goes out as JSON."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, id: str) -> None:
        pass

    def end(self, result: CaseResult) -> None:
        pass

    def close(self, run: RunResult, report: Sequence[Path]) -> None:
        pass


class _Screen(_Quiet):
    """A line a case when it ends; on a terminal the running one is shown too."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(soft_wrap=True, highlight=False, markup=False)
        self._status = self._console.status("") if sys.stdout.isatty() else None

    def __enter__(self) -> None:
        if self._status is not None:
            self._status.start()

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def start(self, id: str) -> None:
        if self._status is not None:
            self._status.update(id)

    def end(self, result: CaseResult) -> None:
        from rich.text import Text

        verdict = result.verdict.value
        line = Text(f"{result.id:16}")
        line.append(f"{verdict:9}", style=_COLOURS[verdict])
        line.append(f"{result.seconds:6.2f} s  {result.title}")
        if result.reason:
            line.append(f": {result.reason}", style="dim")
        self._console.print(line)
        if result.crash:
            self._console.print(f"    the case itself failed: {result.crash}", style="red")
        for finding in result.findings:
            self._console.print(f"    {finding.severity.value} {finding.code}", style=_COLOURS[verdict])
            self._console.print(f"        {finding.step}: {finding.detail}")

    def close(self, run: RunResult, report: Sequence[Path]) -> None:
        from regwire.testing.rst import Verdict

        counts = ", ".join(f"{run.count(verdict)} {verdict.value}" for verdict in Verdict if run.count(verdict))
        self._console.print(f"{counts} in {run.seconds:.1f} s; seed {run.seed}")
        for path in report:
            self._console.print(f"wrote {path}")
