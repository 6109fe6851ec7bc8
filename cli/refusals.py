"""Errors of the layers below, as sentences for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from cli.exits import Code, Refused

DATABASE_ADVICE = "Check WAYBILL_DATABASE_URL."

_OURS = ("domain.", "infra.", "processors.", "projections.", "schemas.")
_DATABASE = ("psycopg.OperationalError", "psycopg_pool.PoolTimeout")
_AWAY = (*_DATABASE, "domain.ports.StoreUnavailable", "domain.ports.FilesUnavailable",
         "infra.streams.kafka.topics.TopicsNotMade")  # fmt: skip


@contextmanager
def refusals() -> Iterator[None]:
    """What can't be used becomes a `Refused`; a fault of our own stays one."""
    try:
        yield
    except Exception as error:
        if known := refusal(error):
            raise known from error
        raise


def refusal(error: BaseException) -> Refused | None:
    """None for what nobody can mend but a programmer."""
    if isinstance(error, Refused):
        return error
    code = Code.UNREACHABLE if _is_any(error, _AWAY) else Code.FAILED
    if _is_any(error, _DATABASE):
        said = f"The database can't be used: {_first_line(error)}. {DATABASE_ADVICE}"
        return Refused(said, code)
    if type(error).__module__.startswith(_OURS):
        return Refused(sentence(error), code)
    if isinstance(error, OSError):
        return Refused(f"{error.filename or 'A file'}: {error.strerror or error}.", code)
    return None


def sentence(error: BaseException) -> str:
    """What the error says, and what its class says to everybody whom it reaches."""
    said = " ".join(str(error).split())
    known = " ".join((type(error).__doc__ or "").split())
    if not said or said in known:
        return known or type(error).__name__
    return said if known in said or " " in said else f"{known} ({said})"


def _is_any(error: BaseException, names: tuple[str, ...]) -> bool:
    """Looked up when something is wrong, so that no command imports a driver for nothing."""
    for name in names:
        module, _, kind = name.rpartition(".")
        if isinstance(error, getattr(import_module(module), kind)):
            return True
    return False


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0].rstrip(".")
