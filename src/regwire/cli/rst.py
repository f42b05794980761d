"""``regwire rst``: ICANN's registry tests against any EPP server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.testing.rst import CaseResult, RunResult

__all__ = ["list_cases", "print_template", "run_rst"]

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


def print_template() -> None:
    """Print a file of inputs to fill in."""
    from regwire.testing.rst import template

    print(template(), end="")


def run_rst(
    inputs_file: Path,
    *,
    host: str | None,
    port: int | None,
    ca: Path | None,
    cases: list[str],
    data: Path | None,
    xsd: Path | None,
    seed: int | None,
    report: list[Path],
    as_json: bool,
) -> bool:
    """Run the cases, show them as they end, write the reports; returns whether none failed.

    Raises:
        ConfigError: an input, a file or the name of a case is wrong.

    """
    from regwire.cli.talk import run
    from regwire.testing.rst import as_json as json_of
    from regwire.testing.rst import load_inputs, run_cases, select, write_report

    for path in report:
        if path.suffix.lower() not in {".html", ".htm", ".md", ".json"}:
            raise ConfigError(f"--report {path}", "its suffix says no form", "name it .html, .md or .json")
    inputs = load_inputs(
        inputs_file, epp_hostName=host, run_port=port, run_ca=None if ca is None else str(ca.absolute())
    )
    chosen = select(cases)
    screen = _Quiet() if as_json else _Screen()

    async def main() -> RunResult:
        return await run_cases(inputs, chosen, data=data, xsd=xsd, seed=seed, on_start=screen.start, on_end=screen.end)

    with screen:
        result = run(main)
    for path in report:
        write_report(result, path)
    if as_json:
        print(json_of(result))
    else:
        screen.close(result, report)
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

    def close(self, run: RunResult, report: list[Path]) -> None:
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
        for finding in result.findings:
            self._console.print(f"    {finding.severity.value} {finding.code}", style=_COLOURS[verdict])
            self._console.print(f"        {finding.step}: {finding.detail}")

    def close(self, run: RunResult, report: list[Path]) -> None:
        from regwire.testing.rst import Verdict

        counts = ", ".join(f"{run.count(verdict)} {verdict.value}" for verdict in Verdict if run.count(verdict))
        self._console.print(f"{counts} in {run.seconds:.1f} s; seed {run.seed}")
        for path in report:
            self._console.print(f"wrote {path}")
