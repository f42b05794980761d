"""What each check costs: the listed frames decoded by schemas that check more and more, and how much each step adds.

The tokenizer with all of well-formedness is measured by itself; order, cardinality and attributes cannot be taken out
of a decoder, since it finds its way by them. The steps after that are made by editing the compiled description.
Nothing is remembered: of frames that come again, what does not vary is not checked again.
"""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

import regwire_native

import frames
from frames import Frame
from harness import builds, procs
from harness.items import Item
from harness.ratio import geometric_mean, interleaved
from suites.codec import on_one_core, per_call
from suites.context import Context
from suites.unremembering import description

SUITE = "checks"
TEXT = frozenset({"token", "normalizedString", "string", "language", "anyURI", "NMTOKEN", "NCName"})
Simple = dict[str, Any]


def bare(simple: Simple) -> None:
    """Any text, as it stands."""
    patterns(simple)
    enumerations(simple)
    lengths(simple)
    simple.update(low=None, high=None, total_digits=None, fraction_digits=None)
    simple["kind"] = "string" if simple["kind"] != "list" else "list"


def values(simple: Simple) -> None:
    """Without integers, dates and truth values: text."""
    if simple["kind"] not in TEXT and simple["kind"] != "list":
        bare(simple)


def patterns(simple: Simple) -> None:
    simple["patterns"] = []


def enumerations(simple: Simple) -> None:
    simple["enumeration"] = []


def lengths(simple: Simple) -> None:
    simple.update(min_length=0, max_length=None)


def spaces(simple: Simple) -> None:
    """Text keeps its white space."""
    if simple["kind"] in {"token", "normalizedString"}:
        simple["kind"] = "string"


# What is taken away in each step, from everything to nothing: the difference to the next line is what the check costs.
STEPS: tuple[tuple[str, tuple[Callable[[Simple], None], ...]], ...] = (
    ("order, cardinality, attributes, objects with text as it stands", (bare,)),
    ("white space collapsed or replaced", (lengths, enumerations, patterns, values)),
    ("lengths", (enumerations, patterns, values)),
    ("enumerations, as shared values", (patterns, values)),
    ("integers, truth values, dates: ranges, Python values", (patterns,)),
    ("patterns", ()),
)


def codec_without(less: tuple[Callable[[Simple], None], ...]) -> Any:
    """The default schema's codec with something taken out of its simple types."""
    edited = description()
    edited["simples"] = copy.deepcopy(edited["simples"])
    for simple in edited["simples"]:
        for take in less:
            take(simple)
    return regwire_native.Codec(edited, remember=False)


def tokenizer_us(context: Context) -> float:
    folder = context.scratch / "checks"
    folder.mkdir(exist_ok=True)
    for index, frame in enumerate(frames.listed()):
        (folder / f"{index:02}.xml").write_bytes(frame.data)
    command = procs.pinned(procs.SERVER_CORE, [str(builds.THROUGHPUT), str(folder), "1"])
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return float(json.loads(done.stdout)["microseconds_per_document"])


def measured(listed: list[Frame], context: Context) -> dict[str, float]:
    """Geometric mean over the frames, microseconds, of each step."""
    codecs = {name: codec_without(less) for name, less in STEPS}
    for name, codec in codecs.items():
        for frame in listed:
            if type(codec.decode(frame.data, 0)) is regwire_native.Fault:
                raise procs.Failed(f"{frame.name} is refused with {name}")
    times: dict[str, list[float]] = {name: [] for name in codecs}
    for frame in listed:
        tasks = {name: partial(per_call, codec.decode, frame.data) for name, codec in codecs.items()}
        for name, series in interleaved(tasks, context.pick(3, 9)).items():
            times[name].append(series.median)
    return {name: geometric_mean(values) for name, values in times.items()}


def run(context: Context) -> list[Item]:
    listed = frames.listed()
    with on_one_core():
        context.say(f"{SUITE}: {len(STEPS)} steps")
        found = {"well-formedness, characters, namespaces (no objects)": tokenizer_us(context)}
        found |= measured(listed, context)
    items, before = [], 0.0
    for name, micros in found.items():
        detail = f"+{micros - before:.2f} µs" if before else ""
        items.append(Item(SUITE, name, micros, "µs", detail=detail))
        before = micros
    return items
