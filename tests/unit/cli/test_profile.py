"""A command finds its server and key, and sends no key to a server that it isn't for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.exits import Code, Refused
from cli.instance import DataDirectory, serving_url
from cli.profile import (
    DEFAULT_URL,
    Login,
    credentials_path,
    find_login,
    need_key,
    save_first_key,
    save_login,
)

PROD = "https://waybill.example.org"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "WAYBILL_DATA_DIR": str(tmp_path / "var")}


def test_with_nothing_said_it_is_the_default_address_without_a_key(
    environment: dict[str, str],
) -> None:
    login = find_login(None, None, environment)
    assert login == Login(url=DEFAULT_URL, key=None)
    with pytest.raises(Refused, match="waybill login") as refused:
        need_key(login)
    assert refused.value.code is Code.UNAUTHORISED


def test_a_saved_login_is_found_again_and_readable_by_its_owner_alone(
    environment: dict[str, str],
) -> None:
    path = credentials_path(environment)
    save_login(Login(url=PROD, key="wb_prod"), path)
    assert find_login(None, None, environment) == Login(url=PROD, key="wb_prod")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_saved_key_goes_to_its_own_server_only(environment: dict[str, str]) -> None:
    save_login(Login(url=PROD, key="wb_prod"), credentials_path(environment))
    assert find_login("https://other.example.org", None, environment).key is None
    assert find_login(PROD + "/", None, environment).key == "wb_prod"


def test_a_second_login_keeps_the_first_and_becomes_the_default(
    environment: dict[str, str],
) -> None:
    path = credentials_path(environment)
    save_login(Login(url=PROD, key="wb_prod"), path)
    save_login(Login(url=DEFAULT_URL, key="wb_here"), path)
    assert find_login(None, None, environment) == Login(url=DEFAULT_URL, key="wb_here")
    assert find_login(PROD, None, environment).key == "wb_prod"


def test_the_environment_comes_before_what_was_saved_and_options_before_both(
    environment: dict[str, str],
) -> None:
    save_login(Login(url=PROD, key="wb_prod"), credentials_path(environment))
    given = {**environment, "WAYBILL_URL": "http://env.example.org", "WAYBILL_API_KEY": "wb_env"}
    assert find_login(None, None, given) == Login(url="http://env.example.org", key="wb_env")
    assert find_login("http://me", "wb_me", given) == Login(url="http://me", key="wb_me")


def test_the_server_of_this_folder_is_found_with_its_first_key(
    environment: dict[str, str],
) -> None:
    data_dir = Path(environment["WAYBILL_DATA_DIR"])
    directory = DataDirectory(data_dir)
    directory.claim()
    directory.serves("http://127.0.0.1:4711")
    path = save_first_key(data_dir, "wb_first")
    assert find_login(None, None, environment) == Login(url="http://127.0.0.1:4711", key="wb_first")
    assert find_login(PROD, None, environment).key is None
    assert path.stat().st_mode & 0o777 == 0o600
    directory.release()


def test_credentials_that_cant_be_read_are_a_sentence(environment: dict[str, str]) -> None:
    path = credentials_path(environment)
    path.parent.mkdir(parents=True)
    for text in ("{", "[]", json.dumps({"default": 1})):
        path.write_text(text)
        with pytest.raises(Refused, match="Remove it"):
            find_login(None, None, environment)


def test_a_data_directory_has_one_owner_at_a_time(tmp_path: Path) -> None:
    first, second = DataDirectory(tmp_path), DataDirectory(tmp_path)
    first.claim()
    first.serves("http://127.0.0.1:4711")
    with pytest.raises(Refused, match=r"already at http://127\.0\.0\.1:4711") as refused:
        second.claim()
    assert refused.value.code is Code.BUSY
    first.release()
    assert serving_url(tmp_path) is None
    second.claim()
    second.release()


def test_a_data_directory_that_cant_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="can't be used"):
        DataDirectory(tmp_path / "file" / "var").claim()
