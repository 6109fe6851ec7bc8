"""Why an export can fail, in codes that scripts can use and words that people can act on."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The code is released: it stands in stored events and never changes its meaning."""

    DATASET_UNKNOWN = "dataset-unknown"
    DATASET_CHANGED = "dataset-changed"
    REQUEST_INVALID = "request-invalid"
    SOURCE_UNAVAILABLE = "source-unavailable"
    SOURCE_REFUSED = "source-refused"
    STORAGE_FULL = "storage-full"
    STORAGE_UNAVAILABLE = "storage-unavailable"
    STAGED_ROWS_LOST = "staged-rows-lost"
    WORKERS_LOST = "workers-lost"
    STALLED = "stalled"
    INTERNAL = "internal"


REMEDIES: dict[Reason, str] = {
    Reason.DATASET_UNKNOWN: "The dataset is no longer declared. Add it again, or ask for another.",
    Reason.DATASET_CHANGED: "The dataset's definition changed while the export was waiting. "
    "Request the export again to use the new definition.",
    Reason.REQUEST_INVALID: "The request doesn't fit the dataset, or its rows no such file. Check "
    "its fields, filter and formats, then request it again.",
    Reason.SOURCE_UNAVAILABLE: "The source database could not be read to the end. Check that it "
    "runs and can be reached, then retry.",
    Reason.SOURCE_REFUSED: "The source database refused the query. Check the dataset's table, "
    "columns and the source user's permissions, then retry.",
    Reason.STORAGE_FULL: "The file store has no room left. Free some space, then retry: what is "
    "rendered already is kept.",
    Reason.STORAGE_UNAVAILABLE: "The file store does not answer. Check that it runs, then retry: "
    "what is rendered already is kept.",
    Reason.STAGED_ROWS_LOST: "The staged rows can't be read back. Retry: the rows are read from "
    "the source again.",
    Reason.WORKERS_LOST: "Several workers died at the same piece of work. Look at their memory "
    "limit and logs, then retry.",
    Reason.STALLED: "No worker made progress for too long. Check that workers run "
    "(`waybill doctor`), then retry.",
    Reason.INTERNAL: "This is a fault of the service. The logs under this export's id say more; "
    "retry, and report it if it happens again.",
}

EXTRACT_AGAIN = frozenset({Reason.STAGED_ROWS_LOST})
"""Failures after which a retry can't use the rows that were staged before."""
