"""The frames to compare: made from the schemas or taken from the examples, then changed, written and damaged.

Each frame follows from the seed and its number alone, so that a finding of a long run can be made again by itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from xml_schemas import EXAMPLES

from conformance.differential import mutations
from conformance.differential.instances import Schemas
from conformance.differential.trees import Node, Style, parse
from regwire import iris
from regwire.epp import DEFAULT
from regwire.schema import Schema

EPP = "urn:ietf:params:xml:ns:epp-1.0"
MARKS = ("urn:ietf:params:xml:ns:mark-1.0", "urn:ietf:params:xml:ns:signedMark-1.0")
VENDORS = {cls.__regwire__.ns.uri for cls in DEFAULT.elements if ".vendor." in cls.__module__}
STANDARD = DEFAULT.only([uri for uri in DEFAULT.namespaces if uri not in VENDORS and uri not in MARKS])
"""Without what single registries define and without signatures, whose documents have no end (round trips test them)."""


@dataclass(frozen=True)
class Family:
    """Documents of one protocol: their Schema, their root elements, the examples; whether `xsi:type` names types."""

    schema: Schema
    roots: tuple[tuple[str, str], ...]
    examples: tuple[str, ...]
    typed: bool = False


EPP_FAMILY = Family(STANDARD, ((EPP, "epp"),), ("epp-command", "epp-response"))
_IRIS1 = iris.IRIS.uri
IRIS_FAMILY = Family(
    iris.FRAGMENTS,
    (
        *[(_IRIS1, name) for name in ("request", "request", "response", "response", "response", "serialization")],
        *[(cls.__ns__.uri, cls.__tag__) for cls in iris.DEFAULT.roots if cls.__ns__ == iris.IRIS_TRANSPORT],
    ),
    (
        *("iris-request", "iris-response", "iris-serialization", "iris-transport", "iris-fragment"),
        *("xpc-instance", "xpc-instance-fixed", "lwz-instance", "lwz-instance-fixed"),
    ),
    typed=True,
)


@dataclass(frozen=True)
class Frame:
    """A payload and how it came about."""

    name: str
    changes: tuple[str, ...]
    octets: bytes


@cache
def example_trees(family: Family = EPP_FAMILY) -> tuple[Node, ...]:
    """Return the RFCs' well-formed documents, valid or not."""
    rows = (row.split("\t") for row in (EXAMPLES / "INDEX.tsv").read_text().splitlines()[1:])
    chosen = [file for file, kind, well_formed, *_ in rows if kind in family.examples and well_formed == "yes"]
    return tuple(parse((EXAMPLES / file).read_bytes()) for file in chosen)


class Source:
    """Frames of the schemas of some namespaces."""

    def __init__(self, namespaces: frozenset[str], seed: str, family: Family = EPP_FAMILY) -> None:
        self.schemas = Schemas(namespaces, typed=family.typed)
        self._seed = seed
        self._family = family
        self._mutator = mutations.TreeMutator(self.schemas, list(example_trees(family)))

    def frames(self, count: int, first: int = 0) -> Iterator[Frame]:
        """Give frames by their numbers."""
        return (self.frame(number) for number in range(first, first + count))

    def made(self, number: int) -> Node:
        """Give one document that the schemas allow."""
        return self._document(random.Random(f"{self._seed}-made-{number}"))

    def _document(self, rng: random.Random) -> Node:
        return self.schemas.document(rng, *rng.choice(self._family.roots))

    def frame(self, number: int) -> Frame:
        """Give one frame."""
        name = f"{self._seed}-{number}"
        rng = random.Random(name)
        made = rng.random() < 0.6
        tree = self._document(rng) if made else rng.choice(example_trees(self._family)).copy()
        changes = ["made" if made else "example"]
        changes.extend(self._mutator.change(tree, rng) for _ in range(rng.choice([0, 0, 1, 1, 1, 2, 3])))
        written, octets = mutations.encode(Style(rng, plain=rng.random() < 0.3).write(tree), rng)
        changes.append(written)
        for _ in range(rng.choice([0, 0, 0, 0, 1, 2])):
            change, octets = mutations.change_octets(octets, rng)
            changes.append(change)
        return Frame(name, tuple(changes), octets)
