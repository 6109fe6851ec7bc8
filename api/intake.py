"""A request for an export, from its body to the recorded fact.

Everything is checked against the dataset before anything is stored. What may be personal data -
the purpose, literals of personal-data fields - goes to the vault, and events name references.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID, uuid4, uuid5

from api.models.requests import ExportRequest, SheetChoice
from api.ports import ApiPorts
from api.present import Shown, advance
from api.problem_types import INVALID_FORMAT
from api.problems import Fault, Problem
from api.questions import Question, question_of, within
from domain import formats, splits
from domain.access import ApiKey
from domain.exports.commands import RequestExport
from domain.exports.errors import IdempotencyKeyReused
from domain.exports.events import ChosenSheet, SheetsRequested, WantedFile
from domain.formats import FormatInvalid, FormatSpec, XlsxOptions
from domain.formats import Problem as FormatProblem
from domain.named_fields import UnknownName, unknown_name
from domain.rows import Chosen, Nested, QueryInvalid, RowQuery, name_of
from domain.sheets import apart, options_of_sheet, sheet_options_to_json, unfit_for_sheets
from domain.workbooks.templates import unfit as workbook_unfit
from schemas import traces

_EXPORTS = UUID("6b1d5a3e-6f0e-4f5c-9a55-2b0c5c1f7d11")
"""The namespace of ids that are derived from an Idempotency-Key; it never changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The export as its request made it, so that a repeat of the request is answered the same."""

    shown: Shown
    replayed: bool


def accept(ports: ApiPorts, key: ApiKey, body: ExportRequest, idempotency: str | None) -> Accepted:
    """Raises what the domain's checks raise, `Problem` and `IdempotencyKeyReused`."""
    digest = _digest(ports.secret, body)
    export_id = _export_id(key, idempotency)
    if idempotency is not None and (known := _as_requested(ports, export_id)) is not None:
        return _repeated(known, digest)
    with traces.span("request export", export_id, kind="server", first=True):
        command = _command(ports, key, body, digest)
        facts = ports.exports.execute(export_id, command)
        ports.stored()
        shown = _as_requested(ports, export_id)
    assert shown is not None  # noqa: S101 - it was recorded just now, or before
    return Accepted(shown=shown, replayed=not facts)


def _command(ports: ApiPorts, key: ApiKey, body: ExportRequest, digest: str) -> RequestExport:
    first = question_of(ports, body)
    sheets = _sheets(ports, body.sheets)
    files = _files(body.formats, first.query)
    _check_sheets(first, sheets, body, files)
    actor = ports.vault.subject(key.workspace, str(key.principal))
    keep = partial(ports.vault.keep, actor)
    return RequestExport(
        workspace=key.workspace,
        requested_by=actor,
        purpose=None if body.purpose is None else keep(body.purpose),
        dataset=first.dataset.id,
        fields=first.fields(keep),
        filter=first.filter(keep),
        order=first.order,
        limit=first.query.limit,
        files=tuple(
            WantedFile(name=name, format=formats.to_json(spec)) for name, spec in files.items()
        ),
        sheets=tuple(
            ChosenSheet(
                dataset=sheet.dataset.id,
                fields=sheet.fields(keep),
                filter=sheet.filter(keep),
                order=sheet.order,
                limit=sheet.query.limit,
                options=sheet_options_to_json(choice.options),
            )
            for sheet, choice in zip(sheets, body.sheets, strict=True)
        ),
        priority=body.priority,
        retention_days=body.retention_days or ports.retention_days,
        request_digest=digest,
        at=first.query.asked_at,
    )


def _sheets(ports: ApiPorts, choices: Sequence[SheetChoice]) -> list[Question]:
    sheets = []
    for index, choice in enumerate(choices):
        with within(f"sheets[{index}]"):
            sheets.append(question_of(ports, choice))
    return sheets


