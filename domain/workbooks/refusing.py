"""What every refusal of an uploaded workbook is."""

from __future__ import annotations


class WorkbookRefused(Exception):
    """The workbook can't be filled. The message reads on from the name of the option: what the
    workbook has, where, and what to do."""
