"""Changes to a tree and to the octets it is written as: most make a frame invalid, some must change nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.differential.trees import XML, XSI, Node

if TYPE_CHECKING:
    from conformance.differential.instances import Schemas

EDGES = (
    *(
        "",
        " ",
        "\n",
        "\u00a0",
        "\u2028",
        "0",
        "1",
        "-1",
        "-0",
        "+0",
        "+1",
        "01",
        "1.0",
        "1.",
        ".5",
        ".",
        "1e3",
        "1 2",
        "0x1",
    ),
    *("2", "10", "13", "63", "64", "86400", "99", "100", "254", "255", "256", "999", "1000", "65534", "65535", "65536"),
    *("2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296"),
    *(
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999",
        "INF",
        "NaN",
        "\u0661",
        "1_0",
        "\u00b2",
    ),
    *("true", "false", "TRUE", "True", " true ", "yes", "tru e"),
    *(
        "2000-01-01",
        "2000-01-01Z",
        "2000-02-30",
        "1900-02-29",
        "2000-02-29",
        "2000-1-1",
        "20000101",
        "99-01-01",
        "0000-01-01",
    ),
    *(
        "-0001-01-01",
        "10000-01-01",
        "2000-13-01",
        "2000-00-01",
        "2000-01-32",
        "2000-01-01+14:00",
        "2000-01-01+14:01",
        "2000-01-01z",
    ),
    *(
        "2000-01-01T00:00:00Z",
        "2000-01-01T24:00:00Z",
        "2000-01-01T24:00:01Z",
        "2000-01-01T23:59:60Z",
        "2000-01-01T25:00:00Z",
    ),
    *("2000-01-01T00:00:00.Z", "2000-01-01T00:00:00.123456789Z", "2000-01-01T00:00:00,5Z", "2000-01-01 00:00:00Z"),
    *(
        "2000-01-01t00:00:00Z",
        "2000-01-01T00:00Z",
        "2000-01-01T00:00:00+0000",
        "2000-01-01T00:00:00-14:00",
        "2000-01-01T1:00:00Z",
    ),
    *(
        "2000-01-01T00:60:00Z",
        "2000-01-01T00:00:00",
        "2000-12-31T24:00:00-01:00",
        " 2000-01-01T00:00:00Z ",
        "2000-01-01T00:00:00+15:00",
    ),
    *(
        "P1Y",
        "P",
        "PT",
        "P1",
        "1Y",
        "-P1D",
        "PT1.5S",
        "P1YT",
        "P1M1Y",
        "PT1S1M",
        "P1.5Y",
        "p1y",
        "P1W",
        "PT.5S",
        "PT5.S",
    ),
    *("en", "EN", "en-US", "en_US", "e", "english-too-long", "x-a-b-c", "1n", "en-", "en--US", "abcdefghi", "d\u00e9"),
    *(
        "AQID",
        "AQI",
        "AQI=",
        "AQ==",
        "A===",
        "====",
        "AQ=D",
        "AQ ID",
        "A Q I D",
        "AQID\n",
        "AR==",
        "AQJ=",
        "QQ",
        "!!!!",
    ),
    *("00", "0", "0g", "aB", "AB CD", "49fd46e6c4b45c55d4ac"),
    *("+1.5555551234", "+1.", "1.5555551234", "+1234.1", "+1.123456789012345", "+1 .5", "+49.1x"),
    *("a", "ab", "abc", "a b", "a  b", " a b ", "a\tb", "example.com", "EXAMPLE.com", "a@b", "@", "DE", "de", "12345"),
    *(
        "http://a b/",
        "http://[",
        "%",
        "%zz",
        "::",
        "#a#b",
        "urn:x",
        "\u00e9:\u00e9",
        "//",
        "a\\b",
        "{}",
        "http://a/%41",
    ),
    *(
        "\U0001f600",
        "\u00e9" * 255,
        "\u00e9" * 256,
        "\U0001f600" * 64,
        "]]",
        "]]>",
        "&",
        "<",
        "a&b<c>d\"e'f",
        "\x7f\x85",
    ),
)
"""Values that lie on, just inside and just outside what some datatype or facet allows."""


class TreeMutator:
    """Changes to a tree; ``others`` are trees whose parts may be taken over."""

    def __init__(self, schemas: Schemas, others: list[Node]) -> None:
        self.schemas = schemas
        self.others = others
        self.changes: tuple[Callable[[Node, random.Random], None], ...] = (
            self.value,
            self.value,
            self.value,
            self.length,
            self.word,
            self.pad,
            self.pad,
            self.attribute_value,
            self.attribute_value,
            self.attribute_drop,
            self.attribute_add,
            self.drop,
            self.drop,
            self.double,
            self.swap,
            self.move,
            self.rename,
            self.renamespace,
            self.insert,
            self.graft,
            self.graft,
            self.text_between,
            self.empty,
            self.special_attribute,
            self.wrap,
        )

    def change(self, root: Node, rng: random.Random) -> str:
        """Change the tree in place and return the name of the change."""
        chosen = rng.choice(self.changes)
        chosen(root, rng)
        return chosen.__name__

    def _leaf(self, root: Node, rng: random.Random) -> Node:
        leaves = [node for node in root.walk() if node.is_leaf]
        return rng.choice(leaves)

    def _parent(self, root: Node, rng: random.Random) -> Node:
        return rng.choice([node for node in root.walk() if not node.is_leaf] or [root])

    def value(self, root: Node, rng: random.Random) -> None:
        """Put an edge value into a leaf."""
        self._leaf(root, rng).children = [rng.choice(EDGES)]

    def length(self, root: Node, rng: random.Random) -> None:
        """Give a leaf's text a length at the edge of a facet."""
        node = self._leaf(root, rng)
        node.children = [_stretched(node.text, rng.choice(self.schemas.lengths), rng)]

    def word(self, root: Node, rng: random.Random) -> None:
        """Put some enumeration's word into a leaf."""
        self._leaf(root, rng).children = [rng.choice(self.schemas.words)]

    def pad(self, root: Node, rng: random.Random) -> None:
        """Put white space around or into a leaf's text."""
        node = self._leaf(root, rng)
        node.children = [_padded(node.text, rng)]

    def attribute_value(self, root: Node, rng: random.Random) -> None:
        """Change an attribute's value."""
        nodes = [node for node in root.walk() if node.attributes]
        if nodes:
            node = rng.choice(nodes)
            key = rng.choice(list(node.attributes))
            before = node.attributes[key]
            choices = [
                rng.choice(EDGES),
                rng.choice(self.schemas.words),
                _padded(before, rng),
                _stretched(before, rng.choice(self.schemas.lengths), rng),
            ]
            node.attributes[key] = rng.choice(choices)

    def attribute_drop(self, root: Node, rng: random.Random) -> None:
        """Drop an attribute."""
        nodes = [node for node in root.walk() if node.attributes]
        if nodes:
            node = rng.choice(nodes)
            del node.attributes[rng.choice(list(node.attributes))]

    def attribute_add(self, root: Node, rng: random.Random) -> None:
        """Add an attribute that is, or is not, known elsewhere."""
        node = rng.choice(root.walk())
        local = rng.choice(["s", "lang", "op", "roid", "type", "avail", "code", "unit", "x", "count", "id", "hosts"])
        ns = rng.choice(["", "", "", node.ns, "urn:example:unknown"])
        node.attributes[ns, local] = rng.choice([*EDGES[:20], *self.schemas.words])

    def drop(self, root: Node, rng: random.Random) -> None:
        """Drop an element."""
        parent = self._parent(root, rng)
        if parent.elements():
            parent.children.remove(rng.choice(parent.elements()))

    def double(self, root: Node, rng: random.Random) -> None:
        """Double an element."""
        parent = self._parent(root, rng)
        if parent.elements():
            child = rng.choice(parent.elements())
            for _ in range(rng.choice([1, 1, 2, 12])):
                parent.children.insert(parent.children.index(child), child.copy())

    def swap(self, root: Node, rng: random.Random) -> None:
        """Exchange two children."""
        children = self._parent(root, rng).children
        if len(children) > 1:
            a, b = rng.sample(range(len(children)), 2)
            children[a], children[b] = children[b], children[a]

    def move(self, root: Node, rng: random.Random) -> None:
        """Move an element elsewhere."""
        parent = self._parent(root, rng)
        if parent.elements():
            child = rng.choice(parent.elements())
            parent.children.remove(child)
            target = rng.choice(root.walk())
            target.children.insert(rng.randint(0, len(target.children)), child)

    def rename(self, root: Node, rng: random.Random) -> None:
        """Give an element another name."""
        node = rng.choice(root.walk())
        node.ns, node.local = rng.choice(
            [rng.choice(self.schemas.names), (node.ns, node.local.upper()), (node.ns, node.local + "x")]
        )

    def renamespace(self, root: Node, rng: random.Random) -> None:
        """Put an element, or a whole part, into another namespace."""
        node = rng.choice(root.walk())
        uris = sorted(self.schemas.namespaces)
        to = rng.choice(["", "urn:example:unknown", node.ns.upper(), node.ns + " ", *uris])
        for part in node.walk() if rng.random() < 0.5 else [node]:
            part.ns = to

    def insert(self, root: Node, rng: random.Random) -> None:
        """Insert a new element."""
        target = rng.choice(root.walk())
        ns, local = rng.choice([*self.schemas.names, ("urn:example:unknown", "a"), ("", "a")])
        new = Node(ns, local, {}, [rng.choice(EDGES)] if rng.random() < 0.5 else [])
        target.children.insert(rng.randint(0, len(target.children)), new)

    def graft(self, root: Node, rng: random.Random) -> None:
        """Put a part of another document in the place of a part (of the same name, if there is one), or beside it."""
        donors = rng.choice(self.others).walk()
        target = rng.choice(root.walk())
        alike = [node for node in donors if (node.ns, node.local) == (target.ns, target.local)]
        donor = rng.choice(alike or donors).copy()
        if alike or rng.random() < 0.5:
            target.ns, target.local = donor.ns, donor.local
            target.attributes, target.children = donor.attributes, donor.children
        else:
            target.children.insert(rng.randint(0, len(target.children)), donor)

    def text_between(self, root: Node, rng: random.Random) -> None:
        """Put text where elements are."""
        parent = self._parent(root, rng)
        text = rng.choice(["x", " x ", "\u00a0", "&", " ", "\n", "0"])
        parent.children.insert(rng.randint(0, len(parent.children)), text)

    def empty(self, root: Node, rng: random.Random) -> None:
        """Take everything out of an element."""
        rng.choice(root.walk()).children = []

    def special_attribute(self, root: Node, rng: random.Random) -> None:
        """Add an attribute that XML or XML Schema itself defines."""
        node = rng.choice(root.walk())
        kind = rng.choice(
            ["schemaLocation", "noNamespaceSchemaLocation", "nil", "type", "other", "lang", "space", "base"]
        )
        if kind in {"lang", "space", "base"}:
            node.attributes[XML, kind] = rng.choice(["en", "preserve", "default", "x"])
            return
        values = {
            "schemaLocation": ["urn:a a.xsd", f"{node.ns} file:///nowhere", "odd", ""],
            "noNamespaceSchemaLocation": ["a.xsd"],
            "nil": ["true", "false", "1", "x"],
            "type": ["v1:token", "v1:" + node.local + "Type", "v1:unknown", "unbound:x", "xs", ""],
            "other": ["x"],
        }[kind]
        value = rng.choice(values)
        node.attributes[XSI, kind] = value
        if value.startswith("v1:"):
            node.prefixes["v1"] = "http://www.w3.org/2001/XMLSchema" if value == "v1:token" else node.ns

    def wrap(self, root: Node, rng: random.Random) -> None:
        """Put an element around another, or many: nesting."""
        node = rng.choice(root.walk())
        for _ in range(rng.choice([1, 1, 1, 40])):
            node.children = [Node(node.ns, node.local, {}, node.children)]


