"""``regwire registrar``: the accounts of a registry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regwire.cli.operate import Dir, Json, amount, group, operator, plain, require_registrar, settings, show, tabulate
from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.operator import Operator

__all__ = ["registrar"]

Id = Annotated[str, typer.Argument(metavar="ID", help="The account (clID).")]
PasswordFile = Annotated[
    str | None, typer.Option("--password-file", metavar="FILE", help="Its password, - for standard input [a new one].")
]
Certificates = Annotated[
    list[str] | None, typer.Option("--certificate", metavar="PEM|SHA256", help="That it must show; repeatable.")
]
Networks = Annotated[
    list[str] | None, typer.Option("--network", metavar="PREFIX", help="That it must come from; repeatable.")
]
Currency = Annotated[str, typer.Argument(metavar="CURRENCY", help="ISO 4217, as EUR.")]
_LIST = "`regwire registrar list` shows all"

registrar = group("Registrars: their accounts, passwords, certificates and money.")
certificate = group("The certificates that a registrar may show: add the new one, then remove the old.")
registrar.add_typer(certificate, name="certificate")


@registrar.command("list")
def list_registrars(folder: Dir = Path(), json: Json = False) -> None:
    """Every account."""
    from regwire.registry.model.registrars import ReadRegistrars

    with operator(folder) as found:
        rows = found.all(ReadRegistrars, lambda value: str(value.id))
        tabulate(rows, ("id", "name", "status", "created"), json=json)


@registrar.command("show")
def show_registrar(id: Id, folder: Dir = Path(), json: Json = False) -> None:
    """One account, with its balances."""
    with operator(folder) as found:
        show(_described(found, id), json=json)


def _described(found: Operator, id: str) -> dict[str, Any]:
    from regwire.errors import OperatorRefused

    with found.looking() as state:
        value = state.view.record("registrar", id)
        credential = state.view.record("credential", id)
    if value is None:
        raise OperatorRefused(2303, f"there is no registrar {id}", _LIST)
    return {
        **plain(value),
        "password_changed": plain(None if credential is None else credential.changed),
        "balances": _balances(found, id),
    }


def _balances(found: Operator, id: str) -> list[dict[str, Any]]:
    from regwire.registry.model.money import ReadBalances, balance_key

    rows = found.all(lambda after: ReadBalances(id, after), lambda v: balance_key(v.account, v.currency))
    return [_money(value) for value in rows]


def _money(value: Any) -> dict[str, Any]:
    from regwire.registry.model.money import to_decimal

    shown = {name: str(to_decimal(getattr(value, name), value.currency)) for name in ("amount", "limit")}
    if value.threshold is not None:
        shown["threshold"] = str(to_decimal(value.threshold, value.currency))
    return {"account": value.account, "currency": value.currency, **shown}


@registrar.command()
def add(
    id: Id,
    name: Annotated[str, typer.Option(help="Of the company.")] = "",
    certificates: Certificates = None,
    issue: Annotated[
        bool, typer.Option("--issue", help="Make a certificate with the development authority in DIR/pki.")
    ] = False,
    networks: Networks = None,
    max_sessions: Annotated[int | None, typer.Option(min=1, help="At the same time [as the server allows].")] = None,
    password_file: PasswordFile = None,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """A new account; without a password file, one is made and printed once."""
    from regwire.cli.operate import settings
    from regwire.registry.model.registrars import AddRegistrar, Registrar
    from regwire.registry.passwords import password_record

    password, made = _password(folder, id, password_file)
    kept = password_record(password, scram=settings(folder).accounts.scram)
    prints = [_fingerprint(text) for text in certificates or ()]
    with operator(folder) as found:
        with _issued(folder, id, wanted=issue) as new:
            account = Registrar(id, name, "active", (*prints, *new), tuple(networks or ()), max_sessions)
            found.ask(AddRegistrar(account, kept), cure=_LIST)
        described = _described(found, id)
        show({**described, "password": password} if made else described, json=json)


@contextmanager
def _issued(folder: Path, id: str, *, wanted: bool) -> Iterator[tuple[str, ...]]:
    """Give the fingerprint of a new certificate if one is wanted; its files go again if the account is refused."""
    if not wanted:
        yield ()
        return
    from regwire.cli.pki import issued_certificate

    with issued_certificate(folder / "pki", id) as print_:
        yield (print_,)


def _password(folder: Path, id: str, file: str | None) -> tuple[str, bool]:
    """The password, and whether it was made here."""
    from regwire.cli.init import new_password
    from regwire.cli.operate import settings
    from regwire.registry.passwords import password_problem

    if file is None:
        return new_password(), True
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("--password-file", f"{file} cannot be read ({error})") from error
    password = text.strip("\r\n")
    problem = password_problem(settings(folder).accounts, id, password)
    if problem is not None:
        raise ConfigError("--password-file", f"the password is {problem}", "choose another, or let one be made")
    return password, False


def _fingerprint(text: str) -> str:
    """The SHA-256 of a certificate, given so or as a PEM file."""
    from regwire.registry.accounts import fingerprint

    given = fingerprint(text)
    if given is not None:
        return given
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        return x509.load_pem_x509_certificate(Path(text).read_bytes()).fingerprint(SHA256()).hex()
    except OSError as error:
        raise ConfigError(text, f"no fingerprint (64 hex digits), and no file that can be read ({error})") from None
    except ValueError:
        raise ConfigError(text, "holds no certificate", "give a PEM file, or the SHA-256 fingerprint") from None


@registrar.command("set")
def change(
    id: Id,
    name: Annotated[str | None, typer.Option(help="Of the company.")] = None,
    networks: Networks = None,
    any_network: Annotated[bool, typer.Option("--any-network", help="It may come from anywhere.")] = False,
    max_sessions: Annotated[int | None, typer.Option(min=0, help="0: as the server allows.")] = None,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Change what an account may; what is not given stays."""
    from regwire.registry.model.registrars import ChangeRegistrar

    if networks and any_network:
        raise ConfigError("--network and --any-network", "exclude each other", "give one of them")
    if name is None and not networks and not any_network and max_sessions is None:
        raise ConfigError(id, "nothing to change", "give --name, --network, --any-network or --max-sessions")
    places = () if any_network else tuple(networks) if networks else None
    with operator(folder) as found:
        found.ask(ChangeRegistrar(id, name, places, max_sessions), cure=_LIST)
        show(_described(found, id), json=json)


