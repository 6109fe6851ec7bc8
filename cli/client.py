"""The HTTP API as commands use it: an answer, or a refusal in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from cli.exits import Code, Refused

_CONNECT, _READ = 10.0, 60.0

_CODES = {
    401: Code.UNAUTHORISED,
    403: Code.UNAUTHORISED,
    404: Code.NOT_FOUND,
    409: Code.CONFLICT,
    410: Code.NOT_FOUND,
    412: Code.CONFLICT,
    429: Code.UNREACHABLE,
    503: Code.UNREACHABLE,
    504: Code.UNREACHABLE,
}


class Api:
    """A server and the key for it. `transport` is for tests."""

    def __init__(
        self, url: str, key: str | None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            self._http = httpx.Client(
                base_url=self.url,
                headers=headers,
                timeout=httpx.Timeout(_READ, connect=_CONNECT),
                transport=transport,
                trust_env=not _is_here(self.url),  # a proxy doesn't know this machine's ports
            )
        except (httpx.InvalidURL, ValueError, UnicodeError) as error:
            raise Refused(f"{url!r} is no URL: {error}.", Code.USAGE) from error

    def get(self, path: str, **params: Any) -> Any:
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        return self._ask("POST", path, json=body, headers=dict(headers or {}))

    def post_for_bytes(self, path: str, body: Any) -> httpx.Response:
        """A POST that is answered by a file."""
        with self.reaching():
            answer = self._http.post(path, json=body)
        if answer.is_error:
            raise refusal(answer)
        return answer

    def head(self, path: str) -> httpx.Headers:
        with self.reaching():
            answer = self._http.head(path)
        if answer.is_error:  # a HEAD has no words
            self.get(path)
        return answer.headers

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Raises `Refused`, and httpx's `TransportError` when it breaks."""
        with self._http.stream("GET", path, headers=dict(headers)) as answer:
            if answer.is_error:
                answer.read()
                raise refusal(answer)
            yield answer

    @contextmanager
    def reaching(self) -> Iterator[None]:
        try:
            yield
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise self.unreachable(error) from error

    def unreachable(self, error: Exception) -> Refused:
        why = str(error) or type(error).__name__
        return Refused(
            f"{self.url} can't be reached ({why}). Check that Waybill runs there; "
            "--url or WAYBILL_URL names another place.",
            Code.UNREACHABLE,
        )

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        with self.reaching():
            answer = self._http.request(method, path, **request)
        if answer.is_error:
            raise refusal(answer)
        try:
            return answer.json()
        except ValueError as error:
            raise Refused(
                f"{self.url} answers, but not as Waybill does. Check the URL.", Code.UNREACHABLE
            ) from error


def refusal(answer: httpx.Response) -> Refused:
    """The problem that the server names (RFC 9457), in sentences."""
    code = _CODES.get(answer.status_code)
    if code is None:
        code = Code.FAILED if answer.is_server_error else Code.USAGE
    try:
        problem = answer.json()
        faults = [f"  {_place(fault)}{fault['detail']}" for fault in problem.get("errors", [])]
        said = [f"{problem['title']}{':' if faults else '. ' + problem['detail']}", *faults]
        if code is Code.UNAUTHORISED:
            said.append("`waybill login` saves another key; WAYBILL_API_KEY and --key come first.")
        if answer.is_server_error:
            said.append(f"  request id: {problem['request_id']}")
    except (ValueError, KeyError, TypeError):
        return Refused(f"The server answers {answer.status_code} without a reason.", code)
    return Refused("\n".join(said), code)


def _place(fault: Mapping[str, Any]) -> str:
    where = str(fault.get("pointer", "")).lstrip("/").replace("/", ".")
    return f"{where}: " if where else ""


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
