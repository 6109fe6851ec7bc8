"""What only a server can do wrong: be away, be full, refuse, break off."""

from __future__ import annotations

import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from domain.ports import FileMissing, FilesFull, FilesUnavailable
from infra.files.s3 import S3Files
from infra.files.s3_settings import S3Settings
from tests.servers import S3Space

Answer = Callable[[BaseHTTPRequestHandler, int], None]
"""Answers a request, given how many came before it."""


def files_of(endpoint: str, secret: str = "secret", bucket: str = "bucket") -> S3Files:
    settings = S3Settings(endpoint=endpoint, access_key="key", secret_key=secret, secure=False)
    return S3Files(bucket, "", settings)


def real(s3: S3Space, *, secret: str | None = None) -> S3Files:
    settings = S3Settings(
        endpoint=s3.endpoint,
        access_key=s3.access_key,
        secret_key=secret or s3.secret_key,
        region=s3.region,
        secure=s3.secure,
    )
    return S3Files(s3.bucket, "", settings)


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server that gives this answer to every request; yields its endpoint."""
    seen = iter(range(1000))

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self, next(seen))

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - its names

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, body: bytes = b"", kind: str = "application/xml") -> Answer:
    def answer(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(code)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    return answer


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>so it is</Message></Error>".encode()


def test_a_dead_server_is_unavailable_within_seconds() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{unused.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(FilesUnavailable):
            files_of(endpoint).get("a")
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "answer",
    [
        status(507, error("InsufficientStorage")),
        status(507, b"no room", "text/plain"),
        status(507),
        status(400, error("QuotaExceeded")),
        status(403, error("XMinioStorageFull")),
    ],
)
def test_a_full_server_is_full(answer: Answer) -> None:
    with answering(answer) as endpoint, pytest.raises(FilesFull):
        files_of(endpoint).put("a", b"x" * 1000)


@pytest.mark.parametrize(
    "answer",
    [
        status(403, error("AccessDenied")),
        status(404, error("NoSuchBucket")),
        status(418, b"a teapot", "text/plain"),
    ],
)
def test_a_server_that_refuses_is_unavailable(answer: Answer) -> None:
    with answering(answer) as endpoint:
        files = files_of(endpoint)
        for call in (
            lambda: files.put("a", b"x"),
            lambda: files.get("a"),
            lambda: files.delete(["a"]),
            lambda: list(files.find("")),
            files.prepare,
        ):
            with pytest.raises(FilesUnavailable):
                call()


def test_a_server_that_keeps_failing_is_unavailable_within_seconds() -> None:
    began = time.monotonic()
    with (
        answering(status(500, error("InternalError"))) as endpoint,
        pytest.raises(FilesUnavailable),
    ):
        files_of(endpoint).put("a", b"x")
    assert time.monotonic() - began < 10


def test_a_server_that_recovers_is_waited_for() -> None:
    def answer(request: BaseHTTPRequestHandler, seen: int) -> None:
        status(503 if seen < 2 else 200, b"")(request, seen)

    with answering(answer) as endpoint:
        files_of(endpoint).put("a", b"x")


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    def answer(request: BaseHTTPRequestHandler, seen: int) -> None:
        request.send_response(206)
        request.send_header("Content-Length", "10")
        request.end_headers()
        request.wfile.write(b"0123456789" if seen else b"0123")
        request.close_connection = True

    with answering(answer) as endpoint:
        assert files_of(endpoint).get("a", 0, 10) == b"0123456789"


def test_an_answer_that_always_breaks_off_is_unavailable() -> None:
    def answer(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "10")
        request.end_headers()
        request.close_connection = True

    with answering(answer) as endpoint, pytest.raises(FilesUnavailable):
        files_of(endpoint).get("a")


def test_an_object_that_could_not_be_deleted_is_said() -> None:
    failed = b"<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    with (
        answering(status(200, failed)) as endpoint,
        pytest.raises(FilesUnavailable, match="a: AccessDenied"),
    ):
        files_of(endpoint).delete(["a"])


@pytest.mark.parametrize(("code", "works"), [("BucketAlreadyOwnedByYou", True), ("Other", False)])
def test_a_bucket_made_by_another_process_in_between_is_ours(code: str, works: bool) -> None:
    def answer(request: BaseHTTPRequestHandler, seen: int) -> None:
        if request.command == "HEAD":
            status(404)(request, seen)
        else:
            status(409, error(code))(request, seen)

    with answering(answer) as endpoint:
        if works:
            files_of(endpoint).prepare()
        else:
            with pytest.raises(FilesUnavailable):
                files_of(endpoint).prepare()


def test_a_bucket_that_was_not_prepared_is_unavailable_not_empty(s3: S3Space) -> None:
    with pytest.raises(FilesUnavailable):
        real(s3).get("a")
    with pytest.raises(FilesUnavailable):
        list(real(s3).find(""))


def test_a_wrong_secret_is_refused(s3: S3Space) -> None:
    real(s3).prepare()
    with pytest.raises(FilesUnavailable):
        real(s3, secret="guessed").put("a", b"x")
    with pytest.raises(FileMissing):
        real(s3).get("a")


def test_another_process_gets_a_connection_of_its_own(s3: S3Space) -> None:
    real(s3).prepare()
    copy = pickle.loads(pickle.dumps(real(s3)))
    copy.put("a", b"x")
    assert real(s3).get("a") == b"x"


def test_a_large_object_is_one_request(s3: S3Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a killed process leaves no unfinished upload, and memory holds the object once."""
    files = real(s3)
    files.prepare()

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a multipart upload")

    monkeypatch.setattr("minio.api.Minio._create_multipart_upload", refused)
    data = b"0123456789abcdef" * 65536 * 12
    files.put("a", data)
    assert files.get("a", 12_000_000, 16) == data[12_000_000:12_000_016]


def test_there_is_nothing_to_sweep(s3: S3Space) -> None:
    assert real(s3).sweep(datetime.now(UTC)) == 0
