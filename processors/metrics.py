"""What the workers and their steward say to Prometheus. No export, person or workspace becomes a
label; a file is named by its format, of which there are few."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
_ROWS_PER_SECOND = (100, 1e3, 1e4, 2.5e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6)

queue = Gauge(
    "waybill_jobs", "Jobs in the table of work, as the leader sees them.", ["kind", "state"]
)
released = Counter("waybill_jobs_released", "Jobs released to the workers.", ["lane"])
job_seconds = Histogram(
    "waybill_job_seconds",
    "Seconds from a job's lease to its end.",
    ["kind", "outcome"],
    buckets=_SECONDS,
)
chunk_seconds = Histogram(
    "waybill_chunk_seconds",
    "Seconds that a child took to render a chunk and store the part.",
    ["file"],
    buckets=_SECONDS,
)
extracted_rows = Counter("waybill_extracted_rows", "Rows read from sources and staged.")
extraction_rate = Histogram(
    "waybill_extraction_rows_per_second",
    "Rows a second of whole extractions.",
    buckets=_ROWS_PER_SECOND,
)
staged_bytes = Counter("waybill_staged_bytes", "Bytes of rows staged, before compression.")
rendered_bytes = Counter("waybill_rendered_bytes", "Bytes of parts rendered.", ["file"])
faults = Counter(
    "waybill_job_faults",
    "Jobs that failed: tried again, or the export failed.",
    ["kind", "reason", "outcome"],
)
exports_failed = Counter("waybill_exports_failed", "Exports that failed.", ["reason"])
leases_lost = Counter(
    "waybill_leases_lost", "Leases that ran out: a worker died or was cut off.", ["kind"]
)
children_died = Counter("waybill_children_died", "Child processes that died at their task.")
chores = Histogram(
    "waybill_chore_seconds", "Seconds that a steward's chore took.", ["chore"], buckets=_SECONDS
)


def show_queue(depths: Mapping[tuple[str, str], int]) -> None:
    """Shows these depths by kind and state, and no others."""
    queue.clear()
    for (kind, state), jobs in depths.items():
        queue.labels(kind, state).set(jobs)
