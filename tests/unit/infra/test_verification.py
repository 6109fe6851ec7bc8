"""A check passes for the file that was signed and names what differs in any other."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.signing import SigningKey, fingerprint
from infra.verification import Check, Verdict, verify
from tests.waybills import (
    HEAD,
    compressed,
    example_file,
    example_key,
    example_waybill,
    write_example,
    write_signed,
)


def check(verdict: Verdict, name: str) -> Check:
    (found,) = [each for each in verdict.checks if each.name == name]
    return found


def failures(verdict: Verdict) -> set[str]:
    return {each.name for each in verdict.checks if each.ok is False}


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_the_signed_file_passes_every_check(tmp_path: Path, compression: str) -> None:
    verdict = verify(*write_example(tmp_path, compression), example_key().public)
    assert [(each.name, each.ok) for each in verdict.checks] == [
        (name, True) for name in ["signature", "key", "rows", "size", "digest", "parts", "content"]
    ]
    assert verdict.ok
    assert check(verdict, "rows").detail == "3 matched, 3 written, 0 rejected, complete"


def test_an_indented_waybill_is_the_same_waybill(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    paper.write_text(json.dumps(json.loads(paper.read_bytes()), indent=4))
    assert verify(file, paper, example_key().public).ok


def test_without_a_pinned_key_whose_signature_it_is_stays_open(tmp_path: Path) -> None:
    verdict = verify(*write_example(tmp_path))
    assert verdict.ok
    assert check(verdict, "key").ok is None
    assert fingerprint(example_key().public) in check(verdict, "key").detail


def test_a_signature_by_another_key_than_the_pinned_one_fails(tmp_path: Path) -> None:
    verdict = verify(*write_example(tmp_path), SigningKey(b"\1" * 32).public)
    assert failures(verdict) == {"key"}


def test_a_waybill_signed_again_by_somebody_else_fails_the_pin(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    document = json.loads(paper.read_bytes())["waybill"]
    paper.write_bytes(SigningKey(b"\1" * 32).sign(document))
    verdict = verify(file, paper, example_key().public)
    assert failures(verdict) == {"key"}
    assert "id in the waybill is not" in check(verdict, "key").detail


def test_one_changed_byte_names_the_chunk_and_its_bytes(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    data = bytearray(file.read_bytes())
    data[len(HEAD) + 13] ^= 1
    file.write_bytes(data)
    verdict = verify(file, paper)
    assert failures(verdict) == {"digest", "parts", "content"}
    assert check(verdict, "parts").detail == "chunk 1, bytes 24-29 differs"


def test_a_cut_file_names_what_is_missing(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    file.write_bytes(file.read_bytes()[:20])
    verdict = verify(file, paper)
    assert failures(verdict) == {"size", "digest", "parts", "content"}
    assert check(verdict, "size").detail == "20 bytes instead of 30"
    assert check(verdict, "parts").detail == (
        "chunk 0, bytes 12-23 is cut off or missing; chunk 1, bytes 24-29 is cut off or missing"
    )


def test_appended_bytes_are_named(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    file.write_bytes(file.read_bytes() + b"4,AA\r\n")
    verdict = verify(file, paper)
    assert failures(verdict) == {"size", "digest", "parts", "content"}
    assert check(verdict, "parts").detail == "6 bytes too many from byte 30 on"


def test_a_missing_file_is_a_failed_check(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    file.unlink()
    verdict = verify(file, paper)
    assert failures(verdict) == {"file"}
    assert check(verdict, "signature").ok


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_other_bytes_of_the_same_content_are_told_from_other_content(
    tmp_path: Path, compression: str
) -> None:
    file, paper = write_example(tmp_path, compression)
    file.write_bytes(compressed(example_file(), compression))
    verdict = verify(file, paper)
    assert check(verdict, "content").ok
    assert {"digest", "parts"} <= failures(verdict)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_what_does_not_decompress_fails_as_content(tmp_path: Path, compression: str) -> None:
    file, paper = write_example(tmp_path, compression)
    file.write_bytes(b"\0" * 100)
    assert "content" in failures(verify(file, paper))


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_file_that_decompresses_to_far_more_is_not_read_to_its_end(
    tmp_path: Path, compression: str
) -> None:
    bomb = compressed(b"\0" * 50_000_000, compression)
    file, paper = write_signed(tmp_path, bomb, example_waybill(compression))
    assert check(verify(file, paper), "content").detail == "longer than 30 bytes"


def change(paper: Path, edit: Callable[[dict[str, Any]], object], key: SigningKey | None) -> None:
    """Edits the waybill; signs it again if a key is given."""
    envelope = json.loads(paper.read_bytes())
    edit(envelope)
    text = key.sign(envelope["waybill"]) if key else json.dumps(envelope).encode()
    paper.write_bytes(text)


@pytest.mark.parametrize(
    "edit",
    [
        lambda envelope: envelope["waybill"]["rows"].update(matched=4),
        lambda envelope: envelope["waybill"]["query"].update(filter=None),
        lambda envelope: envelope["waybill"].update(note="all is well"),
        lambda envelope: envelope["waybill"].pop("log"),
        lambda envelope: envelope["signature"].update(value=base64.b64encode(b"x" * 64).decode()),
        lambda envelope: envelope["signature"].update(value=""),
        lambda envelope: envelope["signature"].update(algorithm="none"),
        lambda envelope: envelope["signature"].update(public_key="AAAA"),
        lambda envelope: envelope["waybill"].update(note=1.5),
        lambda envelope: envelope["waybill"].update(note="\ud800"),
    ],
)
def test_a_waybill_changed_after_it_was_signed_fails(
    tmp_path: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    file, paper = write_example(tmp_path)
    change(paper, edit, None)
    assert "signature" in failures(verify(file, paper))


@pytest.mark.parametrize(
    "edit",
    [
        lambda envelope: envelope["waybill"]["rows"].update(matched=4),
        lambda envelope: envelope["waybill"]["rows"].update(written=2, rejected=1),
        lambda envelope: envelope["waybill"]["rows"].update(matched=2),
        lambda envelope: envelope["waybill"]["query"].update(limit=2),
        lambda envelope: envelope["waybill"].update(completeness="truncated"),
        lambda envelope: envelope["waybill"].update(completeness="nearly"),
        lambda envelope: envelope["waybill"]["parts"]["chunks"][0].update(rows=7),
    ],
)
def test_counts_that_contradict_fail_even_when_they_are_signed(
    tmp_path: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    file, paper = write_example(tmp_path)
    change(paper, edit, example_key())
    assert failures(verify(file, paper)) == {"rows"}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"null",
        b"\xff\xfe",
        b"id,carrier\r\n",
        b'{"waybill":{},"signature":{}}',
        b'{"waybill":{"version":2},"signature":{}}',
        b'{"waybill":7,"signature":7}',
        b'{"waybill":1,"waybill":2,"signature":3}',
        b"[" * 100_000,
        b"9" * 5000,
    ],
)
def test_what_is_no_waybill_is_a_failed_check(tmp_path: Path, text: bytes) -> None:
    file, paper = write_example(tmp_path)
    paper.write_bytes(text)
    verdict = verify(file, paper)
    assert [each.name for each in verdict.checks] == ["waybill"]
    assert not verdict.ok


def test_a_waybill_of_any_length_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.claims.LARGEST_WAYBILL", 100)
    verdict = verify(*write_example(tmp_path))
    assert "too long" in check(verdict, "waybill").detail


def test_an_unknown_compression_fails_as_content(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    change(paper, lambda envelope: envelope["waybill"]["format"].update(compression="lzw"), None)
    assert "'lzw' is not known" in check(verify(file, paper), "content").detail


def test_a_missing_waybill_is_a_failed_check(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    paper.unlink()
    assert failures(verify(file, paper)) == {"waybill"}


_members = st.sampled_from(["file", "content", "rows", "parts", "query", "format", "signing_key"])
_junk: st.SearchStrategy[Any] = st.sampled_from([None, -5, 0, 5, "", "x", [], {}, [None], {"a": 1}])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_members, _junk)
def test_a_waybill_of_any_shape_gives_a_verdict(tmp_path: Path, member: str, junk: Any) -> None:
    file, paper = write_example(tmp_path)
    change(paper, lambda envelope: envelope["waybill"].update({member: junk}), None)
    assert not verify(file, paper).ok


def test_many_differences_are_counted_beyond_the_first_ten(tmp_path: Path) -> None:
    file, paper = write_example(tmp_path)
    digest = {"bytes": 0, "sha256": "0" * 64, "rows": 0, "rejected": 0}
    many = [{"index": index, **digest} for index in range(15)]
    change(paper, lambda envelope: envelope["waybill"]["parts"].update(chunks=many), None)
    detail = check(verify(file, paper), "parts").detail
    assert "and 5 more parts" in detail


def test_the_signature_can_be_checked_with_nothing_of_ours(tmp_path: Path) -> None:
    """docs/waybill.md shows this way for documents of ASCII names."""
    _, paper = write_example(tmp_path)
    envelope = json.loads(paper.read_bytes())
    signature = envelope.pop("signature")
    message = json.dumps(envelope, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature["public_key"]))
    key.verify(base64.b64decode(signature["value"]), message.encode())
