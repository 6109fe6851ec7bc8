"""Every kind of refusal, with the address that names it for ever and what its reader can do.

A slug is released with the first answer that carries it and never changes its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """`advice` says what to do; it is the detail of a problem that has none of its own."""

    slug: str
    status: int
    title: str
    advice: str

    @property
    def uri(self) -> str:
        return f"/problems/{self.slug}"


_TYPES: dict[str, ProblemType] = {}


def _type(slug: str, status: int, title: str, advice: str) -> ProblemType:
    return _TYPES.setdefault(slug, ProblemType(slug, status, title, advice))


UNAUTHENTICATED = _type(
    "unauthenticated",
    401,
    "No valid API key",
    "Send `Authorization: Bearer wb_…` with a key that is neither expired nor revoked.",
)
SCOPE_MISSING = _type(
    "scope-missing",
    403,
    "The API key may not do this",
    "Use a key with the scope that `scope` names, or ask an administrator for one.",
)
NOT_FOUND = _type(
    "not-found",
    404,
    "There is no such thing",
    "Check the address. What belongs to another workspace is not shown either.",
)
METHOD_NOT_ALLOWED = _type(
    "method-not-allowed", 405, "This method is not offered here", "See the header Allow."
)
MALFORMED_BODY = _type(
    "malformed-body",
    400,
    "The body is not JSON",
    "Send one JSON document in UTF-8, nested at most 64 levels deep.",
)
BODY_TOO_LARGE = _type(
    "body-too-large",
    413,
    "The body is too large",
    "A body has at most 256 KiB. Shorten the filter; a long list of values belongs in a dataset.",
)
BODY_NOT_JSON = _type(
    "unsupported-media-type",
    415,
    "The body has another type",
    "Send `Content-Type: application/json` without a content encoding.",
)
INVALID_PARAMETER = _type(
    "invalid-parameter",
    400,
    "A parameter can't be used",
    "Mend the parameters and headers that `errors` names.",
)
INVALID_CURSOR = _type(
    "invalid-cursor",
    400,
    "This cursor is not ours",
    "Use `next_cursor` of an earlier answer as it is, with the same filters, or leave it out.",
)
INVALID_REQUEST = _type(
    "invalid-request",
    422,
    "The request can't be understood",
    "Mend the members that `errors` names.",
)
UNKNOWN_DATASET = _type(
    "unknown-dataset",
    422,
    "There is no such dataset",
    "`GET /v1/datasets` lists the datasets.",
)
UNKNOWN_FIELD = _type(
    "unknown-field",
    422,
    "The dataset has no such field",
    "`GET /v1/datasets/{id}` lists the dataset's fields.",
)
INVALID_FILTER = _type(
    "invalid-filter",
    422,
    "The filter can't be used",
    "Mend the part of the filter that `errors` names.",
)
INVALID_MASK = _type(
    "invalid-mask",
    422,
    "The mask can't be used for this field",
    "Mend what `errors` names; docs/masks.md lists the methods and the types that they fit.",
)
INVALID_QUERY = _type(
    "invalid-query",
    422,
    "The question doesn't fit the dataset",
    "Mend the members that `errors` names.",
)
INVALID_FORMAT = _type(
    "invalid-format",
    422,
    "The format can't be used",
    "Mend the options that `errors` names.",
)
IDEMPOTENCY_KEY_REUSED = _type(
    "idempotency-key-reused",
    422,
    "This Idempotency-Key was used for another request",
    "Use a new key for a new request, or send the same body again.",
)
EXPORT_ENDED = _type(
    "export-ended",
    409,
    "The export has ended",
    "This can't be done to it any more. Request a new export.",
)
EXPORT_NOT_PAUSED = _type(
    "export-not-paused",
    409,
    "The export is not paused",
    "There is nothing to resume.",
)
NOTHING_TO_RETRY = _type(
    "nothing-to-retry",
    409,
    "There is nothing to retry",
    "Only a failed or cancelled export can be retried. Request a new one instead.",
)
NOT_ALLOWED_NOW = _type(
    "not-allowed-now",
    409,
    "The export doesn't allow this now",
    "Look at its status, then decide again.",
)
PRECONDITION_FAILED = _type(
    "precondition-failed",
    412,
    "The export has changed since",
    "Read it again and send its new ETag in If-Match, or leave If-Match out.",
)
FILE_NOT_READY = _type(
    "file-not-ready",
    409,
    "The file is not ready",
    "Wait until the export's status is completed; `/progress` tells when.",
)
FILE_GONE = _type(
    "file-gone",
    410,
    "The file was destroyed",
    "Its retention has ended. Request the export again.",
)
FILE_BROKEN = _type(
    "file-broken",
    502,
    "The file can't be read back",
    "The stored file was changed, or a part of it was lost. Request the export again and tell "
    "your administrator.",
)
RANGE_NOT_SATISFIABLE = _type(
    "range-not-satisfiable",
    416,
    "The file has no such bytes",
    "See Content-Range for the file's size.",
)
LINK_EXPIRED = _type("link-expired", 410, "This download link has expired", "Ask for a new one.")
LINK_INVALID = _type(
    "link-invalid",
    404,
    "This download link is not valid",
    "Check that the link is complete, or ask for a new one.",
)
PREVIEWS_BUSY = _type(
    "previews-busy",
    503,
    "Too many files are being tried out now",
    "Try again after the seconds in Retry-After, or leave out `format` to see the rows alone.",
)
PREVIEW_TOO_SLOW = _type(
    "preview-too-slow",
    504,
    "The file was not ready in time",
    "Ask for fewer rows or fields, or leave out `format` to see the rows alone.",
)
PREVIEWS_NOT_HERE = _type(
    "previews-not-here",
    501,
    "This process renders no files",
    "Ask a server that `waybill up` or `waybill api` started, or leave out `format`.",
)
NO_PDF = _type(
    "not-a-pdf",
    422,
    "Only a PDF can have a password",
    "Name a file of the export whose format is pdf. Of a split file, a zip, request the export "
    "again without `split`.",
)
TOO_LARGE_TO_PROTECT = _type(
    "too-large-to-protect",
    422,
    "The PDF is too large to be encrypted here",
    "It can have 64 MiB, and less with very many links or pages. Request fewer rows or fields, or "
    "fetch the file as it is and encrypt it with a program of your own.",
)
PROTECTION_BUSY = _type(
    "protection-busy",
    503,
    "Too many protected copies are being made now",
    "Try again after the seconds in Retry-After.",
)
PROTECTION_TOO_SLOW = _type(
    "protection-too-slow",
    504,
    "The protected copy was not ready in time",
    "Try again when the server has less to do, or fetch the file as it is.",
)
PROTECTION_NOT_HERE = _type(
    "protection-not-here",
    501,
    "This process encrypts no files",
    "Ask a server that `waybill up` or `waybill api` started, or fetch the file as it is.",
)
LAST_ADMIN_KEY = _type(
    "last-admin-key",
    409,
    "This is the last key that can manage keys",
    "Create another key with the scope admin first.",
)
SOURCE_UNAVAILABLE = _type(
    "source-unavailable",
    503,
    "The source can't be read now",
    "Check that the source database runs and can be reached, then try again.",
)
SOURCE_REFUSED = _type(
    "source-refused",
    502,
    "The source refused the query",
    "Check the dataset's table and columns and the source user's permissions.",
)
STORE_UNAVAILABLE = _type(
    "store-unavailable",
    503,
    "The event store can't be reached now",
    "What was asked may not have been recorded. Try again after the seconds in Retry-After; with "
    "an Idempotency-Key no export is made twice.",
)
FILES_UNAVAILABLE = _type(
    "files-unavailable",
    503,
    "The file store can't be reached now",
    "Try again after the seconds in Retry-After.",
)
STORAGE_FULL = _type(
    "storage-full", 507, "The file store has no room left", "Free some space, then try again."
)
INTERNAL = _type(
    "internal",
    500,
    "A fault of the service",
    "Try again. If it happens again, report it with the `request_id`; the logs under it say more.",
)


def all_types() -> tuple[ProblemType, ...]:
    return tuple(_TYPES.values())


def type_of(slug: str) -> ProblemType | None:
    return _TYPES.get(slug)
