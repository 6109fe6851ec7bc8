"""The file store's contract on the fake, a folder and a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.ports import Files
from infra.files import FileStore, S3Settings, open_files
from tests.contract.files_contract import FilesContract
from tests.fakes import FakeFiles
from tests.servers import S3Space


class TestFakeFiles(FilesContract):
    @pytest.fixture
    def files(self) -> Files:
        return FakeFiles()


class TestFolderFiles(FilesContract):
    @pytest.fixture
    def files(self, tmp_path: Path) -> Files:
        return _prepared(open_files(str(tmp_path / "files")))


class TestS3Files(FilesContract):
    @pytest.fixture
    def files(self, s3: S3Space) -> Files:
        return _prepared(open_files(f"s3://{s3.bucket}", _settings(s3)))


class TestS3FilesUnderAPrefix(FilesContract):
    """Another installation's objects lie in the same bucket, before and after ours."""

    @pytest.fixture
    def files(self, s3: S3Space) -> Files:
        for neighbour in ("team", "teams/a"):
            _prepared(open_files(f"s3://{s3.bucket}/{neighbour}", _settings(s3))).put("x", b"x")
        return _prepared(open_files(f"s3://{s3.bucket}/teams/ours/", _settings(s3)))


def _prepared(files: FileStore) -> FileStore:
    files.prepare()
    files.prepare()
    return files


def _settings(s3: S3Space) -> S3Settings:
    return S3Settings(
        endpoint=s3.endpoint,
        access_key=s3.access_key,
        secret_key=s3.secret_key,
        region=s3.region,
        secure=s3.secure,
    )
