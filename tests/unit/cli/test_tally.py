"""What the demonstration counts."""

import trio

from regwire.cli.tally import Tally
from regwire.epp import Msg, Response, Result, TrId


def ask(tally, kind, expected, code):
    async def reply():
        return Response((Result(code, Msg("text")),), tr_id=TrId(None, sv_trid="SV-1"))

    async def main():
        await tally.timed(kind, expected, reply())

    trio.run(main)


def test_an_expected_error_is_no_surprise():
    tally = Tally()
    ask(tally, "domain create", 2302, 2302)
    assert tally.surprises == []
    assert tally.durable == 0


def test_an_unexpected_code_is_a_surprise_whichever_way():
    tally = Tally()
    ask(tally, "domain create", 1000, 2302)
    ask(tally, "domain info", 2303, 1000)
    assert len(tally.surprises) == 2
    assert "domain create: 2302 text, expected 1000" in tally.surprises


def test_only_successful_changes_are_durable_commits():
    tally = Tally()
    for kind in ("domain create", "domain check", "domain info", "domain renew", "poll", "poll ack"):
        ask(tally, kind, 1000, 1000)
    assert tally.durable == 2


def test_the_table_shows_all_of_it(capsys):
    tally = Tally()
    with tally.phase("domain create"):
        for _ in range(3):
            ask(tally, "domain create", 1000, 1000)
    ask(tally, "domain info", 2303, 2303)
    tally.expect(True, "so")
    tally.print_table()
    output = capsys.readouterr().out
    assert "every outcome as expected" in output
    assert "Object does not exist" in output
    tally.expect(False, "sky is green")
    tally.print_table()
    output = capsys.readouterr().out
    assert "UNEXPECTED not so: sky is green" in output
    assert "unexpected: 1" in output
