"""A URL says where files go."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.files import FilesUnknown, S3Settings, open_files
from infra.files.folder import FolderFiles
from infra.files.s3 import S3Files

S3 = S3Settings(endpoint="localhost:9000", access_key="key", secret_key="very-secret")


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("/srv/files", "/srv/files"),
        ("file:///srv/files", "/srv/files"),
        ("file://localhost/srv/my%20files", "/srv/my files"),
        ("~/files", str(Path.home() / "files")),
        ("var/files", str(Path.cwd() / "var/files")),
    ],
)
def test_a_path_is_a_folder(url: str, root: str) -> None:
    assert open_files(url) == FolderFiles(Path(root))


def test_s3_is_a_bucket_with_the_settings() -> None:
    assert isinstance(open_files("s3://bucket", S3), S3Files)
    assert isinstance(open_files("s3://bucket/a/prefix/", S3), S3Files)


@pytest.mark.parametrize(
    "url", ["", "s3://", "s3:///prefix", "https://host/files", "file://elsewhere/srv", "file://"]
)
def test_another_place_is_refused(url: str) -> None:
    with pytest.raises(FilesUnknown):
        open_files(url, S3)


def test_s3_without_settings_is_refused() -> None:
    with pytest.raises(FilesUnknown):
        open_files("s3://bucket")


def test_a_prefix_that_no_key_has_is_refused() -> None:
    with pytest.raises(ValueError, match="up"):
        open_files("s3://bucket/../up", S3)


def test_the_secret_is_not_shown() -> None:
    assert "very-secret" not in repr(S3)
