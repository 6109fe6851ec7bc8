"""An S3 server in one line of text."""

from __future__ import annotations

import pytest

from infra.dev.processes import ServerFailed
from infra.dev.s3 import S3Address


def test_the_text_says_everything() -> None:
    assert S3Address.parse("https://key:secret@s3.example:9000") == S3Address(
        endpoint="s3.example:9000", access_key="key", secret_key="secret", secure=True
    )


@pytest.mark.parametrize("text", ["s3.example:9000", "http://s3.example", "http://key@s3.example"])
def test_a_text_without_credentials_is_refused(text: str) -> None:
    with pytest.raises(ServerFailed, match="ACCESS:SECRET"):
        S3Address.parse(text)
