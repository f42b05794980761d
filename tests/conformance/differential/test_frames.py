"""Strict decoding agrees with libxml2 and the XML schemas on frames made from the schemas and on changed ones.

REGWIRE_FRAMES sets how many (20,000 by default), REGWIRE_SEED which.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from xml_schemas import XS, needs_spec

from conformance.differential.compare import KNOWN, WIDER, Comparison, shown
from conformance.differential.frames import EPP_FAMILY, IRIS_FAMILY, STANDARD, Source
from conformance.differential.trees import XSI

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


def test_every_substitute_and_every_named_type_is_made():
    """What the generator never makes is never compared."""
    source = Source(frozenset(IRIS_FAMILY.schema.namespaces), SEED, IRIS_FAMILY)
    schemas = source.schemas
    wanted = {name for names in schemas.substitutes.values() for name in names}
    named, narrowed = set(), 0
    for number in range(6000):
        tree = source.made(number)
        for node in tree.walk():
            wanted.discard((node.ns, node.local))
            if (XSI, "type") in node.attributes:
                named.add((node.prefixes["typ"], node.attributes[XSI, "type"].removeprefix("typ:")))
                narrowed += node.attributes[XSI, "type"] == "typ:languageNotSupportedType"
    assert not wanted
    # The types of the abstract heads, and two that the schemas declare and never use.
    declared = {
        (uri, node.get("name"))
        for uri, root in schemas.roots.items()
        if uri in schemas.namespaces
        for node in root.findall(f"{XS}complexType[@name]")
    }
    never = {
        "iris1": ("queryType", "resultType"),
        "areg1": ("partialMatchParameter",),
        "ereg1": ("partialMatchParameter",),
    }
    assert declared - named == {
        (f"urn:ietf:params:xml:ns:{short}", name) for short, names in never.items() for name in names
    }
    assert narrowed > 20
