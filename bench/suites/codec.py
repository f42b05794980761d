"""Decoding and encoding of the listed frames, every check on, against lxml, instant-epp and each other.

CPU time of this process; the contenders take turns frame by frame in every repetition; the figure is the geometric mean
over the frames of the median ratio. Our decoding remembers earlier frames; without that it is measured beside.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from lxml import etree

import frames
from frames import Frame
from harness import builds, procs
from harness.items import Item
from harness.ratio import Ratio, geometric_mean, interleaved
from peers import lxml_codec
from suites.context import Context
from suites.unremembering import decoder

SUITE = "codec"
SLICE_NS = 4_000_000
_CANONICAL = etree.XMLParser(remove_blank_text=True)


def canonical(document: bytes) -> bytes:
    """The document without the freedoms of XML, to compare what encoders wrote."""
    return etree.tostring(etree.fromstring(document, _CANONICAL), method="c14n")


def per_call(function: Callable[[Any], Any], argument: Any) -> float:
    """Microseconds of CPU a call."""
    clock, count, step = time.process_time_ns, 0, 20
    start = clock()
    while (used := clock() - start) < SLICE_NS:
        for _ in range(step):
            function(argument)
        count += step
    return used / count / 1000


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this process on the core where servers run, so that caches stay warm; the collector stays on."""
    assert gc.isenabled()
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(procs.SERVER_CORE)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def check_results(listed: list[Frame]) -> None:
    """Both codecs read the same values and write what was read; nothing is timed before."""
    from regwire import epp  # noqa: PLC0415

    for frame in listed:
        theirs = lxml_codec.decode(frame.data)
        ours = epp.decode(frame.data)
        expected = canonical(frame.data)
        for name, written in (("regwire", epp.encode(ours)), ("lxml", lxml_codec.encode(theirs))):
            if canonical(written) != expected:
                raise procs.Failed(f"{name} wrote another {frame.name}: {written.decode()}")
        if isinstance(theirs, lxml_codec.Response) and (
            ours.results[0].code != theirs.code or ours.tr_id.sv_trid != theirs.sv_trid
        ):
            raise procs.Failed(f"{frame.name}: the decoders disagree")


