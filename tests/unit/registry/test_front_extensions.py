"""What an extension adds to the EPP front: elements to records and back, commands of its own, the greeting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from example_feature import Example, Note, Noted, Paint, ReadTally, Tally
from front_world import Front, code, create, fronted, value
from registry_world import A

from regwire.epp import command
from regwire.epp.codes import Reply
from regwire.epp.ext import org
from regwire.epp.ext.allocation_token import NAMESPACE, AllocationToken, AllocationTokenInfo
from regwire.epp.ext.rgp import RgpInfoData
from regwire.epp.messages import domain as d
from regwire.epp.messages.core import Command, Poll
from regwire.registry.config import Config, EppSettings
from regwire.registry.fronts.epp import ext
from regwire.registry.fronts.epp.ext import FrontExtension, installed
from regwire.registry.rules import features
from regwire.registry.server import _epp_config

FRONT = FrontExtension(
    name="example",
    greeting={"token": NAMESPACE, "org": org.NAMESPACE},
    commands={
        AllocationToken: lambda element, command: Note(element.value),
        AllocationTokenInfo: lambda element, command: Note("token?"),
    },
    replies={Noted: lambda record: AllocationToken(record.text)},
    requests={
        org.OrgInfo: lambda command, obj: ReadTally(obj.id),
        org.OrgDelete: lambda command, obj: Paint(obj.id, "blue"),
    },
    data={Tally: lambda request, code, data: Reply(code, (org.OrgCreateData(data.account, data.idle),))},
    poll={Noted: lambda data: (org.OrgDelete(data.text),)},
)


@pytest.fixture(autouse=True)
def example() -> Iterator[Example]:
    feature = Example()
    with features.installed(feature), installed(FRONT):
        yield feature


def tokened(token: str, name: str = "a.example") -> Command:
    return create(name, AllocationToken(token))


def run(function: Any) -> None:
    import trio

    async def main() -> None:
        async with fronted() as front:
            await function(front)

    trio.run(main)


def test_an_element_reaches_the_rules_and_one_comes_back() -> None:
    async def main(front: Front) -> None:
        answer = await front.ask(A, tokened("hello"))
        assert (code(answer), answer.extension) == (1000, (AllocationToken("hello"),))
        assert isinstance(answer.res_data[0], d.DomainCreateData)
        info = await front.ask(A, d.DomainInfo(d.DomainInfoName("a.example")))
        assert isinstance(info.extension[0], RgpInfoData)
        assert info.extension[1:] == (AllocationToken("hello"),)
        # A result without data, and a check.
        answer = await front.ask(A, command(d.DomainCheck(("b.example",)), extension=AllocationToken("x")))
        assert answer.extension == (AllocationToken("1 checked"),)

    run(main)


def test_an_element_that_the_command_does_not_take_or_twice_is_2103() -> None:
    async def main(front: Front) -> None:
        renew = command(d.DomainDelete("a.example"), extension=AllocationToken("x"))
        assert code(await front.ask(A, renew)) == 2103
        twice = create(extension=(AllocationToken("x"), AllocationToken("y")))
        assert code(await front.ask(A, twice)) == 2103

    run(main)


def test_a_refusal_of_a_feature_points_at_the_element() -> None:
    async def main(front: Front) -> None:
        answer = await front.ask(A, tokened("x" * 21))
        assert code(answer) == 2004
        assert value(answer)[1] == "a long note"

    run(main)


def test_commands_and_data_of_its_own() -> None:
    async def main(front: Front) -> None:
        assert code(await front.ask(A, org.OrgDelete(A))) == 2303
        await front.must(A, tokened("hello"))
        assert code(await front.ask(A, org.OrgDelete(A))) == 1000
        data = await front.must(A, org.OrgInfo(A))
        assert isinstance(data, org.OrgCreateData)
        assert data.id == A
        # One that no front takes.
        check = await front.ask(A, org.OrgCheck((A,)))
        assert code(check) == 2101

    run(main)


def test_what_a_message_carries_is_translated() -> None:
    async def main(front: Front) -> None:
        await front.must(A, tokened("hello"))
        answer = await front.ask(A, command(Poll("req")))
        assert (answer.res_data, answer.extension) == ((org.OrgDelete("hello"),), (AllocationToken("twice"),))

    run(main)


def test_the_greeting_names_it_and_its_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    from regwire.registry.clock import SystemClock

    assert ext.names()[-2:] == ("token", "org")
    every = _epp_config(Config(), SystemClock())
    assert every.extensions is not None
    assert every.objects is not None
    assert NAMESPACE.uri in every.extensions
    assert org.NAMESPACE.uri not in every.extensions
    assert org.NAMESPACE.uri in every.objects
    some = _epp_config(Config(epp=EppSettings(extensions=("token",))), SystemClock())
    assert some.extensions == (NAMESPACE.uri,)
    assert some.objects is not None
    assert org.NAMESPACE.uri not in some.objects


def test_two_that_take_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="are taken already"), installed(FRONT):
        pass
    assert "token" in ext.names()
