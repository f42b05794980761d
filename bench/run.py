"""Run the benchmark suites against their limits: `python bench/run.py [--long] [--only SUITE…] [--no-record]`.

Peers are built first; a debug build of regwire is refused. Results are checked before anything is timed.
Ends with the table and, unless told otherwise, a dated record in `bench/records`. Exit status 0 when all of it holds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from rich.console import Console

from harness import builds, machine, pki, records
from harness.items import Item, Skipped, print_table
from suites import SUITES
from suites.context import Context


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmarks with their limits")
    parser.add_argument("--long", action="store_true", help="full sizes and repetitions")
    parser.add_argument("--only", nargs="+", choices=sorted(SUITES), default=sorted(SUITES, key=list(SUITES).index))
    parser.add_argument("--no-record", action="store_true", help="print only")
    parser.add_argument("--no-build", action="store_true", help="the peers are built")
    return parser.parse_args()


def measure(names: list[str], context: Context, console: Console) -> list[Item | Skipped]:
    found: list[Item | Skipped] = []
    for name in names:
        console.print(f"[bold]{name}[/bold]")
        try:
            items = SUITES[name](context)
        except Exception as problem:
            traceback.print_exc()
            found.append(
                Skipped(name, f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}")
            )
            continue
        print_table(items, console)
        found += items
    return found


def main() -> int:
    options = arguments()
    console = Console(width=180 if not sys.stdout.isatty() else None)
    try:
        builds.require_release()
    except builds.NotRelease as problem:
        console.print(f"[red]refused:[/red] {problem}")
        return 2
    if not options.no_build:
        console.print("building the peers, release profile")
        builds.build_peers()
    before = machine.load()
    with tempfile.TemporaryDirectory(prefix="regwire-bench-") as folder:
        context = Context(pki.create(Path(folder)), Path(folder), options.long, console.print)
        found = measure(options.only, context, console)
    print_table(found, console)
    if not options.no_record:
        selection = "long" if options.long else "short"
        if set(options.only) != set(SUITES):
            selection += "-" + "-".join(options.only)
        path = records.write(found, selection, (before, machine.load()))
        console.print(f"recorded in {path.relative_to(builds.ROOT)}")
    missed = [item for item in found if isinstance(item, Skipped) or item.verdict == "MISSED"]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
