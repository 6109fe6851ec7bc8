"""The rules of an export that can be broken; a docstring is what the user reads."""

from __future__ import annotations


class ExportRuleBroken(Exception):
    """The export doesn't allow this now."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "").strip()


class ExportUnknown(ExportRuleBroken):
    """There is no such export."""


class IdempotencyKeyReused(ExportRuleBroken):
    """This Idempotency-Key was used for another request. Use a new key for a new request."""


class ExportNotPlanned(ExportRuleBroken):
    """The export is not planned yet."""


class ExportEnded(ExportRuleBroken):
    """The export has ended, so this can't be done to it any more."""


class ExportNotEnded(ExportRuleBroken):
    """The export has not ended yet. Cancel it first, or wait until it is done."""


class ExportNotPaused(ExportRuleBroken):
    """The export is not paused, so there is nothing to resume."""


class NothingToRetry(ExportRuleBroken):
    """Only a failed or cancelled export can be retried. Request a new one instead."""


class AttemptSuperseded(ExportRuleBroken):
    """A newer attempt has taken over; what this one did no longer counts."""


class ChunkUnknown(ExportRuleBroken):
    """The export has no such chunk or file."""


class ChunksMissing(ExportRuleBroken):
    """Not all chunks of the file are rendered yet."""


class SheetsMissing(ExportRuleBroken):
    """The rows of a sheet before this are not all read yet."""


class RowsDoNotAddUp(ExportRuleBroken):
    """Rows written and rejected must add up to the rows that were staged."""
