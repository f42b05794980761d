"""The long run: ``PYTHONPATH=tests:tests/support python -m conformance.differential [FRAMES] [SEED]``.

Prints what differs and is not known, and how often what happened; exits 1 if anything differs.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from conformance.differential.compare import Comparison, shown
from conformance.differential.frames import EPP_FAMILY, IRIS_FAMILY, Source


def main() -> int:
    """Compare and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frames", nargs="?", type=int, default=200_000)
    parser.add_argument("seed", nargs="?", default="long")
    parser.add_argument("--show", type=int, default=20, help="how many differences to print")
    parser.add_argument("--iris", action="store_true", help="documents of IRIS instead of EPP's")
    options = parser.parse_args()
    family = IRIS_FAMILY if options.iris else EPP_FAMILY
    source = Source(frozenset(family.schema.namespaces), options.seed, family)
    comparison = Comparison(family.schema)
    counts: Counter[str] = Counter()
    begin = time.monotonic()
    for frame in source.frames(options.frames):
        outcome = comparison.compare(frame.octets)
        if outcome.agrees:
            counts[f"both {outcome.ours.kind}"] += 1
        elif outcome.known:
            counts[f"known: {outcome.known}"] += 1
        else:
            counts["DIFFERENT"] += 1
            if counts["DIFFERENT"] <= options.show:
                print(f"--- {frame.name} {frame.changes}")
                print(f"ours   {outcome.ours}\ntheirs {outcome.theirs}\n{shown(frame.octets)}")
    print(f"{options.frames} frames in {time.monotonic() - begin:.0f} s")
    for what, count in counts.most_common():
        print(f"{count:8} {what}")
    return int(counts["DIFFERENT"] > 0)


if __name__ == "__main__":
    sys.exit(main())