@registrar.command()
def suspend(id: Id, folder: Dir = Path(), json: Json = False) -> None:
    """Keep a registrar out: logins get 2201, sessions end with their next command. Its objects stay."""
    _set_status(id, "suspended", folder, json=json)


@registrar.command()
def activate(id: Id, folder: Dir = Path(), json: Json = False) -> None:
    """Let a suspended registrar in again."""
    _set_status(id, "active", folder, json=json)


def _set_status(id: str, status: str, folder: Path, *, json: bool) -> None:
    from regwire.registry.model.registrars import SetRegistrarStatus

    with operator(folder) as found:
        found.ask(SetRegistrarStatus(id, status), cure=_LIST)
        show({"id": id, "status": status}, json=json)


@registrar.command()
def password(id: Id, password_file: PasswordFile = None, folder: Dir = Path(), json: Json = False) -> None:
    """Replace a password; without a file, one is made and printed once."""
    from regwire.cli.operate import settings
    from regwire.registry.model.registrars import SetPassword
    from regwire.registry.passwords import password_record

    secret, made = _password(folder, id, password_file)
    with operator(folder) as found:
        found.ask(SetPassword(id, password_record(secret, scram=settings(folder).accounts.scram)), cure=_LIST)
        show({"id": id, **({"password": secret} if made else {"password_changed": True})}, json=json)


