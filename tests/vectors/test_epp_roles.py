"""What each role takes compared with strict, on changed frames; and that what was decoded can be sent again."""

import pytest
from xml_schemas import needs_spec

from conformance.differential.frames import STANDARD, Source
from regwire import epp
from regwire.errors import EncodeError
from regwire.schema import Fault

pytestmark = needs_spec

FRAMES = 3000


@pytest.fixture(scope="module")
def decoded():
    """Give each frame with what the three roles make of it."""
    read = STANDARD.decode_or_fault
    source = Source(frozenset(STANDARD.namespaces), "roles")
    return [
        (frame.octets, read(frame.octets, "strict"), read(frame.octets, "server"), read(frame.octets, "client"))
        for frame in source.frames(FRAMES)
    ]


def test_clients_take_all_that_is_valid(decoded):
    valid = [(strict, client) for _, strict, _, client in decoded if not isinstance(strict, Fault)]
    assert len(valid) > FRAMES // 10
    assert all(strict == client for strict, client in valid)


def test_clients_take_more(decoded):
    assert any(isinstance(strict, Fault) and not isinstance(client, Fault) for _, strict, _, client in decoded)


def test_servers_take_white_space_in_empty_elements_and_nothing_else(decoded):
    taken = [(strict, server) for _, strict, server, _ in decoded if not isinstance(server, Fault)]
    assert len(taken) > FRAMES // 10
    for strict, server in taken:
        if isinstance(strict, Fault):
            assert {item.rule for item in strict.faults} == {"text"}
        else:
            assert strict == server


def test_servers_refuse_content_of_elements_without_a_type_and_nothing_besides(decoded):
    refused = [
        (strict, server)
        for _, strict, server, _ in decoded
        if isinstance(server, Fault) and not isinstance(strict, Fault)
    ]
    assert {item.cls for _, server in refused for item in server.faults} <= {"structure"}


def test_what_was_decoded_can_be_sent(decoded):
    for _, strict, _, _ in decoded:
        if not isinstance(strict, Fault):
            assert epp.decode(epp.encode(strict)) == strict


def test_what_a_client_tolerated_is_sent_as_it_was_or_refused(decoded):
    sent = 0
    for _, _, _, client in decoded:
        if isinstance(client, Fault):
            continue
        try:
            frame = epp.encode(client)
        except EncodeError:
            continue
        sent += 1
        assert epp.decode(frame, role="client") == client
    assert sent > FRAMES // 10


def test_not_well_formed_is_the_same_for_all(decoded):
    for _, *outcomes in decoded:
        kinds = {isinstance(outcome, Fault) and outcome.kind == "syntax" for outcome in outcomes}
        assert len(kinds) == 1
