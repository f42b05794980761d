"""The short ways to build commands, responses and greetings."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regwire_native import Verdicts, is_tracked

from regwire import epp
from regwire.epp import (
    AuthPw,
    Check,
    Command,
    ContactCheck,
    Create,
    Delete,
    DomainAuthInfo,
    DomainCheck,
    DomainCreate,
    DomainDelete,
    DomainRenew,
    DomainTransfer,
    DomainUpdate,
    Hello,
    HostInfo,
    Info,
    Logout,
    Poll,
    Renew,
    Transfer,
    TrId,
    Update,
)
from regwire.epp.compose import contact_auth_info
from regwire.epp.ext.rgp import RgpRestore, RgpUpdate
from regwire.epp.server import RESULTS
from regwire.errors import EncodeError


@pytest.mark.parametrize(
    ("obj", "operation"),
    [
        (DomainCheck(("a.example",)), Check),
        (ContactCheck(("abc",)), Check),
        (HostInfo("ns1.a.example"), Info),
        (DomainCreate("a.example", auth_info=epp.auth_info("x")), Create),
        (DomainDelete("a.example"), Delete),
        (DomainRenew("a.example", dt.date(2030, 1, 1)), Renew),
        (DomainUpdate("a.example"), Update),
    ],
)
def test_objects_go_into_the_command_of_their_name(obj, operation):
    assert epp.command(obj, cl_trid="ABC-1") == Command(operation(obj), (), "ABC-1")


@pytest.mark.parametrize("op", ["request", "query", "approve", "reject", "cancel"])
def test_transfers_say_what(op):
    obj = DomainTransfer("a.example")
    assert epp.command(obj, op=op).op == Transfer(op, obj)
    with pytest.raises(ValueError, match="a transfer needs op"):
        epp.command(obj)
    with pytest.raises(ValueError, match="op goes with the object of a transfer, not with <check>"):
        epp.command(DomainCheck(("a.example",)), op=op)


@pytest.mark.parametrize("op", [Logout(), Poll("req"), Check(DomainCheck(("a.example",)))])
def test_operations_are_taken_as_they_are(op):
    assert epp.command(op).op is op
    with pytest.raises(ValueError, match="op goes with the object of a transfer"):
        epp.command(op, op="request")


def test_extensions_one_or_several():
    restore = RgpUpdate(RgpRestore("request"))
    update = DomainUpdate("a.example")
    assert epp.command(update, restore) == epp.command(update, [restore]) == epp.command(update, (restore,))
    assert epp.command(update).extension == ()


@pytest.mark.parametrize("obj", [Hello(), RgpUpdate(RgpRestore("request")), None, "check"])
def test_what_is_no_command(obj):
    if isinstance(obj, RgpUpdate):
        assert isinstance(epp.command(obj).op, Update)  # an element called update: what it means is the schema's matter
        return
    with pytest.raises(TypeError, match="is no command of EPP"):
        epp.command(obj)


def test_auth_info():
    assert epp.auth_info("x", "R-1") == DomainAuthInfo(AuthPw("x", "R-1"))
    assert contact_auth_info("x").pw == AuthPw("x")


def test_responses():
    made = epp.response(epp.ok(code=1301, msg_q=epp.MsgQ(2, "7")), "SV-1", "ABC-1")
    assert made.results == (epp.Result(1301, epp.Msg("Command completed successfully; ack to dequeue")),)
    assert made.msg_q == epp.MsgQ(2, "7")
    assert made.tr_id == epp.TrId("ABC-1", sv_trid="SV-1")
    other = epp.response(epp.Reply(2400, text="Fehler", lang="de"), "SV-2")
    assert other.results[0].msg == epp.Msg("Fehler", "de")
    assert other.tr_id.cl_trid is None
    assert epp.decode(epp.encode(made)) == made


def test_greeting():
    objects, extensions = epp.greeting_services()
    assert objects[0] == epp.DOMAIN.uri
    assert "urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0" in extensions
    made = epp.greeting("EPP", dt.datetime(2030, 1, 2, tzinfo=dt.UTC), objects, extensions, lang=("en", "de"))
    assert epp.decode(epp.encode(made)) == made
    assert made.svc_menu == epp.SvcMenu(("1.0",), ("en", "de"), objects, extensions)


def test_services_of_a_schema_that_was_cut():
    schema = epp.DEFAULT.only([epp.EPP.uri, epp.DOMAIN.uri, "urn:ietf:params:xml:ns:rgp-1.0"])
    objects, extensions = epp.greeting_services(schema)
    assert objects == (epp.DOMAIN.uri,)
    assert "urn:ietf:params:xml:ns:rgp-1.0" in extensions
    assert "urn:ietf:params:xml:ns:secDNS-1.1" not in extensions


def test_check_data_answers_for_what_is_taken() -> None:
    reason = epp.Reason("Reserved", "en")
    answer = epp.check_data(DomainCheck(("a.example", "b.example", "a.example")), {"a.example"}, reason)
    taken = epp.DomainCheckItem(epp.CheckName("a.example", False), reason)
    free = epp.DomainCheckItem(epp.CheckName("b.example", True), None)
    assert answer == epp.DomainCheckData((taken, free, taken))
    assert answer.items[0].reason is reason


def test_check_data_of_hosts_and_contacts() -> None:
    in_use = epp.Reason("In use")
    hosts = epp.check_data(epp.HostCheck(("ns1.a.example", "ns2.a.example")), {"ns2.a.example": 1})
    assert hosts == epp.HostCheckData(
        (
            epp.HostCheckItem(epp.CheckName("ns1.a.example", True)),
            epp.HostCheckItem(epp.CheckName("ns2.a.example", False), in_use),
        )
    )
    contacts = epp.check_data(ContactCheck(("abc", "def")), ["abc"], None)
    assert contacts == epp.ContactCheckData(
        (
            epp.ContactCheckItem(epp.ContactCheckId("abc", False)),
            epp.ContactCheckItem(epp.ContactCheckId("def", True)),
        )
    )


def test_available_is_what_the_items_say() -> None:
    names = tuple(f"{number}.example" for number in range(40))
    data = epp.check_data(DomainCheck(names), set(names[::3]))
    assert data.available == tuple(item.name.name for item in data.items if item.name.avail)
    assert len(data.available) == 26
    assert epp.check_data(epp.HostCheck(("ns1.a.example", "ns2.a.example")), {"ns2.a.example"}).available == (
        "ns1.a.example",
    )
    contacts = epp.ContactCheckData((epp.ContactCheckItem(epp.ContactCheckId("abc", True)),))
    assert contacts.available == ("abc",)
    assert epp.check_data(DomainCheck(names), set(names)).available == ()


@pytest.mark.parametrize("items", [("abc",), (epp.Reason("x"),), (epp.DomainCheckItem(1),), (None,)])  # type: ignore[arg-type]
def test_available_of_what_is_no_answer(items: Any) -> None:
    with pytest.raises(TypeError, match="items of a check"):
        assert epp.DomainCheckData(items).available


CHECKS = (
    (DomainCheck, st.text("abcdefgh-.&<ü \t", max_size=12)),
    (epp.HostCheck, st.text("abcdefgh.", max_size=12)),
    (ContactCheck, st.text("abc<", max_size=20)),
)


@pytest.mark.parametrize(("cls", "names"), CHECKS)
def test_check_answer_is_written_as_its_objects(cls: Any, names: Any) -> None:
    @settings(derandomize=True, deadline=None)
    @given(
        st.lists(names, max_size=140),
        st.sets(names),
        st.one_of(
            st.none(),
            st.builds(epp.Reason, st.text("xyz<&\r\n", max_size=40), st.sampled_from(["en", "de", "no language"])),
            st.just("no reason"),
        ),
    )
    def run(asked: list[str], taken: set[str], reason: Any) -> None:
        answer = epp.check_answer(cls(tuple(asked)), taken, reason)
        data = epp.check_data(cls(tuple(asked)), taken, reason)
        assert answer.data == data
        assert answer.kind is type(data)
        assert len(answer) == len(asked)
        assert outcome(answer) == outcome(data)
        assert outcome(answer, data, answer, answer) == outcome(data, data, data, data)

    run()


def outcome(*data: Any) -> bytes | str:
    message = epp.Response((RESULTS[1000],), None, data, (), tr_id=TrId("ABC-1", "SV-1"))
    try:
        return epp.encode(message)
    except EncodeError as error:
        return str(error)


def test_check_answer_of_many_names() -> None:
    check = DomainCheck(tuple(f"n{i}.example" for i in range(400)))
    taken = {f"n{i}.example" for i in range(0, 400, 7)}
    answer = epp.check_answer(check, taken)
    assert b'avail="0">n399.example' in outcome(answer)
    assert outcome(answer) == outcome(epp.check_data(check, taken))


def test_check_answer_asks_at_once_and_lets_errors_through() -> None:
    store = Counting()
    answer = epp.check_answer(DomainCheck(("x", "taken", "y")), store)
    assert store.asked == ["x", "taken", "y"]
    assert [item.name.avail for item in answer.data.items] == [True, False, True]
    assert store.asked == ["x", "taken", "y"]
    with pytest.raises(LookupError, match="no such database"):
        epp.check_answer(DomainCheck(("x", "bad")), store)
    with pytest.raises(TypeError, match="HostInfo is no check"):
        epp.check_answer(HostInfo("ns1.a.example"), {})  # type: ignore[arg-type]


def test_check_answer_of_classes_that_do_not_belong_together() -> None:
    classes: Any = (epp.DomainCheckData, epp.HostCheckItem, epp.CheckName)
    answer = Verdicts(("a", "b"), {"a"}, classes, None)
    assert outcome(answer) == outcome(answer.data)
    assert "HostCheckItem" in str(outcome(answer)) or "DomainCheckItem is needed" in str(outcome(answer))
    with pytest.raises(TypeError):
        _ = Verdicts(("a",), {"a"}, (epp.CheckName, epp.CheckName, epp.CheckName), None).data


def test_check_answer_in_a_schema_without_the_object() -> None:
    message = epp.Response(
        (RESULTS[1000],), None, (epp.check_answer(DomainCheck(("a",)), {}),), (), tr_id=TrId("ABC-1", "SV-1")
    )
    with pytest.raises(EncodeError, match="resData"):
        epp.encode(message, schema=epp.DEFAULT.only(()))


class Text(str):
    """A name that hashes and compares by itself."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        return str(self) == other


