"""Which server a command talks to, and with which key.

What is said on the command line counts first, then the environment, then what `waybill login`
saved, then the server that runs in this folder. A key is only ever sent to the server that it was
saved for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cli.exits import Code, Refused
from cli.instance import serving_url

DEFAULT_URL = "http://127.0.0.1:8210"
FIRST_KEY = Path("keys") / "first-admin-key"
"""Within the data directory of an embedded installation; readable by its owner alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    url: str
    key: str | None = field(repr=False)


def find_login(
    url: str | None, key: str | None, environment: Mapping[str, str] = os.environ
) -> Login:
    saved = _Saved.read(credentials_path(environment))
    data_dir = Path(environment.get("WAYBILL_DATA_DIR") or "var")
    here = serving_url(data_dir)
    where = url or environment.get("WAYBILL_URL") or saved.default or here or DEFAULT_URL
    where = where.rstrip("/")
    secret = key or environment.get("WAYBILL_API_KEY") or saved.keys.get(where)
    if secret is None and where == here:
        secret = read_first_key(data_dir)
    return Login(url=where, key=secret)


def need_key(login: Login) -> Login:
    """Raises `Refused` when there is no key."""
    if login.key is None:
        raise Refused(
            f"There is no API key for {login.url}. Run `waybill login`, or set WAYBILL_API_KEY.",
            Code.UNAUTHORISED,
        )
    return login


def save_login(login: Login, path: Path) -> None:
    """Makes it the default. Only its owner can read the file."""
    saved = _Saved.read(path)
    keys = {**saved.keys, login.url: login.key or ""}
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_secret(path, json.dumps({"default": login.url, "keys": keys}, indent=2) + "\n")


def credentials_path(environment: Mapping[str, str] = os.environ) -> Path:
    config = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or "~") / ".config"
    return Path(config).expanduser() / "waybill" / "credentials.json"


def save_first_key(data_dir: Path, secret: str) -> Path:
    path = data_dir / FIRST_KEY
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_secret(path, secret + "\n")
    return path


def read_first_key(data_dir: Path) -> str | None:
    with suppress(OSError):
        return (data_dir / FIRST_KEY).read_text().strip() or None
    return None


@dataclass(frozen=True, slots=True)
class _Saved:
    default: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, path: Path) -> _Saved:
        try:
            found = json.loads(path.read_text())
            keys = {str(url): str(key) for url, key in found["keys"].items()}
            return cls(str(found["default"]), keys)
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(
                f"{path} can't be read. Remove it and run `waybill login` again.", Code.USAGE
            ) from error


def _write_secret(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    beside.replace(path)
