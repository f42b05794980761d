"""Strict decoding agrees with libxml2 and the XML schemas on frames made from the schemas and on changed ones.

REGWIRE_FRAMES sets how many (20,000 by default), REGWIRE_SEED which.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from xml_schemas import needs_spec

from conformance.differential.compare import KNOWN, WIDER, Comparison, shown
from conformance.differential.frames import EPP_FAMILY, IRIS_FAMILY, STANDARD, Source

pytestmark = needs_spec

FRAMES = int(os.environ.get("REGWIRE_FRAMES", "20000"))
SEED = os.environ.get("REGWIRE_SEED", "ci")


def test_what_differs_is_listed():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "differences.md").read_text()
    for listed in (*(known.listed for known in KNOWN), *WIDER.values()):
        assert listed in page


_RELATIVE = """<epp xmlns="urn:ietf:params:xml:ns:epp-1.0" xmlns:out="outer"><response><result code="2001"><msg>No</msg>
<extValue><value><c xmlns:z='u' z:a="1">{inner}</c></value><reason>No</reason></extValue></result>
<trID><svTRID>SV-1</svTRID></trID></response></epp>"""


@pytest.mark.parametrize("inner", ["", "<z:b/>", "<out:b/>", "<b xmlns='../x'/>", '<b> xmlns:z="u" </b>'])
def test_relative_namespace_names_agree(inner):
    """libxml2 parses them, and does not canonicalise what holds them (found by seed `decode`, frame 14594)."""
    outcome = Comparison(STANDARD).compare(_RELATIVE.format(inner=inner).encode())
    assert outcome.agrees
    assert outcome.ours.kind == "valid"


def test_different_relative_namespace_names_differ():
    comparison = Comparison(STANDARD)
    one, other = (comparison.compare(_RELATIVE.format(inner=f"<b xmlns='{name}'/>").encode()) for name in "uv")
    assert one.ours.detail != other.theirs.detail


@pytest.mark.parametrize(("family", "frames"), [(EPP_FAMILY, FRAMES), (IRIS_FAMILY, FRAMES // 4)], ids=["epp", "iris"])
def test_both_decoders_agree(family, frames):
    comparison = Comparison(family.schema)
    counts: Counter[str] = Counter()
    found = []
    for frame in Source(frozenset(family.schema.namespaces), SEED, family).frames(frames):
        outcome = comparison.compare(frame.octets)
        counts[outcome.ours.kind] += 1
        if not outcome.agrees and outcome.known is None:
            found.append(
                f"{frame.name} {frame.changes}\nours   {outcome.ours}\ntheirs {outcome.theirs}\n{shown(frame.octets)}"
            )
    assert not found, f"{len(found)} differences, the first ones:\n" + "\n".join(found[:5])
    # The generator makes enough of each kind for the comparison to mean something.
    assert min(counts[kind] for kind in ("valid", "invalid", "ill-formed")) > frames // 10, counts
