"""The embedded Waybill as a user meets it: the command, real processes, nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from python_calamine import load_workbook

from infra.verification import verify
from tests.stacks import WAYBILL

LINES = 336_777
PATIENCE = 120.0


class Home:
    """A folder with one embedded installation, and the command that uses it."""

    def __init__(self, root: Path) -> None:
        self.data = root / "var"
        self.root = root
        mine = {"HOME": str(root), "WAYBILL_DATA_DIR": str(self.data), "WAYBILL_PORT": "0"}
        inherited = {
            name: text for name, text in os.environ.items() if not name.startswith("WAYBILL_")
        }
        self.env = {**inherited, **mine}

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [WAYBILL, *command],
            env={**self.env, **env},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def json(self, *command: str) -> Any:
        done = self.run(*command, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *command: str) -> Up:
        return Up(self, *command)


class Up:
    """`waybill up`, from when it serves."""

    def __init__(self, home: Home, *options: str) -> None:
        self._out, self._err = home.root / "up.out", home.root / "up.err"
        ready = home.root / "ready"
        ready.unlink(missing_ok=True)
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [WAYBILL, "up", *options, "--ready-file", str(ready)],
                env=home.env,
                cwd=home.root,
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + PATIENCE
        while not ready.exists():
            assert self.process.poll() is None, self._err.read_text()
            assert time.monotonic() < deadline, self._err.read_text()
            time.sleep(0.05)
        self.url = ready.read_text().strip()

    @property
    def said(self) -> str:
        return self._out.read_text()

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def home(run_dir: Path) -> Iterator[Home]:
    root = run_dir / f"cli-{secrets.token_hex(4)}"
    root.mkdir(mode=0o711)  # root's PostgreSQL drops to another user
    yield Home(root)
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def demo(home: Home) -> subprocess.CompletedProcess[str]:
    """What `waybill demo` said."""
    return home.run("demo", DEMO_OUT=str(home.root / "out"))


@pytest.fixture(scope="module")
def up(home: Home, demo: subprocess.CompletedProcess[str]) -> Iterator[Up]:
    """A service with the demo's data."""
    found = home.start()
    yield found
    assert found.stop(signal.SIGTERM) == 0


def test_the_demo_ends_with_a_checked_file_of_all_flights(
    home: Home, demo: subprocess.CompletedProcess[str]
) -> None:
    assert demo.returncode == 0, demo.stderr
    file, waybill = home.root / "out" / "flights.csv", home.root / "out" / "flights.waybill.json"
    with file.open("rb") as lines:
        assert sum(1 for _ in lines) == LINES
    assert verify(file, waybill).ok
    assert "100 %  336,776 of 336,776 rows" in demo.stdout
    for told in (file, waybill, home.data / "keys" / "first-admin-key", "http://127.0.0.1:"):
        assert str(told) in demo.stdout
    assert "wb_" in demo.stdout


def test_a_second_start_keeps_the_data_and_tells_no_key(home: Home, up: Up) -> None:
    assert "wb_" not in up.said
    (export,) = home.run("exports", "--json").stdout.splitlines()
    assert json.loads(export)["dataset"] == "flights"
    assert json.loads(export)["status"] == "completed"


def test_a_second_instance_of_the_same_folder_is_refused(home: Home, up: Up) -> None:
    for command in ("up", "demo"):
        refused = home.run(command)
        assert refused.returncode == 7
        assert f"already at {up.url}" in refused.stderr