def _stretched(text: str, length: int, rng: random.Random) -> str:
    filler = rng.choice(["x", "\u00e9", "\U0001f600", "a ", "0", " "])
    return (text + filler * length)[:length]


def _padded(text: str, rng: random.Random) -> str:
    space = rng.choice([" ", "\n", "\t", "\r", "   ", "\u00a0", "\u3000"])
    middle = rng.randint(0, len(text))
    return rng.choice([space + text, text + space, space + text + space, text[:middle] + space + text[middle:]])


# --- octets -----------------------------------------------------------------------------------------------------------

SNIPPETS = (
    *(
        b"<",
        b">",
        b"&",
        b'"',
        b"'",
        b"/",
        b"=",
        b":",
        b" ",
        b"\n",
        b"\0",
        b"\x1f",
        b"\x7f",
        b"\x80",
        b"\xff",
        b"]]>",
        b"--",
    ),
    *(
        b"&lt;",
        b"&#0;",
        b"&#x1F600;",
        b"&#xD800;",
        b"&nbsp;",
        b"&#65;",
        b"&amp",
        b"<!-- x -->",
        b"<!-- -- -->",
        b"<?x?>",
    ),
    *(
        b"<?xml version='1.0'?>",
        b"<![CDATA[x]]>",
        b"<![CDATA[]]>",
        b"<![CDATA[",
        b"<a/>",
        b"</a>",
        b"<a>",
        b"<a",
        b"/>",
    ),
    *(b" x='1'", b" x='1' x='2'", b" xmlns=''", b" xmlns:z=''", b" xmlns:z='u'", b" xml:lang='en'", b" xmlns:xml='u'"),
    *(
        b"<!DOCTYPE epp>",
        b"\xc3\xa9",
        b"\xef\xbf\xbe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc0\x80",
    ),
    *(b"<:a/>", b"<a:/>", b"<z:a/>", b"<1/>", b"\r\n", b"\r", b"\t", b"text"),
)