@pytest.mark.parametrize("size", [0, 1, 5, 6, 100, 300, 20_000, 70_000])
def test_check_data_of_dicts_of_every_size(size: int) -> None:
    def answers(taken: object) -> list[bool]:
        names = tuple(f"n{i}.example" for i in range(0, size + 40, max(1, size // 30)))
        return [item.name.avail for item in epp.check_data(DomainCheck(names), taken).items]  # type: ignore[call-overload]

    full = {f"n{i}.example": i for i in range(size)}
    gaps = {name: i for name, i in full.items() if i % 3}
    holed = dict(full)
    for name, i in full.items():
        if i % 3 == 0:
            del holed[name]
    mixed: dict[object, int] = {5: 1, None: 2, **full}
    assert answers(full) == answers(set(full)) == answers(list(full)) == answers(mixed)
    assert answers(holed) == answers(gaps) == answers(set(gaps))
    assert answers({Text(name): i for name, i in full.items()}) == answers(full)
    emptied = dict(full)
    emptied.clear()
    assert all(answers(emptied))


def test_check_data_of_names_that_are_no_plain_texts() -> None:
    names = ("a", Text("b"), "c")
    answer = epp.check_data(DomainCheck(names), {"b": 1, "c": 2})
    assert [item.name.avail for item in answer.items] == [True, False, False]


def test_check_data_of_attributes() -> None:
    class Names:
        pass

    some, others = Names(), Names()
    for place, holder in enumerate((some, others)):
        for name in ("a", "b", "c"):
            setattr(holder, name, place)
    del some.b
    assert [i.name.avail for i in epp.check_data(DomainCheck(("a", "b")), some.__dict__).items] == [False, True]


class Counting:
    """A container that notes what it is asked for, and fails at "bad"."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def __contains__(self, name: object) -> bool:
        self.asked.append(name)
        if name == "bad":
            raise LookupError("no such database")
        return name == "taken"


def test_check_data_asks_once_in_order_and_lets_errors_through() -> None:
    store = Counting()
    answer = epp.check_data(DomainCheck(("x", "taken", "y")), store)
    assert [item.name.avail for item in answer.items] == [True, False, True]
    assert store.asked == ["x", "taken", "y"]
    with pytest.raises(LookupError, match="no such database"):
        epp.check_data(DomainCheck(("x", "bad", "y")), store)
    assert store.asked[3:] == ["x", "bad"]


def test_check_data_refuses_what_is_no_check() -> None:
    with pytest.raises(TypeError, match="HostInfo is no check"):
        epp.check_data(HostInfo("ns1.a.example"), {})  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        epp.check_data(DomainCheck(("a",)), 5)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        epp.check_data(DomainCheck(["a"]), {})  # type: ignore[arg-type]


def test_answers_are_tracked_only_when_they_could_be_in_a_cycle() -> None:
    plain = epp.check_data(DomainCheck(("a", "b")), {"a"})
    assert not is_tracked(plain)
    assert not is_tracked(plain.items)
    circle: list[object] = []
    tracked = epp.check_data(DomainCheck(("a", "b")), {"a"}, circle)  # type: ignore[call-overload]
    circle.append(tracked)
    assert is_tracked(tracked)
    assert is_tracked(tracked.items)
    assert is_tracked(tracked.items[0])


REASONS = st.one_of(
    st.none(),
    st.just(epp.Reason("In use")),
    st.builds(epp.Reason, st.sampled_from(["In use", "Reserved & kept", "<x>"]), st.sampled_from([None, "en", "de"])),
)


def naively(item: epp.DomainCheckItem) -> str:
    """An item as the schema has it, by hand."""
    lang = f' lang="{item.reason.lang}"' if item.reason is not None and item.reason.lang is not None else ""
    text = "" if item.reason is None else item.reason.text.replace("&", "&amp;").replace("<", "&lt;")
    reason = "" if item.reason is None else f"<domain:reason{lang}>{text.replace('>', '&gt;')}</domain:reason>"
    return f'<domain:cd><domain:name avail="{item.name.avail:d}">{item.name.name}</domain:name>{reason}</domain:cd>'


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.text("abc.-", min_size=1, max_size=12), st.booleans(), REASONS), min_size=1, max_size=30))
def test_answers_made_in_a_loop_are_written_item_by_item(asked: list[tuple[str, bool, Any]]) -> None:
    """With reasons at any item, shared and made anew, the same and others."""
    items = tuple(epp.DomainCheckItem(epp.CheckName(name, free), reason) for name, free, reason in asked)
    written = outcome(epp.DomainCheckData(items))
    assert isinstance(written, bytes), written
    start = '<domain:chkData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">'
    assert f"{start}{''.join(map(naively, items))}</domain:chkData>" in written.decode()
    decoded = epp.decode(written)
    assert isinstance(decoded, epp.Response)
    assert decoded.res_data == (epp.DomainCheckData(items),)


@pytest.mark.parametrize(
    "item",
    [
        "x",
        epp.DomainCheckItem("x"),  # type: ignore[arg-type]
        epp.DomainCheckItem(epp.CheckName("x", None)),  # type: ignore[arg-type]
        epp.DomainCheckItem(epp.CheckName("x", "yes")),  # type: ignore[arg-type]
        epp.DomainCheckItem(epp.CheckName(7, True)),  # type: ignore[arg-type]
        epp.DomainCheckItem(epp.CheckName("x", False), "In use"),  # type: ignore[arg-type]
        epp.DomainCheckItem(epp.CheckName("x", False), epp.Reason("x" * 40)),
        epp.HostCheckItem(epp.CheckName("x", True)),
    ],
)
def test_answers_with_something_else_in_them_are_refused(item: Any) -> None:
    fine = epp.DomainCheckItem(epp.CheckName("a.example", False), epp.Reason("In use"))
    refusal = outcome(epp.DomainCheckData((fine, item)))
    assert isinstance(refusal, str)
    assert "response/resData/domain:chkData/domain:cd" in refusal
    assert isinstance(outcome(epp.DomainCheckData((fine, fine))), bytes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"contacts": ((),)},
        {"contacts": (("adm", None, 1, b"", [], Hello()),)},
        {"contacts": [epp.DomainContact("adm", "admin")]},
        {"contacts": (epp.DomainContact(Hello(), "admin"),)},
        {"statuses": (Hello(), None, 3.5)},
        {"ns": epp.NameServers(((),))},  # type: ignore[arg-type]
        {"ns": Hello()},
        {"ns": ((((),),),)},
        {"auth_info": int},
    ],
)
def test_what_stands_where_objects_belong_is_refused_however_it_is_nested(wrong: dict[str, Any]) -> None:
    right = epp.DomainInfoData(
        name="a.example",
        roid="D1-REG",
        statuses=tuple([epp.DomainStatus("ok")] * 11),
        contacts=tuple([epp.DomainContact("adm", "admin")] * 20),
        ns=epp.NameServers(tuple(f"ns{number}.example" for number in range(13))),
        cl_id="reg-a",
    )
    octets = epp.encode(epp.Response((RESULTS[1000],), res_data=(right,), tr_id=TrId(cl_trid=None, sv_trid="SV-1")))
    assert (octets.count(b"<domain:contact "), octets.count(b"<domain:hostObj>")) == (20, 13)
    message = epp.Response(
        (RESULTS[1000],), res_data=(right.replace(**wrong),), tr_id=TrId(cl_trid=None, sv_trid="SV-1")
    )
    with pytest.raises(EncodeError, match=next(iter(wrong)).split("_")[0].removesuffix("es").removesuffix("s")):
        epp.encode(message)