def test_a_port_in_use_is_told_before_anything_starts(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        elsewhere = str(home.root / "elsewhere")
        refused = home.run("up", "--port", port, "--data-dir", elsewhere)
    assert refused.returncode == 7
    assert f"127.0.0.1:{port} is in use" in refused.stderr
    assert not (home.root / "elsewhere" / "postgres").exists()


@pytest.mark.parametrize("role", ["worker", "relay"])
def test_an_operations_port_in_use_is_told_before_anything_is_in_hand(
    home: Home, role: str
) -> None:
    """Neither Kafka nor a database is there: nobody has asked for one yet."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = home.run(
            role,
            WAYBILL_TRANSPORT="kafka",
            WAYBILL_DATABASE_URL="postgresql://127.0.0.1:1/nowhere",
            WAYBILL_OPERATIONS_PORT=str(port),
        )
    assert refused.returncode == 7
    assert f"127.0.0.1:{port} is in use" in refused.stderr
    assert f"WAYBILL_OPERATIONS_PORT={port + 1}" in refused.stderr


def test_an_export_is_asked_for_watched_fetched_and_verified(home: Home, up: Up) -> None:
    out = home.root / "aa.csv"
    wanted = '{"field": "carrier", "op": "eq", "value": "AA"}'
    done = home.run(
        "export", "flights", "--fields", "id,carrier,airline.name=Airline", "--filter", wanted,
        "--order", "id:desc", "--limit", "500", "--option", "delimiter=;", "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "100 %" in done.stderr
    lines = out.read_text().splitlines()
    assert (lines[0], len(lines)) == ("Number;Carrier;Airline", 501)
    assert lines[1].endswith(";AA;American Airlines Inc.")
    public = str(home.data / "keys" / "signing.pub")
    assert home.run("verify", str(out), "--key", public).returncode == 0
    out.write_bytes(out.read_bytes().replace(b"AA", b"AB", 1))
    altered = home.run("verify", str(out))
    assert altered.returncode == 1
    assert "WRONG" in altered.stdout


def test_several_formats_go_into_a_folder(home: Home, up: Up) -> None:
    out = home.root / "airlines"
    told = home.json("export", "airlines", "--format", "csv.gz", "--format", "ndjson.zst",
                     "--out", str(out))  # fmt: skip
    assert sorted(each.name.split(".", 1)[1] for each in out.iterdir()) == [
        "csv.gz", "csv.gz.waybill.json", "ndjson.zst", "ndjson.zst.waybill.json",
    ]  # fmt: skip
    assert sorted(told["saved"]) == sorted(str(each) for each in out.iterdir())
    again = home.run("download", told["id"][:8], "csv.gz", "--out", str(home.root / "again.gz"))
    assert again.returncode == 0, again.stderr
    (first,) = out.glob("*.csv.gz")
    assert (home.root / "again.gz").read_bytes() == first.read_bytes()


def test_further_datasets_have_sheets_in_the_workbook(home: Home, up: Up) -> None:
    out = home.root / "several.xlsx"
    few = '{"dataset": "flights", "fields": ["id", "carrier"], "limit": 3}'
    asked = ("export", "airlines", "--format", "xlsx", "--sheet", "airports", "--sheet", few)
    told = home.json(*asked, "--out", str(out))
    book = load_workbook(str(out))
    assert book.sheet_names == ["Airlines", "Airports", "Flights"]
    flights = book.get_sheet_by_name("Flights").to_python()
    assert [row[0] for row in flights] == ["Number", 1, 2, 3]
    assert home.run("verify", str(out)).returncode == 0
    shown = home.run("exports", "show", told["id"])
    assert "airports (Airports)" in shown.stdout
    assert "flights (Flights); id, carrier" in shown.stdout
    refused = home.run(*asked, "--format", "csv")
    assert refused.returncode != 0
    assert "csv has one dataset's rows" in refused.stderr


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_split_file_is_fetched_in_a_bundle_and_checked_in_it(
    home: Home, up: Up, kind: str
) -> None:
    out = home.root / f"split-{kind}.zip"
    asked = home.json("export", "flights", "--fields", "carrier,id", "--order", "carrier",
                      "--limit", "40000", "--format", kind, "--split", "by=carrier",
                      "--watch")  # fmt: skip
    public = str(home.data / "keys" / "signing.pub")
    assert home.run("download", asked["id"], "--bundle", "--out", str(out)).returncode == 0
    assert home.run("verify", str(out), "--key", public).returncode == 0
    with ZipFile(out) as bundle, ZipFile(BytesIO(bundle.read(bundle.namelist()[0]))) as split:
        index = json.loads(split.read("index.json"))
        assert sum(each["rows"] for each in index["entries"]) == 40_000
        for each in index["entries"]:
            content = split.read(each["name"])
            assert hashlib.sha256(content).hexdigest() == each["sha256"]
            assert _carriers(kind, content) == [each["value"]] * each["rows"]
    unordered = home.run("export", "flights", "--split", "by=carrier")
    assert unordered.returncode == 2
    assert "beginning of order" in unordered.stderr


def _carriers(kind: str, content: bytes) -> list[str]:
    """The first column, but for its header."""
    if kind == "csv":
        return [line.split(",")[0] for line in content.decode().splitlines()[1:]]
    found = load_workbook(BytesIO(content)).get_sheet_by_index(0).to_python()
    return [str(row[0]) for row in found[1:]]


def test_a_preview_is_a_table_or_a_file_in_any_format(home: Home, up: Up) -> None:
    assert "American Airlines" in home.run("datasets", "preview", "airlines").stdout
    for name, begins in (("xlsx", b"PK"), ("pdf", b"%PDF"), ("parquet", b"PAR1")):
        out = home.root / f"preview.{name}"
        told = home.json("datasets", "preview", "airlines", "--format", name, "--out", str(out))
        assert (told["saved"], told["rows"]) == (str(out), 16)
        assert out.read_bytes().startswith(begins)


def test_the_same_idempotency_key_makes_one_export(home: Home, up: Up) -> None:
    asked = ("export", "airlines", "--idempotency-key", "once")
    assert home.json(*asked)["id"] == home.json(*asked)["id"]
    other = home.run("export", "airports", "--idempotency-key", "once")
    assert other.returncode == 2


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("export", "nope"), 2, "no such dataset"),
        (("export", "flights", "--fields", "carier"), 2, "did you mean carrier"),
        (("export", "flights", "--format", "ods"), 2, "csv, ndjson"),
        (("exports", "show", "00000000-0000-4000-8000-000000000000"), 5, "no such"),
        (("exports", "--key", "wb_wrong"), 4, "waybill login"),
        (("exports", "--url", "http://127.0.0.1:9", "--key", "x"), 3, "can't be reached"),
        (("datasets", "describe", "demo.nope"), 1, "isn't there"),
    ],
)
def test_what_cant_be_done_is_a_sentence_and_a_code(
    home: Home, up: Up, command: tuple[str, ...], code: int, said: str
) -> None:
    done = home.run(*command)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_ended_export_cant_be_cancelled(home: Home, up: Up) -> None:
    export = home.json("export", "airlines", "--watch")
    assert home.run("exports", "cancel", export["id"]).returncode == 6
    shown = home.run("exports", "show", export["id"])
    assert "completed" in shown.stdout


def test_ctrl_c_while_watching_leaves_the_export_running(home: Home, up: Up) -> None:
    with subprocess.Popen(
        [WAYBILL, "export", "flights", "--watch"],
        env=home.env, cwd=home.root, stderr=subprocess.PIPE, text=True,
    ) as watching:  # fmt: skip
        assert watching.stderr is not None
        assert watching.stderr.readline()
        watching.send_signal(signal.SIGINT)
        said = watching.stderr.read()
    assert watching.returncode == 130
    export_id = said.split("waybill exports show ")[1].split()[0]
    assert home.json("exports", "show", export_id, "--watch")["status"] == "completed"


def test_the_doctor_finds_nothing_wrong_while_it_serves(home: Home, up: Up) -> None:
    found = home.json("doctor")
    assert {each["name"] for each in found} >= {
        "settings", "disk", "datasets", "source demo", "files", "signing key", "database", "clock",
        "migrations", "key-encryption key", "workers", "parked events", "event store",
        "lag plan_exports", "lag history", "lag table history",
    }  # fmt: skip
    assert all(each["ok"] for each in found)


def test_the_read_models_are_rebuilt_while_it_serves(home: Home, up: Up) -> None:
    before = home.run("exports", "--json").stdout
    done = home.run("rebuild")
    assert done.returncode == 0, done.stderr
    assert "history:" in done.stdout
    assert home.run("exports", "--json").stdout == before


def test_what_was_parked_is_listed_and_handed_over_again(home: Home, up: Up) -> None:
    done = home.run("unpark", "--all")
    assert (done.returncode, done.stdout) == (0, "")
    assert "CONSUMER" in home.run("unpark").stdout


def test_a_lost_key_is_replaced_by_who_has_the_database(home: Home, up: Up) -> None:
    made = home.run("login", "--new")
    assert made.returncode == 0, made.stderr
    saved = home.root / ".config" / "waybill" / "credentials.json"
    key = json.loads(saved.read_text())["keys"][up.url]
    assert key in made.stdout
    assert home.run("exports", "--key", key).returncode == 0
    saved.unlink()


def test_a_table_describes_itself_as_a_dataset(home: Home, up: Up) -> None:
    done = home.run("datasets", "describe", "demo.airlines", "--source", "demo")
    assert done.stdout.splitlines()[0] == "- id: airlines"
    assert home.run("datasets", "describe", "demo.airlines", "--source", "x").returncode == 5


def test_ctrl_c_ends_a_first_start_in_order(run_dir: Path) -> None:
    root = run_dir / f"cli-{secrets.token_hex(4)}"
    root.mkdir(mode=0o711)
    up = Home(root).start()
    assert up.said.count("wb_") == 1
    assert up.stop(signal.SIGINT) == 0
    assert not (root / "var" / "postgres" / "data" / "postmaster.pid").exists()
    shutil.rmtree(root)


def test_a_folder_without_an_installation_is_no_fault(home: Home) -> None:
    done = home.run("doctor", WAYBILL_DATA_DIR=str(home.root / "nothing"))
    assert done.returncode == 1
    assert "waybill up" in done.stdout
    assert not (home.root / "nothing").exists()
