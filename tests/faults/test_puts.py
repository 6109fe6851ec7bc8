"""A put that is killed, or finds no room, leaves the object whole or absent."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.ports import FileMissing
from infra.files import FileStore, S3Settings, open_files
from tests.servers import S3Space

_SIZE = 3_000_000
_PUTS = """
import sys
from itertools import count
from infra.files import S3Settings, open_files
url, endpoint, access, secret, size, run = sys.argv[1:]
s3 = S3Settings(endpoint=endpoint, access_key=access, secret_key=secret, secure=False)
files = open_files(url, s3)
for number in count():
    digit = str(number % 10).encode()
    files.put("one/object", digit * int(size))
    files.put(f"new/{run}/{number}", digit * int(size))
    print(number, flush=True)
"""


def kill_in_mid_put(url: str, s3: S3Settings, run: int) -> int:
    """Says how many rounds of puts had returned."""
    endpoint = (s3.endpoint, s3.access_key, s3.secret_key)
    child = subprocess.Popen(
        [sys.executable, "-c", _PUTS, url, *endpoint, str(_SIZE), str(run)],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    with child, child.stdout:
        assert child.stdout.readline() == b"0\n"
        time.sleep(random.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().splitlines()
    return 1 + len(rest)


def check_all_whole(files: FileStore, run: int, returned: int) -> None:
    object_now = files.get("one/object")
    assert object_now == object_now[:1] * _SIZE
    found = [found.key for found in files.find(f"new/{run}/")]
    assert returned <= len(found) <= returned + 1
    for number in range(returned):
        assert files.get(f"new/{run}/{number}") == str(number % 10).encode() * _SIZE
    files.delete(found)


def test_a_folder_holds_whole_objects_after_a_kill(tmp_path: Path) -> None:
    url = str(tmp_path / "files")
    files = open_files(url)
    files.prepare()
    for run in range(6):
        returned = kill_in_mid_put(url, _NO_S3, run)
        check_all_whole(files, run, returned)
    rests = [path for path in tmp_path.rglob(".put-*") if path.is_file()]
    assert files.sweep(datetime.now(UTC) + timedelta(seconds=5)) == len(rests)
    assert [found.key for found in files.find("")] == ["one/object"]


def test_a_bucket_holds_whole_objects_after_a_kill(s3: S3Space) -> None:
    url = f"s3://{s3.bucket}"
    settings = S3Settings(
        endpoint=s3.endpoint, access_key=s3.access_key, secret_key=s3.secret_key, secure=s3.secure
    )
    files = open_files(url, settings)
    files.prepare()
    for run in range(4):
        returned = kill_in_mid_put(url, settings, run)
        check_all_whole(files, run, returned)


_FILL = """
import sys
from domain.ports import FilesFull
from infra.files import open_files
files = open_files(sys.argv[1])
files.put("small", b"x" * 1000)
try:
    files.put("a/large", b"x" * 3_000_000)
except FilesFull as error:
    print("full:", error)
files.delete(["small"])
files.put("small", b"y" * 1000)
"""


def test_a_store_without_room_says_so_keeps_nothing_half_and_works_again(
    small_disk: tuple[Path, int | None],
) -> None:
    folder, largest = small_disk
    files = open_files(str(folder))

    def limited() -> None:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(folder)],
        check=True,
        capture_output=True,
        preexec_fn=limited,
    )
    assert done.stdout.startswith(b"full: a/large: ")
    assert files.get("small") == b"y" * 1000
    with pytest.raises(FileMissing):
        files.get("a/large")
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["small"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, int | None]]:
    """A folder where 1 MB fits: a disk of its own for root, or else a limit on the size of files,
    which the kernel enforces at the same place."""
    folder = tmp_path / "disk"
    folder.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(folder)]
    mounted = (
        os.geteuid() == 0
        and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    )
    yield folder, None if mounted else 1_000_000
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


_NO_S3 = S3Settings(endpoint="none", access_key="none", secret_key="none")