def _check_sheets(
    first: Question,
    sheets: Sequence[Question],
    body: ExportRequest,
    files: Mapping[str, FormatSpec],
) -> None:
    """That they can be in one workbook, in each of those that are asked for."""
    if not sheets:
        return
    unfit = [unfit_for_sheets(spec) for spec in files.values()]
    if faults := [Fault(f"/formats/{at}", why) for at, why in enumerate(unfit) if why is not None]:
        raise Problem(INVALID_FORMAT, faults=faults)
    for index, (sheet, choice) in enumerate(zip(sheets, body.sheets, strict=True)):
        if (why := apart([first.dataset, sheet.dataset])) is not None:
            raise QueryInvalid(f"sheets[{index}].dataset", why)
        with within(f"sheets[{index}]"):
            for spec in files.values():
                _check_options(spec, choice.options, sheet.query)


def _check_options(spec: FormatSpec, options: object, query: RowQuery) -> None:
    assert isinstance(spec.options, XlsxOptions)  # noqa: S101 - others are unfit
    its = replace(spec, options=options_of_sheet(spec.options, options, "/options"))
    _check_named(its, query, "")


def spec_of(choice: object, query: RowQuery, at: str) -> FormatSpec:
    """A format that the question's rows can be written in. Raises `FormatInvalid`."""
    spec = formats.parse_format({"format": choice} if isinstance(choice, str) else choice, at)
    if (why := splits.unfit(spec.split, query.fields, query.order)) is not None:
        raise FormatInvalid((FormatProblem(at=f"{at}/split/by", text=why),))
    _check_named(spec, query, at)
    if isinstance(spec.options, XlsxOptions) and spec.options.workbook is not None:
        why = workbook_unfit(spec.options.workbook, [name_of(each) for each in query.fields])
        if why is not None:
            raise FormatInvalid((FormatProblem(at=f"{at}/options/workbook", text=why),))
    return spec


def _check_named(spec: FormatSpec, query: RowQuery, at: str) -> None:
    if (unknown := unknown_name(spec, dict(map(_members, query.fields)))) is not None:
        raise FormatInvalid((FormatProblem(at=f"{at}/{unknown.option}", text=_told(unknown)),))


def _members(chosen: Chosen) -> tuple[str, list[str]]:
    fields = chosen.fields if isinstance(chosen, Nested) else ()
    return name_of(chosen), list(map(name_of, fields))


def _told(unknown: UnknownName) -> str:
    return f"{unknown}. Correct the name, or export the field too"


def _files(choices: Sequence[object], query: RowQuery) -> dict[str, FormatSpec]:
    """By their names, in the order of the choices."""
    specs = [spec_of(choice, query, f"/formats/{index}") for index, choice in enumerate(choices)]
    for index, spec in enumerate(specs):
        if spec in specs[:index]:
            fault = Fault(f"/formats/{index}", "this format is asked for twice; leave one out")
            raise Problem(INVALID_FORMAT, faults=[fault])
    return dict(zip(_names(specs), specs, strict=True))


def _names(specs: Sequence[FormatSpec]) -> list[str]:
    """`csv`, and `2.csv` for a second one with other options: what follows the dataset's name."""
    seen: Counter[str] = Counter()
    names = []
    for spec in specs:
        seen[spec.extension] += 1
        count = seen[spec.extension]
        names.append(spec.extension if count == 1 else f"{count}.{spec.extension}")
    return names


def _export_id(key: ApiKey, idempotency: str | None) -> UUID:
    """With a key it follows from it, so that the store itself refuses a second export."""
    if idempotency is None:
        return uuid4()
    return uuid5(_EXPORTS, json.dumps([key.workspace, str(key.principal), idempotency]))


def _digest(secret: bytes, body: ExportRequest) -> str:
    """Keyed, as it stands in an event: without the key nobody can try out what was asked for."""
    asked = body.model_dump(exclude_unset=True)
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hmac.digest(secret, b"export request\0" + text.encode(), "sha256").hex()


def _as_requested(ports: ApiPorts, export_id: UUID) -> Shown | None:
    shown: Shown | None = None
    for recorded in ports.store.read(export_id)[:2]:
        if shown is None or isinstance(recorded.event, SheetsRequested):
            shown = advance(shown, recorded)
    return shown


def _repeated(known: Shown, digest: str) -> Accepted:
    if not hmac.compare_digest(known.requested.request_digest, digest):
        raise IdempotencyKeyReused
    return Accepted(shown=known, replayed=True)
