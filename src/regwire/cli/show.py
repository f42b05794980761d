"""Printing responses and greetings: for people, and as JSON."""

from __future__ import annotations

import datetime as dt
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from regwire.epp import Greeting, Response, Result
    from regwire.schema import Raw

__all__ = ["grid", "plain_greeting", "plain_response", "print_json", "printable", "readable", "table"]

# Fields that say nothing to a reader when they have these values.
_SILENT: Mapping[str, object] = {"lang": "en", "ip": "v4", "text": ""}


def plain_response(response: Response, *, secrets: bool = False) -> dict[str, Any]:
    """A response as plain data: what ``--json`` prints (docs/reference/epp-json.md)."""
    result = response.results[0]
    results = [_plain_result(each, secrets=secrets) for each in response.results]
    plain: dict[str, Any] = {
        "code": int(result.code),
        "message": result.msg.text,
        "reasons": [value["reason"] for each in results for value in each["values"] if value["reason"] is not None],
        "results": results,
        "cl_trid": response.tr_id.cl_trid,
        "sv_trid": response.tr_id.sv_trid,
    }
    if response.msg_q is not None:
        plain["msg_q"] = response.msg_q.to_dict()
    plain["data"] = [_typed(item, secrets=secrets) for item in response.res_data]
    plain["extension"] = [_typed(item, secrets=secrets) for item in response.extension]
    return plain


def _plain_result(result: Result, *, secrets: bool) -> dict[str, Any]:
    """One result with what was at fault: elements of the command, each with its reason if one is told."""
    from regwire.epp import ExtValue

    values = []
    for value in result.values:
        # An extValue has a value and a reason, a value stands alone (RFC 5730 section 2.6).
        given, reason = (value.value, value.reason.text) if isinstance(value, ExtValue) else (value, None)
        text = given.text if given.element is None else _xml(given.element, secrets=secrets)
        values.append({"value": text, "reason": reason})
    return {"code": int(result.code), "message": result.msg.text, "lang": result.msg.lang, "values": values}


def _xml(raw: Raw, *, secrets: bool) -> str:
    """An element that is kept raw; of authInfo and passwords in it only that they were there, unless asked for."""
    from regwire.epp import DEFAULT

    xml = bytes(raw.xml)
    # What cannot be read cannot be masked either; a Raw is well-formed, though.
    return (xml if secrets else DEFAULT.mask(xml) or b"***").decode("utf-8", "replace")


def plain_greeting(greeting: Greeting) -> dict[str, Any]:
    """A greeting as plain data."""
    return {
        "sv_id": greeting.sv_id,
        "sv_date": greeting.sv_date,
        "version": list(greeting.svc_menu.version),
        "lang": list(greeting.svc_menu.lang),
        "obj_uri": list(greeting.svc_menu.obj_uri),
        "ext_uri": list(greeting.svc_menu.ext_uri),
    }


def _typed(item: Any, *, secrets: bool) -> dict[str, Any]:
    """One element with its class; what is not declared keeps its XML."""
    from regwire.schema import Raw

    if isinstance(item, Raw):
        return {"type": "Raw", "xml": _xml(item, secrets=secrets)}
    return {"type": type(item).__name__, **item.to_dict(secrets=secrets)}


def print_json(plain: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON object or array: one line for programs, indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(plain, ensure_ascii=False, indent=indent, default=_json_value).translate(_CONTROLS))


def _json_value(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)


def readable(plain: Mapping[str, Any]) -> None:
    """A response or greeting for people."""
    _printed(lambda console: _readable(console, plain))


def grid(plain: Mapping[str, Any]) -> None:
    """Names and values below each other; what is empty is left out."""
    _printed(lambda console: _grid(console, plain.items()))


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """A table of some members of each row."""

    def write(console: Console) -> None:
        from rich.table import Table
        from rich.text import Text

        found = Table(box=None, pad_edge=False)
        for title in columns:
            found.add_column(title.replace("_", " "), overflow="fold")
        for row in rows:
            found.add_row(*(Text(_text(row.get(name))) for name in columns))
        console.print(found)

    _printed(write)


