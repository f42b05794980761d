"""Plays random scripts against a store and against the reference, and compares every reply and the final state.

`python tests/support/registry_compare.py FIRST LAST LENGTH` plays the seeds from FIRST below LAST, LENGTH commands
each, and counts what was answered; the first difference ends it, with what led there.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from registry_random import ACCOUNTS, CONTACTS, DOMAINS, HOSTS, PAUSES, Commands
from registry_reference import TRANSFER_FIELDS
from registry_reference_domains import DOMAIN_FIELDS, Reference, ds_row
from registry_world import StoreFactory, World

from regwire.registry.model import outcomes as o
from regwire.registry.model import requests as r
from regwire.registry.rules import decide
from regwire.registry.store.memory import MemoryStore

Step = tuple[int, list[tuple[str, r.Request]]]


class Difference(AssertionError):
    """The two disagree."""


# --- outcomes as the reference tells them


def plain(outcome: o.Outcome) -> tuple[int, Any]:
    """Return what an outcome says in the reference's form."""
    return outcome.code, None if outcome.data is None else _PLAIN[type(outcome.data)](outcome.data)


def _transfer(data: o.TransferData) -> Any:
    return (data.kind, data.name, data.sponsor, *[getattr(data.transfer, name) for name in TRANSFER_FIELDS])


def _polled(data: o.Polled) -> Any:
    message = data.message
    if message is None:
        return data.count, data.acked
    told = _transfer(message.data) if isinstance(message.data, o.TransferData) else None
    return data.count, message.id, message.text, message.queued, told


def _domain(data: o.DomainData) -> Any:
    value = data.domain
    said = {name: getattr(value, name) for name in DOMAIN_FIELDS}
    said["contacts"] = [(link.type, link.id) for link in value.contacts]
    if not data.full:
        said.update(registrant=None, contacts=[])
    shown = data.host_names is not None
    return {
        **said,
        "name": value.name,
        "hosts": None if data.host_names is None else list(data.host_names),
        "attributes": {a.name: [b.address for b in a.addresses] for a in value.host_attributes} if shown else {},
        "subordinates": list(data.subordinates),
        "full": data.full,
        "ds": [ds_row(ds) for ds in value.ds],
        "statuses": _statuses(data.statuses),
        "rgp": set(data.rgp),
    }


def _statuses(statuses: Any) -> set[str]:
    values = [status.value for status in statuses]
    assert len(set(values)) == len(values)
    legal(set(values))
    return set(values)


def legal(values: set[str]) -> None:
    """What RFC 5731 section 2.3 and its siblings forbid together."""
    assert "ok" not in values or values <= {"ok", "linked"}
    pending = {value for value in values if value.startswith("pending")}
    assert len(pending) < 2
    for value in pending:
        what = value.removeprefix("pending")
        assert not values & {f"client{what}Prohibited", f"server{what}Prohibited"}


def _host(data: o.HostData) -> Any:
    value = data.host
    names = ("name", "sponsor", "creator", "created", "updater", "updated", "transferred")
    addresses = [address.address for address in value.addresses]
    return {**{n: getattr(value, n) for n in names}, "addresses": addresses, "statuses": _statuses(data.statuses)}


def _contact(data: o.ContactData) -> Any:
    value = data.contact
    names = ("id", "sponsor", "creator", "created", "updater", "updated", "transferred", "email")
    said = {n: getattr(value, n) for n in names}
    voice = None if value.voice is None else value.voice.number
    return {**said, "voice": voice, "name": value.postal[0].name, "statuses": _statuses(data.statuses)}


def _checked(data: o.Checked) -> Any:
    for _, available, reason in data.items:
        assert available == (reason is None)
        assert reason is None or 0 < len(reason) <= 32
    return [item[:2] for item in data.items]


_PLAIN: dict[type[Any], Any] = {
    o.Checked: _checked,
    o.Created: lambda data: (data.kind, data.name, data.created, data.expires),
    o.Renewed: lambda data: (data.name, data.expires),
    o.Restored: lambda data: data.status,
    o.TransferData: _transfer,
    o.Polled: _polled,
    o.DomainData: _domain,
    o.HostData: _host,
    o.ContactData: _contact,
}


# --- playing


def script(seed: int, length: int) -> tuple[dict[str, Any], list[Step]]:
    """Return the policy and the groups of commands of a seed; they depend on the reference's answers, nothing else."""
    commands = Commands(seed)
    reference = Reference(**commands.policy)
    world = World(make=MemoryStore, **commands.policy)
    steps: list[Step] = []
    told = 0
    while told < length:
        pause = commands.pick(*PAUSES)
        world.later(days=pause)
        now = world.clock.now()
        reference.pass_time(now)
        group = []
        for _ in range(commands.pick(1, 1, 2, 3, 5, 8)):
            account, request = commands.next(reference, now)
            reference.ask(account, request, now)
            group.append((account, request))
        steps.append((pause, group))
        told += len(group)
    return commands.policy, steps