def change_octets(document: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Return the name of a change, and the changed document."""
    if not document:
        return "nothing", document
    at = rng.randrange(len(document))
    match rng.choice(["insert", "insert", "markup", "delete", "replace", "cut", "double", "exchange", "tail", "head"]):
        case "insert":
            return "insert octets", document[:at] + rng.choice(SNIPPETS) + document[at:]
        case "markup":
            places = [place for place, octet in enumerate(document) if octet in b"<>\"'=&;/:"]
            at = rng.choice(places or [0])
            return "insert at markup", document[:at] + rng.choice(SNIPPETS) + document[at + rng.choice([0, 1]) :]
        case "delete":
            return "delete octets", document[:at] + document[at + rng.choice([1, 1, 2, 10]) :]
        case "replace":
            return "replace octet", document[:at] + bytes([rng.randrange(256)]) + document[at + 1 :]
        case "cut":
            return "cut", document[:at]
        case "double":
            end = min(len(document), at + rng.choice([1, 5, 50]))
            return "double octets", document[:end] + document[at:end] + document[end:]
        case "exchange":
            other = rng.randrange(len(document))
            low, high = sorted((at, other))
            return "exchange", document[:low] + document[high:] + document[low:high]
        case "tail":
            return "tail", document + rng.choice(SNIPPETS)
        case _:
            return "head", rng.choice(SNIPPETS) + document


DECLARATIONS = (
    *("", "", "", "", '<?xml version="1.0"?>', "<?xml version='1.0' encoding='UTF-8'?>\n"),
    *(
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
        '<?xml version="1.0" encoding="utf-8" standalone="yes" ?>',
    ),
    *("<?xml version = '1.1'?>", '<?xml version="1.0" standalone="no"?>\r\n'),
)
ODD_DECLARATIONS = (
    *(
        '<?xml version="2.0"?>',
        "<?xml?>",
        '<?xml encoding="UTF-8"?>',
        '<?xml version="1.0" encoding="UTF-16"?>',
        "<?xml version=1.0?>",
    ),
    *('<?xml version="1.0" standalone="maybe"?>', '<?xml version="1.0" encoding="no-such"?>', ' <?xml version="1.0"?>'),
    *('<?xml version="1.0" encoding="ISO-8859-1"?>', '<?xml version="1.0"encoding="UTF-8"?>', '<?xml version="1.0"?'),
    *('<?xml version="1.0" standalone="no" encoding="UTF-8"?>', '<!-- --><?xml version="1.0"?>', "<!DOCTYPE epp>"),
    *('<?XML version="1.0"?>', '<?xml version="1.0" ?><?xml version="1.0" ?>', "<!DOCTYPE epp [<!ENTITY e 'x'>]>"),
)


def encode(text: str, rng: random.Random) -> tuple[str, bytes]:
    """Write a document in some encoding, with or without a declaration; mostly in a good way."""
    choice = rng.random()
    if choice < 0.75:
        return "UTF-8", (
            rng.choice(DECLARATIONS) + text + rng.choice(["", "", "\n", "\r\n", "<!-- end -->", "\n<?end?>"])
        ).encode()
    if choice < 0.80:
        return "UTF-8 marked", b"\xef\xbb\xbf" + (rng.choice(DECLARATIONS) + text).encode()
    if choice < 0.86:
        order, mark = rng.choice([("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
        declaration = rng.choice(["", '<?xml version="1.0" encoding="UTF-16"?>', '<?xml version="1.0"?>'])
        return "UTF-16", mark + (declaration + text).encode(order)
    if choice < 0.90:
        declaration = rng.choice(["US-ASCII", "us-ascii", "ASCII"])
        return "US-ASCII", f'<?xml version="1.0" encoding="{declaration}"?>{text}'.encode(errors="xmlcharrefreplace")
    if choice < 0.93:
        return "ASCII, references", text.encode("ascii", "xmlcharrefreplace")
    return "odd declaration", (rng.choice(ODD_DECLARATIONS) + text).encode()
