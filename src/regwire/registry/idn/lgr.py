"""Label Generation Rulesets: IDN tables in XML (RFC 7940).

Read: repertoire with sequences, ranges, tags and contexts; variants with types and contexts; classes by list, tag,
reference, property and set operator; rules with all match operators; actions. Of the metadata, only what names
the table is used.

Refused, with the line and the cure: properties whose values are not at hand (see `regwire.registry.idn.properties`),
properties of a Unicode version newer than ours, and mappings from nothing that are not of type "invalid".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree

from regwire.errors import ConfigError
from regwire.registry.idn import match as m
from regwire.registry.idn.properties import property_class, unicode_version
from regwire.registry.idn.table import Action, Context, Entry, Table, Variant

__all__ = ["NAMESPACE", "read_lgr"]

NAMESPACE: Final = "urn:ietf:params:xml:ns:lgr-1.0"
_CODE_POINT = re.compile(r"[0-9A-Fa-f]{4,6}")
_COUNT = re.compile(r"(\d+)(?:(\+)|:(\d+))?")
_SET_OPERATORS = frozenset({"class", "union", "intersection", "difference", "symmetric-difference", "complement"})
_TRIGGERS: Final[Mapping[str, str]] = {"any-variant": "any", "all-variants": "all", "only-variants": "only"}


def read_lgr(data: bytes, path: Path, tag: str | None = None) -> Table:
    """Read a ruleset.

    Args:
        data: the document; a document type declaration is refused, nothing outside of it is read.
        path: named in errors; its stem is the tag if the document names no language.
        tag: what the table is called, if not what the document says.

    Raises:
        ConfigError: naming file, line and cure.

    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root: Any = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno or 1}", f"not XML: {error.msg}", "correct this line") from None
    reader = _Reader(path)
    if root.getroottree().docinfo.doctype:
        raise reader.error(root, "has a document type declaration", "remove it; a ruleset needs none")
    if root.tag != f"{{{NAMESPACE}}}lgr":
        raise reader.error(root, f"is no ruleset ({root.tag})", f"the root must be lgr of {NAMESPACE}")
    return reader.table(root, tag)


@dataclass
class _Rule:
    """A rule that has been read; ``anchored``: it can only be a context."""

    matcher: m.Matcher
    anchored: bool


