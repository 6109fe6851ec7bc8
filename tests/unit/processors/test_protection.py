"""PDFs encrypted in child processes: bounded in number, memory and time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from domain.protection import ProtectedCopy, ProtectionBusy, ProtectionTooLarge, ProtectionTooSlow
from processors.children import ChildDied
from processors.pdf_encryption import encrypted
from processors.protection import ChildProtection, _Asked
from tests.made_pdfs import pdf_of, texts

PASSWORD = "Łódź, correct horse"
PLAIN = pdf_of(["first", "נוסף", "third"])


@pytest.fixture
def protection() -> Iterator[ChildProtection]:
    with closing(ChildProtection(1, held=2 * len(PLAIN), patience=0.0)) as found:
        yield found


def protect(protection: ChildProtection) -> ProtectedCopy:
    return protection.protect(len(PLAIN), lambda: PLAIN, PASSWORD)


def test_a_copy_opens_with_its_password_and_says_the_same() -> None:
    copy = encrypted(PLAIN, PASSWORD)
    assert texts(copy, PASSWORD) == texts(PLAIN)
    assert b"first" not in copy


@pytest.mark.parametrize("wrong", [None, "", "correct horse", PASSWORD + " ", PASSWORD.upper()])
def test_a_copy_opens_with_nothing_else(wrong: str | None) -> None:
    copy = encrypted(PLAIN, PASSWORD)
    with pytest.raises(pypdfium2.PdfiumError, match="password"):
        pypdfium2.PdfDocument(copy, password=wrong)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(BytesIO(copy), password=wrong or "")


def test_a_copy_is_encrypted_by_the_strongest_method_with_all_that_is_in_it() -> None:
    with pikepdf.open(BytesIO(encrypted(PLAIN, PASSWORD)), password=PASSWORD) as document:
        lock = document.encryption
        assert (lock.R, lock.V, lock.bits) == (6, 5, 256)
        methods = {lock.stream_method, lock.string_method, lock.file_method}
        assert methods == {pikepdf.models.EncryptionMethod.aesv3}
        assert document.trailer.Encrypt.get("/EncryptMetadata", True)
        assert document.check_pdf_syntax() == []


def test_nothing_is_forbidden_to_whoever_opens_it() -> None:
    with pikepdf.open(BytesIO(encrypted(PLAIN, PASSWORD)), password=PASSWORD) as document:
        assert document.user_password_matched
        assert not document.owner_password_matched
        assert all(document.allow)


def test_no_two_copies_are_alike() -> None:
    assert encrypted(PLAIN, PASSWORD) != encrypted(PLAIN, PASSWORD)


def test_a_child_makes_one_copy_and_ends(protection: ChildProtection) -> None:
    assert texts(protect(protection).data, PASSWORD) == texts(PLAIN)
    children = protection._tasks._children
    assert children is not None
    assert not children._all
    assert texts(protect(protection).data, PASSWORD) == texts(PLAIN)


def test_what_takes_too_long_is_ended_and_leaves_its_room() -> None:
    with closing(ChildProtection(1, held=len(PLAIN), seconds=0.0)) as slow:
        for _ in range(2):
            with pytest.raises(ProtectionTooSlow):
                protect(slow)


def test_what_takes_too_much_memory_is_too_large_and_leaves_its_room() -> None:
    large = pdf_of([f"row {number}" for number in range(20_000)])
    with closing(ChildProtection(1, held=len(large), memory=1)) as small:
        for _ in range(2):
            with pytest.raises(ProtectionTooLarge):
                small.protect(len(large), lambda: large, PASSWORD)


def test_a_child_that_dies_for_want_of_memory_says_so_too(
    protection: ChildProtection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(task: object) -> None:
        raise ChildDied

    with monkeypatch.context() as patch:
        patch.setattr(protection._tasks, "run", died)
        with pytest.raises(ProtectionTooLarge):
            protect(protection)
    assert protect(protection).data


def test_what_cant_be_read_leaves_its_room(protection: ChildProtection) -> None:
    def lost() -> bytes:
        raise FileNotFoundError

    for _ in range(3):
        with pytest.raises(FileNotFoundError):
            protection.protect(len(PLAIN), lost, PASSWORD)
    with pytest.raises(pikepdf.PdfError):
        protection.protect(len(PLAIN), lambda: b"no PDF", PASSWORD)
    assert protect(protection).data


def test_copies_that_are_not_fetched_yet_take_room(protection: ChildProtection) -> None:
    held = [protect(protection), protect(protection)]
    with pytest.raises(ProtectionBusy):
        protect(protection)
    held.pop()
    gc.collect()
    assert protect(protection).data


def test_more_than_there_are_places_for_are_turned_away(protection: ChildProtection) -> None:
    assert protection._tasks._free.acquire(blocking=False)
    with pytest.raises(ProtectionBusy):
        protect(protection)
    protection._tasks._free.release()
    assert protect(protection).data


def test_a_password_is_in_no_text_of_a_task_or_a_copy() -> None:
    assert PASSWORD not in repr(_Asked(PLAIN, PASSWORD))
    assert "data" not in repr(ProtectedCopy(data=PLAIN))
