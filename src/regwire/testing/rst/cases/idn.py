"""idn-01 and idn-02: internationalised names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from regwire.testing.rst.case import Case, rst_case
from regwire.testing.rst.inputs import IdnTable, Tld
from regwire.testing.rst.objects import create_contact, domain_command
from regwire.testing.rst.session import Reply

_VARIANT = "IDN_VARIANT_SERVER"


def to_a_label(label: str) -> str:
    """The A-label of a U-label, also of one that IDNA2008 forbids: the server is to find that out."""
    label = unicodedata.normalize("NFC", label.lower())
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _tables(case: Case) -> Iterator[tuple[Tld, IdnTable]]:
    for tld in case.inputs.tlds:
        for table in tld.tables:
            yield tld, table


async def _create(
    case: Case, number: int, tld: Tld, table: IdnTable, label: str, *, registrant: str | None = None
) -> Reply:
    """Try to register a label of a table; a registrant of its own if it is given."""
    session = await case.login(number)
    name = "idn.domainCreateExtension"
    extension = case.extension_of(session, name, "EPP_INVALID_IDN_EXTENSION", tag=table.tag)
    domain = f"{to_a_label(label)}.{tld.name}"
    command = await domain_command(case, number, domain, registrant=registrant, extension=extension)
    return await session.ask(command)


@rst_case("idn-01")
async def idn_labels(case: Case) -> None:
    """Labels of a table are registered, others are not, and variants are kept as the policy says."""
    found = list(_tables(case))
    if not found:
        case.skip("the inputs name no labels ([[tld.idnTable]])")
    for tld, table in found:
        for label in table.valid:
            case.step(f"{label}.{tld.name}, which {table.tag} allows, is accepted")
            reply = await _create(case, 1, tld, table, label)
            if reply.code == 2302:
                case.note(f"{label}.{tld.name} is registered already")
            elif reply.refused:
                case.report("IDN_SERVER_REJECTS_VALID_LABEL", f"refused: {reply}")
        for label in table.invalid:
            case.step(f"{label}.{tld.name}, which {table.tag} does not allow, is refused")
            reply = await _create(case, 1, tld, table, label)
            if reply.ok:
                case.report("IDN_SERVER_ACCEPTS_INVALID_LABEL", f"accepted: {reply}")
        for label, variant in table.variants:
            await _variant(case, tld, table, label, variant)


async def _variant(case: Case, tld: Tld, table: IdnTable, label: str, variant: str) -> None:
    """Register a label; then its variant, by whom it may and may not be."""
    case.step(f"{label}.{tld.name}, which has the variant {variant}, is accepted")
    client = case.inputs.thick_client() or 1
    reply = await _create(case, client, tld, table, label)
    if reply.code == 2302:
        case.note(f"{label}.{tld.name} is registered already: its variant is not tried")
        return
    if not reply.ok:
        case.report("IDN_SERVER_REJECTS_VALID_LABEL", f"refused: {reply}")
        return
    if tld.variant_policy == "blocked":
        case.step(f"{variant}.{tld.name} is refused: variants are blocked")
        await _refused(case, client, tld, table, variant, code="IDN_VARIANT_LABEL_NOT_BLOCKED")
        return
    case.step(f"{variant}.{tld.name} is refused to another registrar")
    wrong = f"{_VARIANT}_ACCEPTS_VARIANT_CREATE_FROM_INCORRECT_REGISTRAR"
    await _refused(case, 3 - client, tld, table, variant, code=wrong)
    whom, code = "registrar", f"{_VARIANT}_REJECTS_VARIANT_CREATE_FROM_SAME_REGISTRAR"
    if not case.inputs.minimum(client):
        case.step(f"{variant}.{tld.name} is refused to another registrant")
        other, _ = await create_contact(case, client)
        wrong = f"{_VARIANT}_ACCEPTS_VARIANT_CREATE_WITH_INCORRECT_REGISTRANT"
        await _refused(case, client, tld, table, variant, code=wrong, registrant=other)
        whom, code = "registrant", f"{_VARIANT}_REJECTS_VARIANT_CREATE_WITH_SAME_REGISTRANT"
    case.step(f"{variant}.{tld.name} is accepted for the same {whom}")
    reply = await _create(case, client, tld, table, variant)
    if reply.refused:
        case.report(code, f"refused: {reply}")


async def _refused(
    case: Case, number: int, tld: Tld, table: IdnTable, label: str, *, code: str, registrant: str | None = None
) -> None:
    reply = await _create(case, number, tld, table, label, registrant=registrant)
    if reply.ok:
        case.report(code, f"accepted: {reply}")


@rst_case("idn-02")
async def ascii_in_idn_only(case: Case) -> None:
    """A name in ASCII is refused where names must be IDNs."""
    tlds = [tld for tld in case.inputs.tlds if tld.idn_only]
    if not tlds:
        case.skip("no TLD of the inputs is for IDNs only")
    for tld in tlds:
        case.step(f"a name in ASCII below {tld.name} is refused")
        session = await case.login()
        command = await domain_command(case, 1, f"{case.values.label()}.{tld.name}")
        await case.refused(session, command, "IDN_IDNONLY_TLD_ACCEPTS_ASCII_DOMAIN")
