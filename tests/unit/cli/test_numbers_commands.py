"""``regwire numbers`` on a registry in a folder."""

import gzip
import json

import pytest
from typer.testing import CliRunner

from regwire.cli.app import app
from regwire.cli.init import create_registry
from regwire.errors import ConfigError, OperatorRefused
from regwire.registry.store.base import StoreError

FILE = """\
# what a registry publishes
2|ripencc|1706742000|6|19920101|20240131|+0100
ripencc|*|ipv4|*|3|summary
ripencc|*|asn|*|1|summary
ripencc|*|ipv6|*|2|summary
ripencc|NL|ipv4|192.0.2.0|256|20010203|assigned|holder-1
ripencc|DE|ipv4|198.51.100.0|768|20010203|allocated|holder-2|e-stats
ripencc||ipv4|203.0.113.0|256||available|
ripencc|NL|ipv6|2001:db8::|32|20010203|allocated|holder-1
ripencc|ZZ|ipv6|3fff::|20|00000000|reserved
ripencc|NL|asn|64496|16|20010203|allocated|holder-1
"""


class Room:
    """Gives commands to the registry in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *arguments):
        return json.loads(self.table(*arguments, "--json"))

    def table(self, *arguments):
        result = CliRunner().invoke(app, [*arguments, "--dir", str(self.folder)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def room(tmp_path):
    create_registry(tmp_path / "registry")
    return Room(tmp_path / "registry")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "delegated-ripencc-extended-latest"
    path.write_text(FILE)
    return path


def test_a_file_is_imported_and_the_same_again_changes_nothing(room, file):
    first = room.run("numbers", "import", str(file))
    assert first == {
        "registry": "ripencc",
        "date": "2024-01-31",
        "added": 6,
        "changed": 0,
        "unchanged": 0,
        "removed": 0,
        "taken_over": 0,
        "kept": 0,
    }
    again = room.run("numbers", "import", str(file))
    assert (again["added"], again["unchanged"]) == (0, 6)
    rows = room.run("numbers", "list")
    assert [(row["type"], row["range"], row["handle"], row["status"]) for row in rows] == [
        ("ipv4", "192.0.2.0/24", "NET-192-0-2-0-24", "assigned"),
        ("ipv4", "198.51.100.0-198.51.102.255", "NET-198-51-100-0-198-51-102-255", "allocated"),
        ("ipv4", "203.0.113.0/24", "NET-203-0-113-0-24", "available"),
        ("ipv6", "2001:db8::/32", "NET6-2001-DB8-32", "allocated"),
        ("ipv6", "3fff::/20", "NET6-3FFF-20", "reserved"),
        ("as", "AS64496-AS64511", "AS64496-AS64511", "allocated"),
    ]
    assert [row["country"] for row in rows] == ["NL", "DE", "", "NL", "", "NL"]
    assert rows[0]["registered"] == "2001-02-03T00:00:00Z"
    assert rows[2]["registered"] is None
    assert [row["handle"] for row in room.run("numbers", "organisation", "list")] == ["holder-1", "holder-2", "ripencc"]
    (source,) = room.run("numbers", "sources")
    assert (source["registry"], source["date"], source["serial"], source["resources"]) == (
        *("ripencc", "2024-01-31", "1706742000"),
        6,
    )
    commands = [row["command"] for row in room.run("audit")]
    assert commands.count("operator ImportNumbers") == 2


def test_a_packed_file_and_one_without_holders(room, tmp_path):
    path = tmp_path / "delegated-apnic-latest.gz"
    path.write_bytes(
        gzip.compress(b"2|apnic|20240131|1|19700101|20240131|+1000\napnic|JP|asn|64500|1|20020801|assigned\n")
    )
    assert room.run("numbers", "import", str(path))["added"] == 1
    assert room.run("numbers", "show", "AS64500")["organisation"] == ""


def test_what_an_address_is_in(room, file):
    room.run("numbers", "import", str(file))
    room.run("numbers", "organisation", "add", "MY-ORG", "--name", "Mine", "--country", "nl", "--phone", "+31.2x9")
    room.run(
        "numbers", "contact", "add", "ME", "--name", "Ada", "--email", "ada@mail.example", "--organisation", "MY-ORG"
    )
    added = room.run(
        *("numbers", "add", "192.0.2.128/25", "--name", "lab", "--organisation", "MY-ORG", "--contact", "tech=ME"),
        *("--name-server", "ns1.example", "--registry", "ripencc"),
    )
    assert (added["handle"], added["contacts"]) == ("NET-192-0-2-128-25", [{"role": "tech", "contact": "ME"}])
    shown = room.run("numbers", "show", "192.0.2.200")
    assert (shown["handle"], shown["parent"], shown["organisation_name"]) == (
        *("NET-192-0-2-128-25", "NET-192-0-2-0-24"),
        "Mine",
    )
    assert room.run("numbers", "show", "192.0.2.1")["handle"] == "NET-192-0-2-0-24"
    assert room.run("numbers", "show", "192.0.2.0/24")["parent"] is None
    assert room.run("numbers", "show", "198.51.101.0-198.51.102.3")["status"] == "allocated"
    assert room.run("numbers", "show", "AS64500")["handle"] == "AS64496-AS64511"
    assert room.run("numbers", "show", "net6-2001-db8-32")["range"] == "2001:db8::/32"
    inside = room.run("numbers", "list", "--within", "192.0.2.0/24")
    assert [row["range"] for row in inside] == ["192.0.2.0/24", "192.0.2.128/25"]
    assert [row["range"] for row in room.run("numbers", "list", "--source", "own")] == ["192.0.2.128/25"]
    held = room.run("numbers", "list", "--organisation", "HOLDER-1", "--type", "as")
    assert [row["range"] for row in held] == ["AS64496-AS64511"]
    assert [row["range"] for row in room.run("numbers", "list", "--status", "available")] == ["203.0.113.0/24"]
    assert "192.0.2.128/25" in room.table("numbers", "list")

    # What is one's own stays, whatever a file says.
    assert room.run("numbers", "import", str(file))["removed"] == 0
    assert room.run("numbers", "show", "192.0.2.200")["name"] == "lab"
    for arguments, text in (
        (("numbers", "show", "10.0.0.1"), "10.0.0.1 is in no network or range of this registry"),
        (("numbers", "show", "nothing"), "there is no handle nothing, and it is no range"),
        (("numbers", "delete", "nothing", "--yes"), "there is no nothing"),
        (("numbers", "add", "192.0.2.128/25"), "is there already; nothing was changed"),
        (("numbers", "add", "10.0.0.0/8", "--organisation", "NOBODY"), "no organisation NOBODY"),
        (("numbers", "add", "10.0.0.0/8", "--contact", "tech=NOBODY"), "no contact NOBODY"),
        (("numbers", "add", "10.0.0.0/8", "--parent", "NET-192-0-2-0-24"), "no NET-192-0-2-0-24 of the same range"),
        (("numbers", "organisation", "delete", "MY-ORG", "--yes"), "MY-ORG is used by NET-192-0-2-128-25"),
        (("numbers", "contact", "delete", "ME", "--yes"), "ME is used by net-192-0-2-128-25"),
        (("numbers", "contact", "show", "NOBODY"), "there is no contact NOBODY"),
    ):
        with pytest.raises(OperatorRefused, match=text.replace(";", ".")):
            room.table(*arguments)
    for arguments, text in (
        (("numbers", "add", "10.0.0.1/8"), "has host bits set"),
        (("numbers", "add", "AS70000-AS1"), "begins after it ends"),
        (("numbers", "add", "AS4294967296"), "no autonomous system number"),
        (("numbers", "add", "10.0.0.0/8", "--contact", "boss=ME"), "roles: admin, tech, noc, abuse, other"),
        (("numbers", "list", "--type", "ipv5"), "ipv4, ipv6 and as are known"),
    ):
        with pytest.raises(ConfigError, match=text):
            room.run(*arguments)
    room.run("numbers", "add", "192.0.2.128/25", "--replace", "--name", "other")
    room.table("numbers", "delete", "NET-192-0-2-128-25", "--yes")
    room.table("numbers", "contact", "delete", "ME", "--yes")
    room.table("numbers", "organisation", "delete", "MY-ORG", "--yes")
    assert room.run("numbers", "show", "192.0.2.200")["handle"] == "NET-192-0-2-0-24"


@pytest.mark.parametrize(
    ("change", "where", "problem"),
    [
        (("2|ripencc|", "3|ripencc|"), ":2", "no version line"),
        (("20240131|+0100", "20241331|+0100"), ":2", "is no date"),
        (("|ipv4|192.0.2.0|", "|ipv5|192.0.2.0|"), ":6", "of type 'ipv5'"),
        (("192.0.2.0|256", "192.0.2.256|256"), ":6", "no ipv4 address"),
        (("192.0.2.0|256", "192.0.2.0|many"), ":6", "'many', no number"),
        (("192.0.2.0|256", "192.0.2.0|0"), ":6", "more than there is"),
        (("192.0.2.0|256", "255.255.255.0|257"), ":6", "more than there is"),
        (("|256|20010203|assigned", "|256|20010203|taken"), ":6", "the status 'taken'"),
        (("|256|20010203|assigned", "|256|2001023|assigned"), ":6", "'2001023' is no date"),
        (("2001:db8::|32", "2001:db8:1::|32"), ":9", "2001:db8:1::/32 is no prefix"),
        (("asn|64496|16", "asn|4294967290|16"), ":11", "more than there is"),
        (("203.0.113.0|256", "192.0.2.0|256"), ":8", "says again what line 6 says"),
        (("NL|ipv4|192.0.2.0|256|20010203|assigned|holder-1", "NL|ipv4|192.0.2.0"), ":6", "has 4 fields"),
        (("ipv4|*|3|", "ipv4|*|4|"), "", "has 3 records of ipv4, but says that it has 4"),
        (("1706742000|6|", "1706742000|7|"), "", "has 6 records, but says that it has 7"),
    ],
)
def test_errors_name_the_line_and_the_cure(room, file, change, where, problem):
    before, after = change
    assert before in FILE
    file.write_text(FILE.replace(before, after, 1))
    with pytest.raises(ConfigError) as refused:
        room.run("numbers", "import", str(file))
    assert refused.value.where == f"{file}{where}"
    assert problem in str(refused.value)
    assert refused.value.cure
    assert room.run("numbers", "list") == []


def test_a_file_that_is_cut_off_or_old_needs_a_word(room, file):
    room.run("numbers", "import", str(file))
    file.write_text(FILE.rpartition("ripencc|NL|asn")[0].replace("20240131", "20240130"))
    with pytest.raises(ConfigError, match="give --ignore-counts"):
        room.run("numbers", "import", str(file))
    with pytest.raises(StoreError, match="give --older"):
        room.run("numbers", "import", str(file), "--ignore-counts")
    assert room.run("numbers", "import", str(file), "--ignore-counts", "--older")["removed"] == 1


def test_what_is_no_text_or_is_not_there(room, file):
    for octets in (b"", b"\xff\xfe2|", b"2|" + b"x" * 5000):
        file.write_bytes(octets)
        with pytest.raises(ConfigError):
            room.run("numbers", "import", str(file))
    file.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        room.run("numbers", "import", str(file))
    assert json.dumps(room.run("numbers", "sources")) == "[]"


def test_resources_and_parties_have_histories(room, file):
    """Who, when and what, as domains have; the audit alone said only that something was done."""
    room.run("numbers", "organisation", "add", "ORG-1", "--name", "Example Networks")
    room.run("numbers", "add", "192.0.2.0/24", "--handle", "NET-1", "--organisation", "ORG-1")
    room.run("numbers", "add", "192.0.2.0/24", "--handle", "net-1", "--status", "reserved", "--replace")
    room.table("numbers", "delete", "NET-1", "--yes")
    rows = room.run("numbers", "history", "Net-1")
    assert [(row["operation"], row["key"], row["account"]) for row in rows] == [
        ("ChangeNumbers", "NET-1", "-"),
        ("ChangeNumbers", "net-1", "-"),
        ("ChangeNumbers", "NET-1", "-"),
    ]
    made, changed, gone = (row["detail"] for row in rows)
    assert (made["range"], made["organisation"], made["status"]) == ("192.0.2.0/24", "ORG-1", "assigned")
    assert changed["status"] == "reserved"
    assert gone is None
    assert len({row["transaction"] for row in rows}) == 3
    (noted,) = room.run("audit", "--transaction", rows[0]["transaction"])
    assert noted["command"] == "operator ChangeNumbers"
    (organisation,) = room.run("numbers", "organisation", "history", "org-1")
    assert organisation["detail"]["name"] == "Example Networks"
    assert room.run("history", "organisation", "ORG-1") == [organisation]


def test_an_import_leaves_history_of_what_it_changed(room, file):
    room.run("numbers", "import", str(file))
    room.run("numbers", "import", str(file))
    handle = "NET-192-0-2-0-24"
    (row,) = room.run("numbers", "history", handle)
    assert (row["operation"], row["detail"]["source"]) == ("ImportNumbers", "ripencc")
    newer = FILE.replace("20240131", "20240201").replace(
        "ripencc|NL|ipv4|192.0.2.0|256|20010203|assigned|holder-1\n", ""
    )
    file.write_text(newer.replace("|ipv4|*|3|", "|ipv4|*|2|").replace("1706742000|6|", "1706828400|5|"))
    room.run("numbers", "import", str(file))
    assert [row["detail"] is None for row in room.run("numbers", "history", handle)] == [False, True]
    assert len(room.run("numbers", "history", "NET6-2001-DB8-32")) == 1


def test_what_was_never_there_has_no_history(room):
    with pytest.raises(OperatorRefused, match="no NET-9 was ever here"):
        room.run("numbers", "history", "NET-9")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "192.0.2.0/24", "--name", "two\nlines"], "name 'two\\\\nlines' has a line break"),
        (["add", "192.0.2.0/24", "--handle", "NET\t1"], "handle .* has a line break or control character"),
        (["add", "192.0.2.0/24", "--name-server", "ns.example\r"], "name_servers .* has a line break"),
        (["organisation", "add", "ORG-1", "--street", "1 Way\u2028Town"], "street .* has a line break"),
        (["organisation", "add", "ORG  1"], "handle 'ORG  1' has spaces"),
        (["contact", "add", "C-1", "--email", " a@example"], "emails .* has spaces at an end"),
    ],
)
def test_texts_that_no_answer_could_show_are_refused_in_one_line(room, arguments, says):
    """A line break in a name was kept, and every answer with it failed."""
    with pytest.raises(OperatorRefused, match=says) as refused:
        room.run("numbers", *arguments)
    assert "\n" not in str(refused.value)
    assert refused.value.cure