def _printed(write: Callable[[Console], object]) -> None:
    console = _console()
    with console.capture() as capture:
        write(console)
    # Tables pad their last column.
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _readable(console: Console, plain: Mapping[str, Any]) -> None:
    from rich.text import Text

    if "code" not in plain:
        _grid(console, plain.items())
        return
    if "msg_q" in plain:
        _grid(console, ((f"queue {name}", value) for name, value in plain["msg_q"].items()))
    for item in (*plain["data"], *plain["extension"]):
        _element(console, item)
    _transaction(console, plain)
    colour = "green" if plain["code"] < 2000 else "red"
    console.print(Text.assemble((str(plain["code"]), colour), f" {printable(plain['message'])}"))
    for reason in plain["reasons"]:
        console.print(f"     {printable(reason)}", markup=False, highlight=False)
    _rest(console, plain.get("results", ()))


def _rest(console: Console, results: Sequence[Mapping[str, Any]]) -> None:
    """What the first result and the reasons leave out: values without a reason, and other results."""
    for value in (value["value"] for result in results for value in result["values"] if value["reason"] is None):
        console.print(f"     {printable(value)}", markup=False, highlight=False)
    for result in results[1:]:
        console.print(f"{result['code']} {printable(result['message'])}", markup=False, highlight=False)


def _transaction(console: Console, plain: Mapping[str, Any]) -> None:
    """The transaction identifiers: what a registrar quotes when it asks a registry about a command."""
    _grid(console, ((name, plain.get(key)) for name, key in (("clTRID", "cl_trid"), ("svTRID", "sv_trid"))))


def _console() -> Console:
    from rich.console import Console

    # No terminal, no folding: a pipe's reader wants whole lines.
    return Console() if sys.stdout.isatty() else Console(width=1000, highlight=False)


def _element(console: Console, item: Mapping[str, Any]) -> None:
    rows = item.get("items")
    if item["type"].endswith("CheckData") and rows:
        _check_table(console, rows)
    else:
        _grid(console, ((name, value) for name, value in item.items() if name != "type"))


def _check_table(console: Console, rows: Iterable[Mapping[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in ("name", "available", "reason"):
        table.add_column(title)
    for row in rows:
        checked = row.get("name") or row.get("id") or {}
        named = [str(value) for name, value in checked.items() if name != "avail"]
        available = "yes" if checked.get("avail") else "no"
        table.add_row(*map(Text, (named[0] if named else "", available, _text(row.get("reason")))))
    console.print(table)


def _grid(console: Console, pairs: Iterable[tuple[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for name, text in _pairs(pairs):
        table.add_row(Text(name.replace("_", " "), style="bold"), Text(text))
    if table.row_count:
        console.print(table)


def _pairs(pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        text = _text(value)
        if text:
            yield name, text


def _text(value: Any) -> str:
    """Any plain value on one line: lists by commas, objects by their values."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(filter(None, (_text(item) for name, item in value.items() if _SILENT.get(name) != item)))
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(_text, value)))
    if isinstance(value, str):
        return printable(value)
    return str(value) if isinstance(value, int) else _json_value(value)


def printable(text: str) -> str:
    """Give a peer's text as one line that does nothing to a terminal: ends of lines are spaces, controls are escaped.

    XML lets U+0080 to U+009F through, and with them a terminal's control sequences. Marks of direction are escaped as
    well: they would let a text look like another.
    """
    if text.isprintable():
        return text
    kept = text.translate(_SPACES)
    return "".join([char if _shows(char) else char.encode("unicode_escape").decode() for char in kept])


def _shows(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Zl", "Zp", "Cs"} or char in _JOINERS


# JSON itself escapes those below U+0020 only; these occur nowhere but within its strings.
_CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}
_SPACES = str.maketrans("\t\n\r", "   ")
_JOINERS = "\u200c\u200d"
"""Signs without a form of their own that some scripts' words need."""