@dataclass
class _Reader:
    """Reads one document; names are known from where they are defined on (sections 6.2.1 and 6.3.4)."""

    path: Path
    classes: dict[str, frozenset[int]] = field(default_factory=dict)
    rules: dict[str, _Rule] = field(default_factory=dict)
    tags: dict[str, set[int]] = field(default_factory=dict)
    universe: frozenset[int] = frozenset()
    version: str | None = None
    anchored: bool = False

    def error(self, element: Any, reason: str, cure: str) -> ConfigError:
        name = etree.QName(element).localname
        return ConfigError(f"{self.path}:{element.sourceline or 1}", f"<{name}> {reason}", cure)

    def table(self, root: Any, tag: str | None) -> Table:
        meta, data, rules = (root.find(f"{{{NAMESPACE}}}{name}") for name in ("meta", "data", "rules"))
        if data is None:
            raise self.error(root, "has no data", "list the code points in <data>")
        self.version = _text(meta, "unicode-version")
        tag = tag or _text(meta, "language") or self.path.stem
        self.collect(data)
        actions: list[Action] = []
        for child in () if rules is None else _children(rules):
            name = _name(child)
            if name == "action":
                actions.append(self.action(child))
            elif name == "rule":
                self.define_rule(child)
            else:
                self.classes[self.new_name(child, self.classes)] = self.code_points(child)
        return Table(tag, dict(self.entries(data)), tuple(actions))

    # --- data

    def collect(self, data: Any) -> None:
        """Learn the tags and every code point there is, which rules need before the entries need the rules."""
        known: set[int] = set()
        for child in _children(data):
            sources = list(self.sources(child))
            for tag in child.get("tag", "").split():
                if any(len(source) > 1 for source in sources):
                    raise self.error(child, "is a sequence with a tag", "tags go with single code points only")
                self.tags.setdefault(tag, set()).update(source[0] for source in sources)
            for sequence in (*sources, *(self.sequence(var, "cp") for var in _children(child))):
                known.update(sequence)
        self.universe = frozenset(known)

    def sources(self, element: Any) -> Iterator[tuple[int, ...]]:
        if _name(element) == "range":
            (first,), (last,) = self.sequence(element, "first-cp")[:1], self.sequence(element, "last-cp")[:1]
            if first > last:
                raise self.error(element, "ends before it begins", "swap first-cp and last-cp")
            yield from ((point,) for point in range(first, last + 1))
        elif _name(element) == "char":
            yield self.sequence(element, "cp")
        else:
            raise self.error(element, "is not known here", "data holds char and range")

    def sequence(self, element: Any, attribute: str) -> tuple[int, ...]:
        text = element.get(attribute)
        if text is None:
            raise self.error(element, f"has no {attribute}", f'add {attribute}="…", hexadecimal code points')
        points = text.split()
        if any(_CODE_POINT.fullmatch(point) is None or int(point, 16) > 0x10FFFF for point in points):
            raise self.error(element, f'{attribute}="{text}" is no code point', "write hexadecimal digits, as in 00E9")
        if attribute != "cp" and len(points) != 1:
            raise self.error(element, f'{attribute}="{text}" is not one code point', "give exactly one")
        return tuple(int(point, 16) for point in points)

    def entries(self, data: Any) -> Iterator[tuple[tuple[int, ...], Entry]]:
        seen: set[tuple[int, ...]] = set()
        for child in _children(data):
            context = self.context(child)
            variants = self.variants(child)
            for source in self.sources(child):
                if source in seen:
                    raise self.error(child, f"defines {_show(source)} again", "remove one of the two")
                seen.add(source)
                if source:
                    yield source, Entry(source, context, variants)
                elif any(variant.type != "invalid" for variant in variants):
                    raise self.error(child, "maps nothing to something", 'give its variants type="invalid"')

    def variants(self, element: Any) -> tuple[Variant, ...]:
        found: list[Variant] = []
        seen: set[tuple[Any, ...]] = set()
        for child in _children(element):
            if _name(child) != "var":
                raise self.error(child, "is not known here", "char holds var")
            target = self.sequence(child, "cp")
            unique = (target, child.get("when"), child.get("not-when"))
            if unique in seen:
                raise self.error(child, f"maps to {_show(target)} again", "remove one of the two")
            seen.add(unique)
            found.append(Variant(target, child.get("type", ""), self.context(child)))
        return tuple(found)

    def context(self, element: Any) -> Context | None:
        wanted, unwanted = element.get("when"), element.get("not-when")
        if wanted is not None and unwanted is not None:
            raise self.error(element, "has both when and not-when", "remove one of the two")
        name = wanted if wanted is not None else unwanted
        return None if name is None else Context(self.rule(element, name).matcher, wanted is not None)

    def rule(self, element: Any, name: str) -> _Rule:
        if name not in self.rules:
            raise self.error(element, f"names the rule {name}, which is not defined", "define it, or correct the name")
        return self.rules[name]

    # --- rules

    def new_name(self, element: Any, known: Mapping[str, object]) -> str:
        name = element.get("name")
        if not name:
            raise self.error(element, "has no name", 'add name="…", or move it into the rule that uses it')
        if name in known:
            raise self.error(element, f"defines {name} again", "rename one of the two")
        return str(name)

    def define_rule(self, element: Any) -> None:
        name = self.new_name(element, self.rules)
        self.anchored = False
        matcher = self.in_order(element)
        self.rules[name] = _Rule(matcher, self.anchored)

    def in_order(self, element: Any) -> m.Matcher:
        return m.in_order([self.operator(child) for child in _children(element)])

    def operator(self, element: Any) -> m.Matcher:
        name = _name(element)
        matcher = m.member(self.code_points(element)) if name in _SET_OPERATORS else self.other_operator(element, name)
        count = element.get("count")
        if count is None:
            return matcher
        if name in ("start", "end", "anchor", "look-ahead", "look-behind"):
            raise self.error(element, "has a count", "remove it; this operator matches once")
        found = _COUNT.fullmatch(count)
        low = int(found[1]) if found else 0
        high = None if found and found[2] else int(found[3]) if found and found[3] else low
        if found is None or (high is not None and (high < low or high == 0)):
            raise self.error(element, f'count="{count}" is none', "write n, n+ or n:m with m at least n")
        return m.repeated(matcher, low, high)

    def other_operator(self, element: Any, name: str) -> m.Matcher:
        if name == "anchor":
            self.anchored = True
        simple: Mapping[str, m.Matcher] = {"start": m.start, "end": m.end, "any": m.anything, "anchor": m.anchor}
        if name in simple:
            return simple[name]
        if name == "char":
            return m.literal(self.sequence(element, "cp"))
        if name == "choice":
            return m.choice([self.operator(child) for child in _children(element)])
        if name in ("look-ahead", "look-behind"):
            # A context lies directly before or after the anchor: it is matched as if it were part of the rule.
            return self.in_order(element)
        if name == "rule" and element.get("by-ref") is not None:
            rule = self.rule(element, element.get("by-ref"))
            self.anchored = self.anchored or rule.anchored
            return rule.matcher
        if name == "rule":
            return self.in_order(element)
        raise self.error(element, "is no match operator", "see RFC 7940 section 6.3.2")

    # --- classes

    def code_points(self, element: Any) -> frozenset[int]:
        name = _name(element)
        if name == "class":
            return self.simple_class(element)
        if name not in _SET_OPERATORS:
            raise self.error(element, "is no class", "see RFC 7940 section 6.2.5")
        parts = [self.code_points(child) for child in _children(element)]
        operators: Mapping[str, tuple[bool, Callable[[], Iterable[int]]]] = {
            "complement": (len(parts) == 1, lambda: self.universe - parts[0]),
            "union": (len(parts) >= 2, lambda: frozenset().union(*parts)),
            "intersection": (len(parts) == 2, lambda: parts[0] & parts[1]),
            "difference": (len(parts) == 2, lambda: parts[0] - parts[1]),
            "symmetric-difference": (len(parts) == 2, lambda: parts[0] ^ parts[1]),
        }
        right, combine = operators[name]
        if not right:
            raise self.error(element, f"combines {len(parts)} classes", "see RFC 7940 section 6.2.5 for how many")
        return frozenset(combine())

    def simple_class(self, element: Any) -> frozenset[int]:
        by_ref, tag, wanted = element.get("by-ref"), element.get("from-tag"), element.get("property")
        if by_ref is not None:
            if by_ref not in self.classes:
                raise self.error(element, f"names the class {by_ref}, which is not defined yet", "define it before")
            return self.classes[by_ref]
        if tag is not None:
            return frozenset(self.tags.get(tag, ()))
        if wanted is not None:
            return self.property_class(element, wanted)
        found: set[int] = set()
        for word in (element.text or "").split():
            first, _, last = word.partition("-")
            if _CODE_POINT.fullmatch(first) is None or (last and _CODE_POINT.fullmatch(last) is None):
                raise self.error(element, f"holds {word}", "write code points as 00E9 or ranges as 00E0-00E9")
            found.update(range(int(first, 16), int(last or first, 16) + 1))
        return frozenset(found)

    def property_class(self, element: Any, wanted: str) -> frozenset[int]:
        if self.version is None:
            raise self.error(element, "has a property", "say of which <unicode-version> in <meta>")
        if tuple(map(int, re.findall(r"\d+", self.version))) > unicode_version():
            ours = ".".join(map(str, unicode_version()))
            raise self.error(
                element, f"has a property of Unicode {self.version}; here is {ours}", "list the code points instead"
            )
        try:
            return property_class(wanted, self.universe)
        except ValueError as error:
            raise self.error(element, str(error), "list the code points instead, or give them a tag") from None

    # --- actions

    def action(self, element: Any) -> Action:
        disposition = element.get("disp")
        if not disposition:
            raise self.error(element, "has no disp", 'add disp="invalid", for example')
        wanted, unwanted = element.get("match"), element.get("not-match")
        if wanted is not None and unwanted is not None:
            raise self.error(element, "has both match and not-match", "remove one of the two")
        context = None
        name = wanted if wanted is not None else unwanted
        if name is not None:
            rule = self.rule(element, name)
            if rule.anchored:
                raise self.error(element, f"names {name}, which has an anchor", "an anchor goes with when only")
            context = Context(rule.matcher, wanted is not None)
        triggers = [attribute for attribute in _TRIGGERS if element.get(attribute) is not None]
        if len(triggers) > 1:
            raise self.error(element, f"has {' and '.join(triggers)}", "keep one of them")
        if not triggers:
            return Action(disposition, context)
        return Action(disposition, context, _TRIGGERS[triggers[0]], frozenset(element.get(triggers[0]).split()))


def _children(element: Any) -> list[Any]:
    return [child for child in element if isinstance(child.tag, str)]


def _name(element: Any) -> str:
    name = etree.QName(element)
    return name.localname if name.namespace == NAMESPACE else str(element.tag)


def _text(meta: Any, name: str) -> str | None:
    found = None if meta is None else meta.findtext(f"{{{NAMESPACE}}}{name}")
    return (found or "").strip() or None


def _show(sequence: tuple[int, ...]) -> str:
    return " ".join(f"U+{point:04X}" for point in sequence) or "nothing"