def play(policy: dict[str, Any], steps: list[Step], make: StoreFactory = MemoryStore) -> Counter[str]:
    """Play steps against a store and the reference.

    Returns:
        how often each command was answered with each code.

    Raises:
        Difference: at the first reply or piece of final state that is not the same.

    """
    world, reference = World(make=make, **policy), Reference(**policy)
    seen: Counter[str] = Counter()
    try:
        for pause, group in steps:
            world.later(days=pause)
            now = world.clock.now()
            early = [plain(outcome) for outcome in _reads_ahead(world, group)]
            outcomes = [plain(outcome) for outcome in world.group(*group)]
            for i, (account, request) in enumerate(group):
                expected = reference.ask(account, request, now)
                for found in outcomes[i], *early[i : i + 1]:
                    if found != expected:
                        raise Difference(f"{account} {request}\nregistry:  {found}\nreference: {expected}")
                seen[f"{type(request).__name__} {expected[0]}"] += 1
        for account, request in everything(reference):
            found, expected = plain(world.ask(account, request)), reference.ask(account, request, world.clock.now())
            if found != expected:
                raise Difference(f"at the end: {account} {request}\nregistry:  {found}\nreference: {expected}")
    finally:
        world.store.close()
    return seen


def _reads_ahead(world: World, group: list[tuple[str, r.Request]]) -> Iterator[o.Outcome]:
    """Decide the reads that begin a group on the committed state, where what is due was not written down yet.

    Only those of domains are exact then: links and poll queues are as of the last time somebody settled.
    """
    with world.store.read() as view:
        for account, request in group:
            if type(request) not in (r.InfoDomain, r.CheckDomains):
                return
            yield decide(view, world.call(account, request), world.clock.now(), world.policies)


def everything(reference: Reference) -> Iterator[tuple[str, r.Request]]:
    """Yield requests that show the whole state."""
    for name in DOMAINS:
        value = reference.domains.get(name)
        yield (value["sponsor"] if value else ACCOUNTS[0]), r.InfoDomain(name)
        yield ACCOUNTS[0], r.TransferDomain("query", name)
    for name in HOSTS:
        yield ACCOUNTS[0], r.InfoHost(name)
    for id in CONTACTS:
        value = reference.contacts.get(id)
        yield (value["sponsor"] if value else ACCOUNTS[0]), r.InfoContact(id)
    for account in set(ACCOUNTS):
        while reference.queues.get(account):
            yield account, r.PollRequest()
            yield account, r.PollAck(str(reference.queues[account][0]["id"]))
        yield account, r.PollRequest()


def shortest(policy: dict[str, Any], steps: list[Step]) -> list[Step]:
    """Return a part of ``steps`` that still shows a difference, by leaving out what can be."""

    def differs(part: list[Step]) -> bool:
        try:
            play(policy, part)
        except AssertionError:
            return True
        return False

    flat: list[Step] = []
    for pause, group in steps:
        flat += [(pause, group[:1]), *[(0, [pair]) for pair in group[1:]]]
    if not differs(flat):
        flat = steps
    size = len(flat) // 2
    while size:
        at = 0
        while at < len(flat):
            part = flat[:at] + flat[at + size :]
            lost = sum(step[0] for step in flat[at : at + size])
            if lost and at + size < len(flat):
                pause, group = flat[at + size]
                with_time = [*flat[:at], (pause + lost, group), *flat[at + size + 1 :]]
                if differs(with_time):
                    flat = with_time
                    continue
            if differs(part):
                flat = part
                continue
            at += size
        size //= 2
    return flat


def told(seed: int, length: int, make: StoreFactory = MemoryStore) -> Counter[str]:
    """Play a seed; a difference names it and the shortest script that shows one."""
    policy, steps = script(seed, length)
    try:
        return play(policy, steps, make)
    except AssertionError as error:
        short = shortest(policy, steps) if make is MemoryStore else steps
        lines = [f"  +{pause} days {account} {request}" for pause, group in short for account, request in group]
        reason = error
        try:
            play(policy, short, make)
        except AssertionError as again:
            reason = again
        raise Difference(f"seed {seed}, policy {policy}:\n" + "\n".join(lines[-60:]) + f"\n{reason}") from error


def main() -> None:
    first, last, length = map(int, sys.argv[1:4])
    seen: Counter[str] = Counter()
    for seed in range(first, last):
        seen += told(seed, length)
    for what, number in sorted(seen.items()):
        sys.stdout.write(f"{number:9} {what}\n")
    sys.stdout.write(f"{seen.total():9} in all, no difference\n")


if __name__ == "__main__":
    main()
