"""From the command line's words to the body of a request for an export."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from cli.exits import Code, Refused
from domain.formats import Format, default_format
from domain.masks import NUMBERS

_COMPRESSIONS = {"gz": "gzip", "zst": "zstd"}
_SPLITS: dict[str, Callable[[str], Any]] = {"by": str, "rows": int, "bytes": int}
_STRUCTURED = ("tuple", "Listed", "Summary")
"""How the types of options begin that are objects and arrays."""
_FILES = ("logo", "workbook")
"""Options that are files in base64."""
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\\": "\\"}


def with_masks(fields: list[Any] | None, masks: Iterable[str]) -> list[Any] | None:
    """The fields with the masks `name=token`, or `name=method:option=value,option=value`; a field
    of a nested value is named behind its relation, `items.sku`. Where a column and a field of a
    nested value are both called so, both are masked."""
    for name, mask in dict(_mask(each) for each in masks).items():
        if fields is None:
            raise _wrong("--mask: name the fields that are exported with --fields, masked or not.")
        names = list(_names(fields))
        if name not in names:
            raise _wrong(f"--mask {name}: it is not among the --fields {', '.join(names)}.")
        fields = _masked(fields, name, mask)
    return fields


def chosen_filter(text: str | None) -> Any:
    """JSON, or `@file` with JSON in it."""
    return None if text is None else _json("--filter", text, "docs/filters.md")


def chosen_order(texts: Iterable[str]) -> list[dict[str, str]]:
    """`field` or `field:desc`, each perhaps several with commas between."""
    return [_order(part.strip()) for text in texts for part in text.split(",")]


def chosen_formats(formats: Iterable[str], options: Iterable[str]) -> list[dict[str, Any]]:
    """`csv`, `ndjson.zst`; an option is for every format, or for one: `csv.delimiter=;`."""
    pairs = [_option(text) for text in options]
    wanted = [_format(text.strip()) for each in formats for text in each.split(",")]
    for name, option, _ in pairs:
        if name is not None and name not in {each["format"] for each in wanted}:
            raise _wrong(f"--option {name}.{option}: there is no --format {name}.")
    for each in wanted:
        name = each["format"]
        found = {
            option: _typed(name, option, text) for of, option, text in pairs if of in (None, name)
        }
        if found:
            each["options"] = found
    return wanted


def chosen_split(text: str | None, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The formats, each with `by=region`, `rows=1000000` or `bytes=50000000`."""
    if text is None:
        return wanted
    how, equals, value = text.partition("=")
    if not equals or how not in _SPLITS or (how != "by" and not value.isdecimal()):
        raise _wrong(f"--split {text}: write by=FIELD, rows=NUMBER or bytes=NUMBER.")
    return [{**each, "split": {how: _SPLITS[how](value)}} for each in wanted]


def chosen_sheets(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Each a dataset's id, or JSON as the API has it, or `@file` with such JSON in it."""
    return [_sheet(text.strip()) for text in texts]


def _sheet(text: str) -> dict[str, Any]:
    if not text.startswith(("{", "[", "@")):
        return {"dataset": text}
    found = _json("--sheet", text, "docs/excel.md")
    if isinstance(found, dict) and isinstance(found.get("dataset"), str):
        return found
    raise _wrong(
        '--sheet: as JSON it is an object with a dataset, such as {"dataset": "airlines"}.'
    )


def _masked(fields: list[Any], name: str, mask: Any) -> list[Any]:
    """With every field masked that is called so, a column or one in a nested value: what reads as
    two must not stay plain in one of them."""
    return [_with_mask(each, name, mask) for each in fields]


def _names(fields: list[Any]) -> Iterator[str]:
    for each in fields:
        name, within = _named(each)
        yield name
        yield from (f"{name}.{inner}" for inner in _names(within))


def _named(field: Any) -> tuple[str, list[Any]]:
    """What a field is called, and those that are nested in it."""
    if not isinstance(field, dict):
        return str(field), []
    within = field.get("fields")
    return str(field.get("name")), within if isinstance(within, list) else []


def _with_mask(field: Any, name: str, mask: Any) -> Any:
    own, within = _named(field)
    if name == own:
        return {**({"name": field} if isinstance(field, str) else field), "mask": mask}
    if within and name.startswith(f"{own}."):
        return {**field, "fields": _masked(within, name.removeprefix(f"{own}."), mask)}
    return field


def _mask(text: str) -> tuple[str, Any]:
    name, equals, said = text.partition("=")
    method, _, options = said.partition(":")
    if not equals or not method:
        raise _wrong(f"--mask {text}: write field=method, such as email=token (docs/masks.md).")
    parts = [part for part in options.split(",") if part]
    return name.strip(), {"method": method, **dict(_mask_option(text, part) for part in parts)}


def _mask_option(text: str, part: str) -> tuple[str, Any]:
    """What is unknown, or of no use, is the server's to refuse."""
    name, equals, value = part.partition("=")
    if not equals:
        raise _wrong(f"--mask {text}: write each option as name=value.")
    number = name in NUMBERS and value.isascii() and value.isdecimal()
    return name, int(value) if number else value


def _order(text: str) -> dict[str, str]:
    field, colon, direction = text.partition(":")
    if colon and direction not in ("asc", "desc"):
        raise _wrong(f"--order {text}: write field:asc or field:desc.")
    return {"field": field, "direction": direction or "asc"}


def _format(text: str) -> dict[str, Any]:
    name, dot, ending = text.partition(".")
    if not dot:
        return {"format": name}
    if ending not in _COMPRESSIONS:
        raise _wrong(f"--format {text}: compressed is {name}.gz or {name}.zst.")
    return {"format": name, "compression": _COMPRESSIONS[ending]}


def _option(text: str) -> tuple[str | None, str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise _wrong(f"--option {text}: write name=value.")
    of, dot, option = key.rpartition(".")
    return (of if dot else None), option, value


def _typed(format_name: str, option: str, text: str) -> Any:
    """As the option's type wants it; what is unknown is the server's to refuse."""
    kind = _kinds(format_name).get(option, "str")
    if text == "null" and kind.endswith("| None"):
        return None
    if kind == "bool":
        return _boolean(option, text)
    if kind.startswith("int") and text.lstrip("-").isdecimal():
        return int(text)
    if kind.startswith(_STRUCTURED):
        return _json(f"--option {option}", text, "docs/formats.md")
    if option in _FILES and text.startswith("@"):
        return _base64(option, Path(text[1:]))
    for escaped, meant in _ESCAPES.items():
        text = text.replace(escaped, meant)
    return text


def _base64(option: str, file: Path) -> str:
    try:
        return b64encode(file.read_bytes()).decode()
    except OSError as error:
        raise _wrong(f"--option {option}: {file} can't be read: {error.strerror}.") from error


def _json(what: str, text: str, docs: str) -> Any:
    try:
        return json.loads(Path(text[1:]).read_text() if text.startswith("@") else text)
    except OSError as error:
        raise _wrong(f"{what}: {text[1:]} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise _wrong(f"{what} is no JSON: {error}. See {docs}.") from error


def _kinds(format_name: str) -> dict[str, str]:
    if format_name not in list(Format):
        return {}
    options = default_format(Format(format_name)).options
    return {each.name: str(each.type) for each in fields(options)}


def _boolean(option: str, text: str) -> bool:
    if text.lower() in ("true", "yes", "on", "1"):
        return True
    if text.lower() in ("false", "no", "off", "0"):
        return False
    raise _wrong(f"--option {option}={text}: write true or false.")


def _wrong(sentence: str) -> Refused:
    return Refused(sentence, Code.USAGE)