@certificate.command("add")
def add_certificate(
    id: Id,
    given: Annotated[str | None, typer.Argument(metavar="[PEM|SHA256]", help="A file, or a fingerprint.")] = None,
    issue: Annotated[bool, typer.Option("--issue", help="Make one with the development authority in DIR/pki.")] = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Also take this certificate."""
    if (given is None) is not issue:
        raise ConfigError(id, "no certificate, or two", "give a PEM file, a fingerprint, or --issue")
    from regwire.registry.model.registrars import ChangeCertificates

    prints = () if given is None else (_fingerprint(given),)
    with operator(folder) as found:
        with _issued(folder, id, wanted=issue) as new:
            value = found.ask(ChangeCertificates(id, add=(*prints, *new)), cure=_LIST)
        show({"id": id, "certificates": value.certificates}, json=json)


@certificate.command("remove")
def remove_certificate(
    id: Id,
    given: Annotated[str, typer.Argument(metavar="PEM|SHA256", help="A file, or a fingerprint.")],
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Do not take this certificate any more; the last one stays."""
    from regwire.registry.model.registrars import ChangeCertificates

    print_ = _fingerprint(given)
    with operator(folder) as found:
        cure = f"`regwire registrar show {id}` lists them"
        value = found.ask(ChangeCertificates(id, remove=(print_,)), cure=cure)
        show({"id": id, "certificates": value.certificates}, json=json)


# --- money


@registrar.command()
def credit(
    id: Id,
    value: Annotated[str, typer.Argument(metavar="AMOUNT", help="Below zero: paid out (write -- before it).")],
    currency: Currency,
    reference: Annotated[str, typer.Option(help="An invoice, a bank's number; booked once only.")] = "",
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Book a payment."""
    from regwire.registry.model.money import Deposit

    paid = amount("AMOUNT", value)
    assert paid is not None
    _require_billed(currency.upper(), folder)
    with operator(folder) as found:
        require_registrar(found, id)
        balance = found.ask(Deposit(id, currency.upper(), paid, reference))
        show(_money(balance), json=json)


@registrar.command()
def limit(
    id: Id,
    value: Annotated[str, typer.Argument(metavar="AMOUNT", help="How far the balance may go below zero.")],
    currency: Currency,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Set a credit limit."""
    from regwire.registry.model.money import SetCreditLimit

    most = amount("AMOUNT", value)
    assert most is not None
    _require_billed(currency.upper(), folder)
    with operator(folder) as found:
        require_registrar(found, id)
        balance = found.ask(SetCreditLimit(id, currency.upper(), most), cure="book a payment first")
        show(_money(balance), json=json)


@registrar.command()
def threshold(
    id: Id,
    value: Annotated[str, typer.Argument(metavar="AMOUNT", help='"policy": as [policy.low_balance] says.')],
    currency: Currency,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Set below which a poll message says that the balance is low, credit included."""
    from regwire.registry.model.money import SetThreshold

    least = None if value == "policy" else amount("AMOUNT", value)
    _require_billed(currency.upper(), folder)
    with operator(folder) as found:
        require_registrar(found, id)
        show(_money(found.ask(SetThreshold(id, currency.upper(), least))), json=json)


def _require_billed(currency: str, folder: Path) -> None:
    """Refuse money that no zone takes, while others take some: it would lie there unseen."""
    config = settings(folder)
    fees = [config.features_for(zone)["fee"] for zone in config.registry.zones]
    known = sorted({fee.currency for fee in fees if fee.currency})
    if known and currency not in known:
        raise ConfigError("CURRENCY", f"no zone bills in {currency}", f"it is {' or '.join(known)}")


@registrar.command()
def balance(
    id: Annotated[str, typer.Argument(metavar="[ID]", help="The account [all, the registry's own too].")] = "",
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Balances and credit limits, one a currency."""
    with operator(folder) as found:
        if id:
            require_registrar(found, id)
        tabulate(_balances(found, id), ("account", "currency", "amount", "limit", "threshold"), json=json)


@registrar.command()
def history(id: Id, folder: Dir = Path(), json: Json = False) -> None:
    """What changed about an account: who, when, what."""
    from regwire.cli.trail import show_history

    show_history("registrar", id, folder, json=json)


@registrar.command()
def ledger(id: Id, folder: Dir = Path(), json: Json = False) -> None:
    """What was booked, in its order."""
    from regwire.registry.model.money import ReadEntries, to_decimal

    with operator(folder) as found:
        require_registrar(found, id)
        rows = []
        for entry in found.all(lambda after: ReadEntries(id, after), lambda value: str(value.id)):
            sign = 1 if entry.credit == id else -1
            rows.append({**plain(entry), "amount": str(sign * to_decimal(entry.amount, entry.currency))})
        tabulate(rows, ("at", "amount", "currency", "reason", "name", "reference"), json=json)
