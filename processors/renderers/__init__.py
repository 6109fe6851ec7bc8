"""Renderers turn rows into the bytes of a file. Start with `prepare`."""

from __future__ import annotations

from functools import lru_cache

from domain.formats import (
    FURTHER_FONTS,
    ArrowOptions,
    CsvOptions,
    Format,
    FormatSpec,
    JsonOptions,
    NdjsonOptions,
    ParquetOptions,
    PdfOptions,
    XlsxOptions,
)
from domain.named_fields import unknown_name
from processors.renderers.csv_frame import CsvFrame
from processors.renderers.frames import CodecMismatch as CodecMismatch
from processors.renderers.frames import Column as Column
from processors.renderers.frames import Facts as Facts
from processors.renderers.frames import FieldNotThere as FieldNotThere
from processors.renderers.frames import Frame as Frame
from processors.renderers.frames import Made as Made
from processors.renderers.frames import Member as Member
from processors.renderers.frames import Part as Part
from processors.renderers.frames import PlanUnfit as PlanUnfit
from processors.renderers.frames import Read as Read
from processors.renderers.frames import Reason as Reason
from processors.renderers.frames import Rejection as Rejection
from processors.renderers.frames import RenderPlan as RenderPlan
from processors.renderers.frames import SheetPlan as SheetPlan
from processors.renderers.frames import TextFrame as TextFrame
from processors.renderers.frames import Totals as Totals
from processors.renderers.frames import Verbatim as Verbatim
from processors.renderers.json_frame import JsonFrame
from processors.renderers.ndjson_frame import NdjsonFrame
from processors.renderers.split.frame import SplitFrame


@lru_cache(maxsize=32)
def prepare(plan: RenderPlan) -> Frame:
    """Makes everything that the plan's parts share, once a process as long as the plan is in use.

    Raises `CodecMismatch` when this release writes other bytes than the one that planned, and
    `PlanUnfit` where options and columns don't go together."""
    if plan.codec not in (None, plan.own_codec):
        raise CodecMismatch(_mismatch(plan.codec or "", plan.own_codec))
    for spec, columns in ((plan.spec, plan.columns), *map(_of_sheet, plan.sheets)):
        members = {column.name: [m.name for m in column.members or ()] for column in columns}
        if (unknown := unknown_name(spec, members)) is not None:
            raise FieldNotThere(str(unknown))
    frame = _frame(plan)
    return frame if plan.spec.split is None else SplitFrame(plan, frame)


def _of_sheet(sheet: SheetPlan) -> tuple[FormatSpec, tuple[Column, ...]]:
    return FormatSpec(format=Format.XLSX, options=sheet.options), sheet.columns


def _frame(plan: RenderPlan) -> Frame:
    """Of one file, or of each of a split's."""
    match plan.spec.options:
        case CsvOptions() as options:
            return CsvFrame(plan, options)
        case JsonOptions() as options:
            return JsonFrame(plan, options)
        case NdjsonOptions() as options:
            return NdjsonFrame(plan, options)
        case ParquetOptions() as options:
            from processors.renderers.columnar.parquet_frame import ParquetFrame  # loads pyarrow

            return ParquetFrame(plan, options)
        case ArrowOptions() as options:
            from processors.renderers.columnar.arrow_frame import ArrowFrame  # loads pyarrow

            return ArrowFrame(plan, options)
        case PdfOptions() as options:
            from processors.renderers.pdf.frame import PdfFrame  # loads ReportLab and HarfBuzz

            return PdfFrame(plan, options)
        case XlsxOptions(workbook=str() as workbook) as options:
            from processors.renderers.xlsx.uploaded_frame import UploadedFrame  # loads openpyxl

            return UploadedFrame(plan, options, workbook)
        case XlsxOptions() as options:
            from processors.renderers.xlsx.frame import XlsxFrame  # loads openpyxl

            return XlsxFrame(plan, options)


def _mismatch(planned: str, own: str) -> str:
    said = f"the plan says {planned}, this worker has {own}"
    if _further_fonts(planned) == _further_fonts(own):
        return said
    return (
        f"{said}: their further fonts differ. Give every process the same font files in the same "
        "order (WAYBILL_PDF_FONTS)"
    )


def _further_fonts(codec: str) -> list[str]:
    return [part for part in codec.split("+") if part.startswith(f"{FURTHER_FONTS}:")]
