"""A member or frame holds its content and nothing of the machine or the hour."""

from __future__ import annotations

import gzip
import subprocess
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.formats import Compression
from processors.renderers.compression import Deflater, compress, deflated

_CONTENT = b"a,b\r\n" * 700_000  # several slices


def test_a_gzip_member_has_no_time_no_name_and_no_system() -> None:
    assert compress(Compression.GZIP, b"x")[:10] == b"\x1f\x8b\x08\x00\0\0\0\0\0\xff"


def test_a_zstd_frame_says_the_size_of_its_content_and_checks_it() -> None:
    parameters = zstandard.get_frame_parameters(compress(Compression.ZSTD, _CONTENT))
    assert parameters.content_size == len(_CONTENT)
    assert parameters.has_checksum


@pytest.mark.parametrize("content", [b"", b"x", _CONTENT])
def test_members_come_back_one_after_another(content: bytes) -> None:
    file = compress(Compression.GZIP, content) + compress(Compression.GZIP, b"end")
    assert gzip.decompress(file) == content + b"end"


def test_the_gzip_program_reads_members(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("gzip") / "file.gz"
    file.write_bytes(compress(Compression.GZIP, b"") + compress(Compression.GZIP, _CONTENT))
    assert subprocess.run(["gzip", "-dc", file], capture_output=True, check=True).stdout == _CONTENT


@given(st.binary(max_size=2000), st.sampled_from(Compression))
def test_any_content_comes_back(content: bytes, how: Compression) -> None:
    compressed = compress(how, content)
    match how:
        case Compression.NONE:
            assert compressed == content
        case Compression.GZIP:
            assert zlib.decompress(compressed, 31) == content
        case Compression.ZSTD:
            assert zstandard.ZstdDecompressor().decompress(compressed) == content


@given(st.lists(st.integers(0, 3 << 20), max_size=6))
@settings(max_examples=15, deadline=None)
def test_how_content_is_cut_changes_no_byte(sizes: list[int]) -> None:
    deflater = Deflater()
    for size in sizes:
        deflater.add(_CONTENT[:size])
    whole = b"".join(_CONTENT[:size] for size in sizes)
    assert deflater.end(last=True) == deflated(whole, last=True)
