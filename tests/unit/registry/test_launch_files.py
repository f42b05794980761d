"""Lists of a clearinghouse and claims notices (RFC 9361), and files that change while the registry runs."""

import datetime as dt
import os
import zlib

import pytest

from regwire.errors import ConfigError
from regwire.registry.launch import notice_fault, read_codes, read_labels, read_revoked, refresh, watched

UTC = dt.UTC
ENDS = dt.datetime(2010, 8, 16, 9, tzinfo=UTC)
NOW = ENDS - dt.timedelta(days=1)
WITHIN = dt.timedelta(hours=48)
#: The identifier of the example in RFC 8334 section 3.3.2 and RFC 9361.
ID = "370d0b7c9223372036854775807"


def fault(id=ID, label="example-one", ends=ENDS, accepted=NOW - dt.timedelta(hours=1), now=NOW):
    found = notice_fault(id, label, ends, accepted, now=now, accepted_within=WITHIN)
    return None if found is None else found[0]


def test_rfc_9361_section_5_3_1_the_example():
    assert fault() is None
    assert fault(label="EXAMPLE-ONE") is None
    assert fault(id=ID.upper()) is None


@pytest.mark.parametrize(
    ("changed", "element"),
    [
        ({"label": "example-two"}, "launch:noticeID"),
        ({"ends": ENDS + dt.timedelta(seconds=1)}, "launch:noticeID"),
        ({"id": "470d0b7c9223372036854775807"}, "launch:noticeID"),
        ({"id": "370d0b7c9223372036854775806"}, "launch:noticeID"),
        ({"id": ""}, "launch:noticeID"),
        ({"id": "370d0b7c"}, "launch:noticeID"),
        ({"id": "x70d0b7c9223372036854775807"}, "launch:noticeID"),
        ({"id": ID + "0"}, "launch:noticeID"),
        ({"id": "370d0b7c٩223372036854775807"}, "launch:noticeID"),
        ({"now": ENDS}, "launch:notAfter"),
        ({"accepted": NOW - WITHIN - dt.timedelta(seconds=1)}, "launch:acceptedDate"),
        ({"accepted": NOW - dt.timedelta(days=367)}, "launch:acceptedDate"),
        ({"accepted": NOW + dt.timedelta(hours=1)}, "launch:acceptedDate"),
    ],
    ids=str,
)
def test_a_notice_that_does_not_count(changed, element):
    assert fault(**changed) == element


@pytest.mark.parametrize("number", ["0", "9223372036854775808"])
def test_a_number_that_no_notice_has(number):
    checksum = zlib.crc32(f"example-one{int(ENDS.timestamp())}{number}".encode())
    assert fault(id=f"{checksum:08x}{number}") == "launch:noticeID"


@pytest.mark.parametrize("accepted", [NOW - WITHIN, NOW, NOW + dt.timedelta(minutes=5)], ids=str)
def test_a_notice_that_was_just_accepted_in_time(accepted):
    assert fault(accepted=accepted) is None


def written(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_label_lists(tmp_path):
    names = written(tmp_path / "dnl.csv", "1,x", "DNL,lookup-key,insertion-datetime", "Test,2013/1,d", "", "other,k,d")
    assert read_labels(names) == {"test": "2013/1", "other": "k"}
    sunrise = written(tmp_path / "surl.csv", "1,x", "DNL,insertion-datetime", "Test,d", "other,d")
    assert read_labels(sunrise) == {"test": "", "other": ""}
    revoked = written(tmp_path / "smdrl.csv", "1,x", "smd-id,insertion-datetime", "0000001-65535,d")
    assert read_revoked(revoked) == {"0000001-65535"}
    codes = written(tmp_path / "codes.csv", "code,label", "A1,Test", "A1,other", "B2,more")
    assert read_codes(codes) == {"A1": {"test", "other"}, "B2": {"more"}}


@pytest.mark.parametrize("read", [read_labels, read_revoked, read_codes])
@pytest.mark.parametrize("lines", [[""], ["1,x"], ["2,x", "DNL,lookup-key", "a,b"], ["1,x", "else"], ["\0"]], ids=str)
def test_what_is_no_list(tmp_path, read, lines):
    with pytest.raises(ConfigError, match="is no such list"):
        read(written(tmp_path / "list.csv", *lines))


def test_a_line_without_key_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"list\.csv:4"):
        read_labels(written(tmp_path / "list.csv", "1,x", "DNL,lookup-key", "a,b", "c"))


@pytest.mark.parametrize("read", [read_labels, read_revoked, read_codes])
def test_a_file_that_cannot_be_read(tmp_path, read):
    (tmp_path / "list.csv").write_bytes(b"\xff\xfe\xff")
    for name in ("missing.csv", "list.csv"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read(tmp_path / name)


def told(caplog, path):
    messages = [record.getMessage() for record in caplog.records]
    return len([text for text in messages if str(path) in text and "what was read before holds" in text])


def test_a_file_is_read_again_when_it_changes(tmp_path, caplog):
    path = written(tmp_path / "dnl.csv", "1,x", "DNL,lookup-key", "a,1")
    found = watched(path, read_labels)
    assert watched(path, read_labels) is found
    assert found.value == {"a": "1"}
    before = found.value
    refresh()
    assert found.value is before
    written(path, "1,x", "DNL,lookup-key", "a,1", "b,2")
    assert found.value is before
    refresh()
    assert found.value == {"a": "1", "b": "2"}
    written(path, "nonsense")
    refresh()
    assert found.value == {"a": "1", "b": "2"}
    for _ in range(2):
        refresh()
    assert told(caplog, path) == 1, "one change is told once"
    path.unlink()
    for _ in range(2):
        refresh()
    assert told(caplog, path) == 2
    assert found.value == {"a": "1", "b": "2"}
    other = written(tmp_path / "new.csv", "1,x", "DNL,lookup-key", "c,3")
    os.replace(other, path)
    refresh()
    assert found.value == {"c": "3"}
