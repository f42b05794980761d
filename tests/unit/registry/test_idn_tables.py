"""IDN tables: rulesets of RFC 7940, the older line forms, and which labels exclude each other."""

# ruff: noqa: RUF001  (letters of several scripts are the subject)
from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regwire.errors import ConfigError
from regwire.registry.idn import Collisions, ZoneTables, load_table, packaged_tables, to_unicode
from regwire.registry.idn.lgr import NAMESPACE, read_lgr
from regwire.registry.idn.lines import read_lines
from regwire.registry.idn.match import At, anything, choice, in_order, literal, matches, repeated

HERE = Path("table.xml")
AB = '<range first-cp="0061" last-cp="007A"/>'


def lgr(data: str, rules: str = "", meta: str = ""):
    text = f'<lgr xmlns="{NAMESPACE}"><meta>{meta}</meta><data>\n{data}\n</data><rules>\n{rules}\n</rules></lgr>'
    return read_lgr(text.encode(), HERE)


def accepts(table, *labels: str) -> list[bool]:
    return [table.fault(label) is None for label in labels]


def problem(data: str, rules: str = "", meta: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        lgr(data, rules, meta)
    assert caught.value.cure, "an error without a cure"
    return str(caught.value)


# --- repertoire (RFC 7940 sections 5 and 8.1)


def test_rfc7940_5_repertoire_of_characters_and_ranges():
    table = lgr('<range first-cp="0061" last-cp="0063"/><char cp="00E9"/>')
    assert accepts(table, "abc", "é", "abcd", "") == [True, True, False, True]
    assert table.fault("abd") == "U+0064 not in the table"


def test_rfc7940_5_1_a_sequence_allows_its_parts_only_together():
    table = lgr(AB + '<char cp="006C 00B7 006C"/>')
    assert accepts(table, "col·lega", "co·lega", "col·ega", "l·l·l") == [True, False, False, False]


def test_rfc7940_5_2_when_and_not_when_are_asked_at_each_place():
    rules = """<class name="vowel">0061 0065</class>
      <rule name="after-vowel"><look-behind><class by-ref="vowel"/></look-behind><anchor/></rule>
      <rule name="at-the-end"><anchor/><end/></rule>"""
    table = lgr(
        '<char cp="0061"/><char cp="0062"/><char cp="00E9" when="after-vowel"/><char cp="002D" not-when="at-the-end"/>',
        rules,
    )
    assert accepts(table, "aé", "bé", "aébé", "a-b", "ab-") == [True, False, False, True, False]
    assert table.fault("bé") == "U+00E9 not allowed there"


def test_rfc7940_6_3_9_mixed_digits_make_a_label_invalid():
    table = lgr(
        '<range first-cp="0660" last-cp="0669" not-when="mixed" tag="arabic"/>'
        '<range first-cp="06F0" last-cp="06F9" not-when="mixed" tag="extended"/>',
        """<rule name="mixed"><choice>
          <rule><class from-tag="arabic"/><any count="0+"/><class from-tag="extended"/></rule>
          <rule><class from-tag="extended"/><any count="0+"/><class from-tag="arabic"/></rule>
        </choice></rule>""",
    )
    assert accepts(table, "٠١", "۰۱", "٠۱", "۱٠") == [True, True, False, False]


def test_rfc7940_6_4_2_look_behind_may_be_of_any_length():
    table = lgr(
        '<char cp="0061"/><char cp="0062"/><char cp="0063" when="initial"/>',
        """<rule name="initial"><look-behind>
             <choice><start/><rule><class>0061</class><class count="0+">0062</class></rule></choice>
           </look-behind><anchor/><look-ahead><any/></look-ahead></rule>""",
    )
    assert accepts(table, "cb", "abbbcb", "bcb", "c") == [True, True, False, False]


def test_rfc7940_6_4_3_a_context_without_anchor_looks_at_the_whole_label():
    table = lgr(
        '<char cp="30FB" when="japanese"/><range first-cp="30A2" last-cp="30AA"/><char cp="0061"/>',
        '<rule name="japanese"><union><class property="sc:Kana"/><class property="sc:Hira"/></union></rule>',
        meta="<unicode-version>6.3.0</unicode-version>",
    )
    assert accepts(table, "a・ア", "a・a") == [True, False]


def test_rfc7940_6_2_5_set_operators():
    rules = """<class name="low">0061-0064</class><class name="odd">0061 0063 0065</class>
      <{0}><class by-ref="low"/><class by-ref="odd"/></{0}>"""
    left = {"union": "abcde", "intersection": "ac", "difference": "bd", "symmetric-difference": "bde"}
    for operator, expected in left.items():
        rule = f'<rule name="r">{rules.format(operator).split("</class>", 2)[2]}</rule>'
        table = lgr(AB, rules.split("<{0}>", maxsplit=1)[0] + rule + '<action disp="invalid" not-match="r"/>')
        assert [x for x in "abcde" if table.fault(x) is None] == list(expected), operator
    table = lgr(
        '<range first-cp="0061" last-cp="0063"/>',
        '<rule name="r"><complement><class>0061</class></complement></rule><action disp="invalid" match="r"/>',
    )
    assert accepts(table, "a", "b", "ab") == [True, False, False]


@pytest.mark.parametrize(
    ("property", "inside", "outside"),
    [("gc:Nd", "1", "a"), ("gc:L", "a", "1"), ("ccc:9", "\u094d", "a"), ("bc:R", "א", "a"), ("jt:D", "ب", "ا")],
)
def test_rfc7940_6_2_3_properties(property, inside, outside):
    chars = "".join(f'<char cp="{ord(c):04X}"/>' for c in (inside, outside))
    rule = f'<rule name="r"><class property="{property}"/></rule><action disp="invalid" not-match="r"/>'
    table = lgr(chars, rule, meta="<unicode-version>6.3.0</unicode-version>")
    assert accepts(table, inside, outside) == [True, False]


@pytest.mark.parametrize(
    ("count", "lengths"), [("2", {2}), ("1+", {1, 2, 3, 4}), ("0+", {0, 1, 2, 3, 4}), ("1:3", {1, 2, 3})]
)
def test_rfc7940_6_3_3_count(count, lengths):
    rule = f'<rule name="r"><start/><char cp="0061" count="{count}"/><end/></rule>'
    table = lgr(AB, rule + '<action disp="invalid" not-match="r"/>')
    assert {n for n in range(5) if table.fault("a" * n) is None} == lengths


def test_matching_does_not_backtrack():
    part = repeated(repeated(repeated(literal((97,)), 0, None), 0, None), 0, None)
    assert not matches(in_order([part, literal((98,))]), At((97,) * 63))
    assert matches(in_order([choice([part, anything]), literal((98,))]), At((97,) * 62 + (98,)))


# --- variants and dispositions (RFC 7940 sections 5.3, 7 and 8)


def test_rfc7940_7_2_1_types_and_only_variants():
    """The example of that section, x and y."""
    table = lgr(
        '<char cp="0078"><var cp="0078" type="allocatable"/><var cp="0079" type="blocked"/></char>'
        '<char cp="0079"><var cp="0078" type="allocatable"/></char>',
        """<action disp="blocked" any-variant="blocked"/><action disp="allocatable" only-variants="allocatable"/>
           <action disp="some-disp" any-variant="allocatable"/>""",
    )
    assert table.variants("xx") == {"xy": "blocked", "yx": "blocked", "yy": "blocked"}
    assert table.variants("yy") == {"xy": "some-disp", "yx": "some-disp", "xx": "allocatable"}


def test_rfc7940_7_6_default_actions():
    table = lgr(
        '<char cp="0061"><var cp="0062" type="blocked"/><var cp="0063" type="allocatable"/>'
        '<var cp="0064" type="activated"/><var cp="0065"/><var cp="0066" type="invalid"/></char>'
        '<range first-cp="0062" last-cp="0066"/>'
    )
    assert table.variants("a") == {"b": "blocked", "c": "allocatable", "d": "activated", "e": "valid"}
    assert table.variants("aa")["cd"] == "allocatable"
    assert table.variants("aa")["bd"] == "blocked"


def test_rfc7940_7_2_1_out_of_repertoire_letters_collide_but_cannot_be_registered():
    table = lgr(
        '<char cp="0570"><var cp="0068" type="blocked"/></char><char cp="0561"/>'
        '<char cp="0068"><var cp="0068" type="out"/><var cp="0570" type="blocked"/></char>',
        '<action disp="invalid" any-variant="out"/>',
    )
    assert accepts(table, "հա", "h") == [True, False]
    assert Collisions([table]).disposition("հ", "h", table) == "blocked"


def test_rfc7940_5_3_5_conditional_variants():
    table = lgr(
        '<char cp="0647"><var cp="0629" not-when="final" type="blocked"/>'
        '<var cp="0629" when="final" type="allocatable"/></char><char cp="0629"/><char cp="0628"/>',
        '<rule name="final"><anchor/><end/></rule>',
    )
    assert table.variants("به") == {"بة": "allocatable"}
    assert table.variants("هب") == {"ةب": "blocked"}
    relation = Collisions([table])
    assert relation.disposition("به", "بة", table) == "allocatable"
    assert relation.disposition("هب", "ةب", table) == "blocked"


def test_conditional_mappings_do_not_block_where_they_are_not_defined():
    table = lgr(
        '<char cp="0061"><var cp="0062" type="blocked" when="first"/></char><char cp="0062"/>',
        '<rule name="first"><start/><anchor/></rule>',
    )
    relation = Collisions([table])
    assert relation.key("aa") == relation.key("ab")
    assert relation.disposition("aa", "ba", table) == "blocked"
    assert relation.disposition("aa", "ab", table) is None


def test_rfc7940_5_3_3_null_variants():
    table = lgr(AB + '<char cp="200C"><var cp="" type="blocked"/></char>')
    assert table.variants("a\u200cb") == {"ab": "blocked"}
    relation = Collisions([table])
    assert relation.key("ab") == relation.key("a\u200cb")
    assert relation.disposition("ab", "a\u200cb", table) == "blocked"
    assert relation.disposition("ab", "ac", table) is None


def test_rfc7940_8_5_labels_of_different_scripts_exclude_each_other_in_one_zone():
    latin, cyrillic = load_table("latin", Path()), load_table("cyrillic", Path())
    relation = Collisions([latin, cyrillic])
    assert relation.key("сор") == relation.key("cop")
    assert relation.disposition("cop", "сор", latin) == "blocked"
    assert relation.disposition("сор", "cop", cyrillic) == "blocked"
    assert relation.key("сорт") != relation.key("copt")


def test_variants_are_looked_for_up_to_a_limit_only():
    table = lgr('<char cp="0061"><var cp="0062" type="blocked"/></char><char cp="0062"/>')
    assert len(table.variants("a" * 60, limit=50)) <= 50


LETTERS = "abcx"
TABLES = st.lists(
    st.tuples(
        st.text(LETTERS, min_size=1, max_size=2),
        st.text(LETTERS, max_size=2),
        st.sampled_from(["blocked", "allocatable"]),
    ),
    max_size=5,
)


def naive_variants(label: str, pairs: set[tuple[str, str]]) -> set[str]:
    """Every label that one permutation makes of ``label``, by trying all partitions."""
    if not label:
        return {""} | {b for a, b in pairs if not a}
    found = {label[0] + tail for tail in naive_variants(label[1:], pairs)}
    for a, b in pairs:
        if a and label.startswith(a):
            found |= {b + tail for tail in naive_variants(label[len(a) :], pairs)}
    return found


# The naive way takes as long as it takes; a busy machine is no fault.
@settings(deadline=None)
@given(TABLES)
def test_collisions_are_those_of_the_naive_permutation(mappings):
    """Against all partitions and permutations of the transitive and symmetric mappings (no mapping from nothing)."""
    entries: dict[str, dict[str, str]] = {letter: {} for letter in LETTERS}
    for source, target, kind in mappings:
        if target and source != target:
            entries.setdefault(source, {}).setdefault(target, kind)
    data = "".join(
        f'<char cp="{codes(source)}">'
        + "".join(f'<var cp="{codes(t)}" type="{k}"/>' for t, k in variants.items())
        + "</char>"
        for source, variants in entries.items()
    )
    table = lgr(data)
    pairs = closure({(a, b) for a, variants in entries.items() for b in variants})
    relation = Collisions([table])
    labels = ["".join(x) for n in (1, 2, 3) for x in product(LETTERS, repeat=n)]
    for old in labels[:40:3]:
        expected = naive_variants(old, pairs)
        for new in labels:
            if new == old:
                continue
            related = new in expected
            assert (relation.disposition(old, new, table) is not None) == related, (old, new, mappings)
            if related:
                assert relation.key(old) is not None
                assert relation.key(old) == relation.key(new), (old, new)


def char(source: str, variants: dict[str, str]) -> str:
    inner = "".join(f'<var cp="{codes(target)}" type="{kind}"/>' for target, kind in variants.items())
    return f'<char cp="{codes(source)}">{inner}</char>'


def codes(text: str) -> str:
    return " ".join(f"{ord(c):04X}" for c in text)


def closure(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    pairs = pairs | {(b, a) for a, b in pairs}
    while True:
        more = {(a, d) for a, b in pairs for c, d in pairs if b == c and a != d} - pairs
        if not more:
            return pairs
        pairs |= more


# --- errors


@pytest.mark.parametrize(
    ("data", "rules", "expected"),
    [
        ('<char cp="0061"/>\n<char cp="0061"/>', "", "table.xml:3: <char> defines U+0061 again"),
        ('<char cp="zz"/>', "", 'table.xml:2: <char> cp="zz" is no code point'),
        ('<char cp="0061" when="x"/>', "", "table.xml:2: <char> names the rule x"),
        ('<char cp="0061" when="x" not-when="x"/>', "", "both when and not-when"),
        ('<char cp="0061 0062" tag="t"/>', "", "a sequence with a tag"),
        ('<range first-cp="0062" last-cp="0061"/>', "", "ends before it begins"),
        ('<char cp=""><var cp="200C"/></char>', "", "maps nothing to something"),
        ('<char cp="0061"><var cp="0062"/><var cp="0062"/></char>', "", "maps to U+0062 again"),
        (AB, '<rule name="r"><class by-ref="late"/></rule>', "table.xml:4: <class> names the class late"),
        (AB, '<rule name="r"><start count="2"/></rule>', "<start> has a count"),
        (AB, '<rule name="r"><any count="3:1"/></rule>', 'count="3:1" is none'),
        (AB, "<rule><any/></rule>", "has no name"),
        (AB, '<rule name="r"><anchor/></rule><action disp="invalid" match="r"/>', "has an anchor"),
        (AB, '<action match="r"/>', "has no disp"),
        (AB, '<action disp="x" any-variant="a" all-variants="b"/>', "has any-variant and all-variants"),
        (AB, '<complement name="c"><class>0061</class><class>0062</class></complement>', "combines 2 classes"),
        (AB, '<class name="c" property="gc:Nd"/>', "say of which <unicode-version>"),
        (AB, '<flower name="c"/>', "is no class"),
        ("<flower/>", "", "is not known here"),
    ],
)
def test_errors_name_line_and_cure(data, rules, expected):
    assert expected in problem(data, rules)


@pytest.mark.parametrize(("wanted", "version"), [("gc:Nd", "99.0.0"), ("InSC:Vowel", "6.3.0"), ("sc:Latn", "6.3.0")])
def test_rfc7940_6_2_3_a_property_that_is_not_at_hand_is_refused(wanted, version):
    meta = f"<unicode-version>{version}</unicode-version>"
    assert "list the code points instead" in problem(AB, f'<class name="c" property="{wanted}"/>', meta)


def test_a_document_type_declaration_is_refused():
    bomb = b'<!DOCTYPE lgr [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><lgr xmlns="urn:ietf:params:xml:ns:lgr-1.0"/>'
    with pytest.raises(ConfigError, match="document type declaration"):
        read_lgr(bomb, HERE)
    with pytest.raises(ConfigError, match=r"table\.xml:2: not XML"):
        read_lgr(b"<lgr>\n<data></lgr>", HERE)
    with pytest.raises(ConfigError, match="is no ruleset"):
        read_lgr(b"<table/>", HERE)


# --- line forms


def test_rfc3743_lines():
    table = read_lines(
        "Reference 0 Unicode 3.2\nVersion 1.0 20020701 # Joe\n4E0E(1);4E0E(1);8207(2),4E0E(1)\n8207(1);4E0E(1);8207\n",
        HERE,
    )
    assert table.tag == "table"
    assert table.variants("與") == {"与": "allocatable"}
    assert table.variants("与") == {"與": "blocked"}


def test_rfc4290_lines():
    table = read_lines("# c\nU+0061\nU+0065\nU+00E6|U+0061-U+0065:U+00E4\nU+00E4\n", HERE)
    assert table.variants("æ") == {"ae": "blocked", "ä": "blocked"}


def test_plain_lists():
    table = read_lines(
        "\ufeffLanguage: et\nScript: Latin\nU+0061..U+007A\n00E4 # LATIN\nU+00F5  LATIN SMALL LETTER O WITH TILDE\n"
        "00FC;LATIN SMALL LETTER U\n0x0161 // caron\n",
        HERE,
    )
    assert table.tag == "et"
    assert accepts(table, "käõüš", "é") == [True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0061\n0061\n", "table.xml:2: U+0061 is in line 1 already"),
        ("0061\n???\n", "table.xml:2: '???' is no code"),
        ("", "table.xml:1: holds no code point"),
        ("0062..0061", "ends before it begins"),
        ("0061-0063;;0064", "a range has"),
    ],
)
def test_errors_of_lines_name_line_and_cure(text, expected):
    with pytest.raises(ConfigError) as caught:
        read_lines(text, HERE)
    assert expected in str(caught.value)
    assert caught.value.cure


# --- zones


def test_packaged_tables_load_and_their_variants_exclude_each_other():
    assert packaged_tables() == ("cyrillic", "latin")
    zone = ZoneTables([load_table(name, Path()) for name in packaged_tables()])
    assert zone.tags() == ("und-Cyrl", "und-Latn")
    table, reason = zone.accepting("münchen")
    assert table is not None
    assert (table.tag, reason) == ("und-Latn", None)
    assert zone.accepting("münchen", "und-cyrl") == (None, "U+006D not in the table")
    assert zone.accepting("münchen", "el") == (None, "no such table")
    assert load_table("latin", Path()).variants("strasse") == {"straße": "blocked"}
    assert to_unicode("xn--mnchen-3ya") == "münchen"


def test_tables_are_files_beside_the_configuration(tmp_path):
    (tmp_path / "own.txt").write_text("00E4\n")
    assert load_table("own.txt", tmp_path).tag == "own"
    assert load_table("de=own.txt", tmp_path).tag == "de"
    assert load_table("de=latin", tmp_path).tag == "de"
    with pytest.raises(ConfigError, match=r"cannot be read .*comes along \(cyrillic, latin\)"):
        load_table("missing.xml", tmp_path)
    (tmp_path / "bad.txt").write_bytes(b"00E4\n00E5 # \xff\n")
    with pytest.raises(ConfigError, match=r"bad\.txt:2: is not UTF-8"):
        load_table("bad.txt", tmp_path)
    with pytest.raises(ValueError, match="two IDN tables have the tag DE"):
        ZoneTables([load_table("de=latin", tmp_path), load_table("DE=own.txt", tmp_path)])


@given(st.text(st.sampled_from("abs ßéпа-·l1"), max_size=12))
def test_every_reason_fits_a_check(label):
    for name in packaged_tables():
        assert len(load_table(name, Path()).fault(label) or "") <= 32
