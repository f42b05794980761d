"""The arithmetic behind verdicts: a benchmark that cannot miss would prove nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

import frames
from harness import procs, records
from harness.items import Item, Skipped
from harness.ratio import Ratio, Series, interleaved
from peers import lxml_codec
from suites.codec import canonical
from suites.growth import blamed
from suites.whole_path import normalised
from suites.xpc import XPC, names_in

MS = 1_000_000


def test_verdicts() -> None:
    assert Item("s", "n", 0.9, "x", "<=", 0.9).verdict == "holds"
    assert Item("s", "n", 0.91, "x", "<=", 0.9).verdict == "MISSED"
    assert Item("s", "n", 4.9, "x", ">=", 5).verdict == "MISSED"
    assert Item("s", "n", 5, "x", ">=", 5).verdict == "holds"
    assert Item("s", "n", 5, "x").verdict == ""


def test_ratio_is_taken_within_repetitions() -> None:
    # A machine that becomes twice as slow in the middle changes no ratio.
    slow = [1.0, 2.0, 1.0, 2.0]
    ours, theirs = Series("ours", [3 * factor for factor in slow]), Series("theirs", [4 * factor for factor in slow])
    assert Ratio.of(ours, theirs).median == pytest.approx(0.75)
    with pytest.raises(ValueError, match="shorter"):
        Ratio.of(ours, Series("theirs", [1.0]))


def test_order_rotates_and_turns() -> None:
    seen: list[str] = []
    contenders = {name: (lambda name=name: seen.append(name) or 1.0) for name in "abc"}
    series = interleaved(contenders, 3)
    assert ["".join(seen[i : i + 3]) for i in (0, 3, 6)] == ["abc", "acb", "cab"]
    assert all(len(found.values) == 3 for found in series.values())


def test_only_replies_that_the_collector_made_late_are_blamed() -> None:
    pauses = [(100 * MS, 160 * MS, 2)]
    late = [
        (90 * MS, 165 * MS),  # 75 ms, 60 of them in the collection: blamed
        (0, 165 * MS),  # would have taken 105 ms without it
        (300 * MS, 380 * MS),  # no collection
        (120 * MS, 165 * MS),  # in time
    ]
    assert blamed(late, pauses) == [75.0]


def test_dates_and_server_ids_are_left_out_of_the_comparison() -> None:
    one = b"<crDate>2026-01-02T03:04:05Z</crDate><svTRID>a-1</svTRID><clTRID>x</clTRID>"
    two = b"<crDate>2027-11-12T13:14:15.5Z</crDate><svTRID>b-22</svTRID><clTRID>x</clTRID>"
    assert normalised(one) == normalised(two)
    assert normalised(one) != normalised(two.replace(b"<clTRID>x", b"<clTRID>y"))


def test_ports_of_first_lines() -> None:
    assert procs.port_of(b'{"port": 4711}\n') == 4711
    assert procs.port_of(b"listening on 127.0.0.1:4712 pid 9\n") == 4712
    with pytest.raises(procs.Failed):
        procs.port_of(b"nothing\n")


@pytest.mark.parametrize("frame", frames.listed(), ids=lambda frame: frame.name)
def test_the_lxml_peer_reads_and_writes_every_listed_frame(frame: frames.Frame) -> None:
    message = lxml_codec.decode(frame.data)
    assert canonical(lxml_codec.encode(message)) == canonical(frame.data)
    assert etree.fromstring(frame.data).tag == f"{{{frames.EPP}}}epp"


def test_records_name_what_was_not_measured(tmp_path: Path) -> None:
    items = [Item("s", "n", 1.0, "x", "<=", 0.5), Skipped("t", "no descriptors")]
    path = records.write(items, "short", ("0", "0"), tmp_path)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["profile"] == "release"
    assert [item.get("verdict", item.get("reason")) for item in record["items"]] == ["MISSED", "no descriptors"]
    assert "/" not in json.dumps(record["machine"]).replace("GB/s", "")


def test_lookups_are_about_the_names_in_their_answers(tmp_path: Path) -> None:
    answer = '<a><domain xmlns="urn:ietf:params:xml:ns:dchk1"><domainName>{}</domainName></domain></a>\0'
    path = tmp_path / "transcript"
    path.write_text(answer.format("p1.example") + answer.format("p7.example"), encoding="utf-8")
    assert names_in(path, XPC) == ["p1.example", "p7.example"]
    path.write_text(answer.format("p1.example") + "<a><nameNotFound/></a>\0", encoding="utf-8")
    with pytest.raises(procs.Failed, match="0 answers"):
        names_in(path, XPC)