def compare(
    listed: list[Frame], contenders: dict[str, Callable[[Any], Any]], arguments: Callable[[Frame, str], Any], count: int
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Geometric means of microseconds and of the ratios to "regwire", over the frames."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    ratios: dict[str, list[float]] = {name: [] for name in contenders}
    for frame in listed:
        tasks = {name: partial(per_call, call, arguments(frame, name)) for name, call in contenders.items()}
        series = interleaved(tasks, count)
        for name in contenders:
            times[name].append(series[name].median)
            ratios[name].append(Ratio.of(series[name], series["regwire"]).median)
    each = {
        frame.name: {name: round(times[name][index], 3) for name in contenders} for index, frame in enumerate(listed)
    }
    means = {f"{name} us": geometric_mean(values) for name, values in times.items()}
    return means | {name: geometric_mean(values) for name, values in ratios.items()}, each


def decode_items(context: Context, listed: list[Frame]) -> list[Item]:
    from regwire import epp  # noqa: PLC0415

    contenders: dict[str, Callable[[Any], Any]] = {
        "regwire": epp.decode,
        "every octet": decoder(),
        "lxml": partial(etree.fromstring, parser=lxml_codec.PARSER),
        "lxml+dataclass": lxml_codec.decode,
    }
    means, each = compare(listed, contenders, lambda frame, _: frame.data, context.pick(5, 15))
    raw = {"frames": each}
    ours, plain = means["regwire us"], means["every octet us"]
    return [
        Item(SUITE, "decode", ours, "µs", detail=f"geometric mean over {len(listed)} frames, strict", raw=raw),
        Item(SUITE, "decode, nothing remembered", plain, "µs"),
        Item(SUITE, "lxml fromstring / decode, nothing remembered", means["lxml us"] / plain, "x"),
        Item(SUITE, "lxml with dataclasses / decode, nothing remembered", means["lxml+dataclass us"] / plain, "x"),
        Item(SUITE, "lxml fromstring / decode", means["lxml"], "x", ">=", 5, f"{means['lxml us']:.2f} / {ours:.2f} µs"),
        Item(
            *(SUITE, "lxml with dataclasses / decode", means["lxml+dataclass"], "x", ">=", 10),
            detail=f"{means['lxml+dataclass us']:.2f} / {ours:.2f} µs",
        ),
    ]


def encode_items(context: Context, listed: list[Frame]) -> list[Item]:
    from regwire import epp  # noqa: PLC0415

    contenders: dict[str, Callable[[Any], Any]] = {"regwire": epp.encode, "lxml": lxml_codec.encode}
    messages = {
        (frame.name, name): decode(frame.data)
        for frame in listed
        for name, decode in (("regwire", epp.decode), ("lxml", lxml_codec.decode))
    }
    means, each = compare(listed, contenders, lambda frame, name: messages[frame.name, name], context.pick(5, 15))
    ours = means["regwire us"]
    return [
        Item(SUITE, "encode", ours, "µs", detail=f"geometric mean over {len(listed)} messages", raw={"frames": each}),
        Item(
            *(SUITE, "lxml build and tostring / encode", means["lxml"], "x", ">=", 30),
            detail=f"{means['lxml us']:.2f} / {ours:.2f} µs",
        ),
    ]


def native_items(context: Context, listed: list[Frame]) -> list[Item]:
    """The same responses through instant-epp's own decoder, native Rust."""
    from regwire import epp  # noqa: PLC0415

    responses = [frame for frame in listed if frame.is_response]
    folder = context.scratch / "responses"
    folder.mkdir(exist_ok=True)
    words = []
    for index, frame in enumerate(responses):
        path = folder / f"{index}.xml"
        path.write_bytes(frame.data)
        words.append(f"{frame.kind}:{path}")
    ratios: dict[str, list[float]] = {frame.name: [] for frame in responses}
    plain: dict[str, list[float]] = {frame.name: [] for frame in responses}
    every_octet = decoder()
    times: dict[str, tuple[float, float]] = {}
    for _ in range(context.pick(3, 9)):
        command = procs.pinned(procs.SERVER_CORE, [str(builds.INSTANT_DECODE), *words])
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        theirs = list(json.loads(done.stdout).values())
        for frame, nanos in zip(responses, theirs, strict=True):
            ours = per_call(epp.decode, frame.data)
            plain[frame.name].append(nanos / 1000 / per_call(every_octet, frame.data))
            ratios[frame.name].append(nanos / 1000 / ours)
            times[frame.name] = (round(nanos / 1000, 3), round(ours, 3))
    medians = [sorted(values)[len(values) // 2] for values in ratios.values()]
    detail = f"{len(responses)} responses; {min(medians):.1f} to {max(medians):.1f}"
    mean = geometric_mean(medians)
    without = geometric_mean([sorted(values)[len(values) // 2] for values in plain.values()])
    return [
        Item(SUITE, "instant-epp (native Rust) / decode", mean, "x", ">=", 2, detail, {"us": times}),
        Item(SUITE, "instant-epp (native Rust) / decode, nothing remembered", without, "x"),
    ]


def tokenizer_item(context: Context, listed: list[Frame]) -> Item:
    """All well-formedness checks, characters and namespaces, over the listed frames."""
    folder = context.scratch / "frames"
    folder.mkdir(exist_ok=True)
    for index, frame in enumerate(listed):
        (folder / f"{index:02}.xml").write_bytes(frame.data)
    command = procs.pinned(procs.SERVER_CORE, [str(builds.THROUGHPUT), str(folder), str(context.pick(2, 5))])
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    result = json.loads(done.stdout)
    if result["documents"] != len(listed):
        raise procs.Failed(f"the tokenizer took {result['documents']} of {len(listed)} frames")
    detail = f"{result['microseconds_per_document']:.2f} µs a frame"
    return Item(SUITE, "tokenizer", result["gigabytes_per_second"], "GB/s", ">=", 1, detail)


def run(context: Context) -> list[Item]:
    listed = frames.listed()
    check_results(listed)
    with on_one_core():
        context.say(f"{SUITE}: {len(listed)} frames, mean {sum(len(f.data) for f in listed) / len(listed):.0f} octets")
        return [
            *decode_items(context, listed),
            *native_items(context, listed),
            *encode_items(context, listed),
            tokenizer_item(context, listed),
        ]
