"""The client for code without an event loop."""

import threading

import pytest
from iris_thread import iris_server

from regwire.blocking.iris import Finder, KnownServer, LookupConfig, lookup, search
from regwire.errors import NameNotFound, NotSent, QueryNotSupported
from regwire.iris import dreg


@pytest.fixture(scope="module")
def config():
    with iris_server() as ports:
        yield LookupConfig(servers={"*": KnownServer("127.0.0.1", ports["xpc"])})


def test_one_lookup(config):
    found = lookup("iris:dchk1//example/domain-name/a.example", config=config)
    assert found.result.entity_name == "a.example"
    assert lookup("dchk1", "domain-name", "b.example", authority="example", config=config).result is not None
    with pytest.raises(NameNotFound):
        lookup("iris:dchk1//example/domain-name/none", config=config)
    with pytest.raises(QueryNotSupported):
        search(dreg.FindDomainsByName(dreg.PartialMatch(begins_with="a")), authority="example", config=config)


def test_a_finder_is_shared_by_threads(config):
    found = []
    with Finder(config) as finder:

        def ask(number):
            found.append(finder.lookup(f"iris:dchk1//example/domain-name/{number}.example").result.entity_name)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [f"{number}.example" for number in range(8)]
    finder.close()
    with pytest.raises(NotSent, match="closed"):
        finder.lookup("iris:dchk1//example")
