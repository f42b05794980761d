"""Light element trees, and writing them in all the ways that XML allows."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"


@dataclass(eq=False)
class Node:
    """An element: expanded name, attributes by expanded name, text and elements in order."""

    ns: str
    local: str
    attributes: dict[tuple[str, str], str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)
    """Prefixes that values need, such as that of `xsi:type`."""

    def elements(self) -> list[Node]:
        """Return the child elements."""
        return [child for child in self.children if isinstance(child, Node)]

    def walk(self) -> list[Node]:
        """Return the element and all below it, in document order."""
        found = [self]
        for child in self.elements():
            found.extend(child.walk())
        return found

    def copy(self) -> Node:
        """Return a deep copy."""
        children = [child if isinstance(child, str) else child.copy() for child in self.children]
        return Node(self.ns, self.local, dict(self.attributes), children, dict(self.prefixes))

    @property
    def is_leaf(self) -> bool:
        """No elements inside."""
        return not any(isinstance(child, Node) for child in self.children)

    @property
    def text(self) -> str:
        """The text of a leaf."""
        return "".join(child for child in self.children if isinstance(child, str))


def parse(document: bytes) -> Node:
    """Read a document; comments and processing instructions are dropped, layout between elements too."""
    parser = etree.XMLParser(remove_comments=True, remove_pis=True, resolve_entities=False, no_network=True)
    return _of(etree.fromstring(document, parser))


def _split(name: str) -> tuple[str, str]:
    if name.startswith("{"):
        uri, _, local = name[1:].partition("}")
        return uri, local
    return "", name


def _of(element: etree._Element) -> Node:
    ns, local = _split(str(element.tag))
    node = Node(ns, local, {_split(str(name)): str(value) for name, value in element.attrib.items()})
    for (_, name), value in node.attributes.items():
        prefix, _, rest = value.strip().rpartition(":")
        if name == "referentType" and prefix:
            # Names in values keep their meaning whatever prefixes the document is written with.
            node.prefixes["ref"] = element.nsmap[prefix]
            node.attributes = {key: f"ref:{rest}" if key[1] == name else old for key, old in node.attributes.items()}
            break
    leaf = len(element) == 0
    if element.text and (leaf or element.text.strip()):
        node.children.append(element.text)
    for child in element:
        node.children.append(_of(child))
        if child.tail and child.tail.strip():
            node.children.append(child.tail)
    return node


class Style:
    """How one document is written: prefixes, quotes, layout, escapes; drawn once per document."""

    def __init__(self, rng: random.Random, *, plain: bool) -> None:
        self.rng = rng
        self.plain = plain
        self.quote = '"' if plain else rng.choice("\"'")
        self.layout = rng.choice(["", "\n", "\n  ", " ", "\r\n\t"]) if not plain else rng.choice(["", "\n"])
        self.default_chance = rng.choice([0.0, 0.5, 1.0])
        self.redeclare = 0.0 if plain else rng.choice([0.0, 0.0, 0.3])
        self.noise = 0.0 if plain else rng.choice([0.0, 0.0, 0.0, 0.05, 0.3])
        self.escape = 0.0 if plain else rng.choice([0.0, 0.0, 0.05, 0.5])
        self.prefixes = ["p", "q", "domain", "a-b.c_1", "\u00e9", "x"] if not plain else ["a", "b", "c", "d"]

    def write(self, root: Node) -> str:
        """Return the document without a declaration."""
        out: list[str] = []
        self._element(root, {"": "", "xml": XML}, out)
        return "".join(out)

    def _chance(self, probability: float) -> bool:
        return probability > 0 and self.rng.random() < probability

    def _element(self, node: Node, scope: dict[str, str], out: list[str]) -> None:
        scope = dict(scope)
        declared: dict[str, str] = {}
        prefix = self._prefix(node.ns, scope, declared, element=True)
        attributes: list[tuple[str, str]] = []
        for wanted, uri in node.prefixes.items():
            scope[wanted] = declared[wanted] = uri
        for (uri, local), value in node.attributes.items():
            owner = self._prefix(uri, scope, declared, element=False, taken={prefix}) if uri else ""
            attributes.append((f"{owner}:{local}" if owner else local, value))
        # A prefix that was drawn anew for an attribute may not change what the element's own prefix means.
        if scope.get(prefix, "") != node.ns:
            declared[prefix] = scope[prefix] = node.ns
        for name, uri in declared.items():
            attributes.append((f"xmlns:{name}" if name else "xmlns", uri))
        if not self.plain:
            self.rng.shuffle(attributes)
        name = f"{prefix}:{node.local}" if prefix else node.local
        out.append(f"<{name}")
        for attribute, value in attributes:
            out.append(self._attribute(attribute, value))
        if not node.children and self.rng.random() < 0.7:
            out.append(self._space() + "/>")
            return
        out.append(self._space() + ">")
        self._content(node, scope, out)
        out.append(f"</{name}{self._space()}>")

    def _content(self, node: Node, scope: dict[str, str], out: list[str]) -> None:
        leaf = node.is_leaf
        for child in node.children:
            if isinstance(child, Node):
                out.append(self.layout)
                self._noise(out)
                self._element(child, scope, out)
            else:
                self._text(child, out)
        if not leaf:
            out.append(self.layout)

    def _space(self) -> str:
        return self.rng.choice([" ", "\n", "\t "]) if self._chance(self.noise) else ""

    def _noise(self, out: list[str]) -> None:
        if self._chance(self.noise):
            out.append(self.rng.choice(["<!-- c -->", "<?pi data?>", "<!---->", "<?p?>", "<!-- <a>&x; -->"]))

    def _prefix(
        self,
        uri: str,
        scope: dict[str, str],
        declared: dict[str, str],
        *,
        element: bool,
        taken: set[str] | None = None,
    ) -> str:
        if uri == XML:
            return "xml"
        known = [name for name, bound in scope.items() if bound == uri and (element or name)]
        if known and not self._chance(self.redeclare):
            return self.rng.choice(known)
        if element and (uri == "" or self._chance(self.default_chance)):
            chosen = ""
        else:
            free = [name for name in self.prefixes if name not in declared and name not in (taken or set())]
            chosen = self.rng.choice(free) if free else f"n{len(scope)}"
        scope[chosen] = declared[chosen] = uri
        return chosen

    def _attribute(self, name: str, value: str) -> str:
        quote = self.rng.choice("\"'") if self._chance(self.noise) else self.quote
        escaped = "".join(self._escaped(c, quote) for c in value)
        between = self.rng.choice(["=", " = ", "\n="]) if self._chance(self.noise) else "="
        before = self.rng.choice([" ", "\n", "\t  "]) if self._chance(self.noise) else " "
        return f"{before}{name}{between}{quote}{escaped}{quote}"

    def _escaped(self, c: str, quote: str) -> str:
        if c in "&<" or c == quote:
            return {"&": "&amp;", "<": "&lt;", '"': "&quot;", "'": "&apos;"}[c]
        return self._reference(c)

    def _reference(self, c: str) -> str:
        if c in "\t\r\n" and self.rng.random() < 0.7:
            return f"&#{ord(c)};"
        if self._chance(self.escape):
            return self.rng.choice([f"&#{ord(c)};", f"&#x{ord(c):X};", f"&#x{ord(c):08x};"])
        return c

    def _text(self, text: str, out: list[str]) -> None:
        if self._chance(self.noise) and text and "]]>" not in text:
            cut = self.rng.randrange(len(text) + 1)
            out.append(self._characters(text[:cut]))
            self._noise(out)
            out.append(f"<![CDATA[{text[cut:]}]]>")
            return
        out.append(self._characters(text))

    def _characters(self, text: str) -> str:
        out = []
        for c in text:
            if c in "&<>":
                out.append({"&": "&amp;", "<": "&lt;", ">": "&gt;"}[c])
            else:
                out.append(self._reference(c))
        return "".join(out)
