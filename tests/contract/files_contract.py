"""What every file store promises; run on the fake and on every real adapter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from domain.ports import FileMissing, Files
from infra.files.names import KeyRefused

KEY = "exports/0b6e/1/parts/csv.gz/00000007"

_REFUSED = [
    *["", "/", "/etc/passwd", "a/../b", "..", ".", "a/./b", "a//b", "a/", "/a", ".hidden"],
    *["a/.put-1", "a\\b", "a\0b", "a b", "a\nb", "a\n", "ä", "a:b", "a*", "~a", "-a"],
    *["a/" * 300 + "a", "x" * 201],
]


class FilesContract:
    """A subclass has a fixture `files`: an empty, prepared store."""

    def test_an_object_comes_back_as_it_was_put(self, files: Files) -> None:
        data = bytes(range(256)) * 5000
        files.put(KEY, data)
        assert files.get(KEY) == data

    def test_an_empty_object_is_an_object(self, files: Files) -> None:
        files.put(KEY, b"")
        assert files.get(KEY) == b""
        assert files.get(KEY, 0, 10) == b""
        assert [found.size for found in files.find("")] == [0]

    def test_a_put_replaces_the_earlier_object(self, files: Files) -> None:
        files.put(KEY, b"a longer first object")
        files.put(KEY, b"second")
        assert files.get(KEY) == b"second"

    def test_a_range_is_cut_off_at_the_end(self, files: Files) -> None:
        data = b"0123456789"
        files.put(KEY, data)
        for start in range(12):
            assert files.get(KEY, start) == data[start:]
            for length in (0, 1, 4, 10, 100):
                assert files.get(KEY, start, length) == data[start : start + length]

    def test_a_negative_range_is_refused(self, files: Files) -> None:
        files.put(KEY, b"0123456789")
        for start, length in [(-1, None), (0, -1), (-5, 5)]:
            with pytest.raises(ValueError, match="no bytes"):
                files.get(KEY, start, length)

    def test_an_object_that_is_not_there_is_missing(self, files: Files) -> None:
        for length in (None, 0, 5):
            with pytest.raises(FileMissing):
                files.get(KEY, 0, length)

    def test_a_folder_of_objects_is_no_object(self, files: Files) -> None:
        files.put("exports/a/1", b"x")
        with pytest.raises(FileMissing):
            files.get("exports/a")

    def test_what_would_lie_inside_an_object_is_missing(self, files: Files) -> None:
        files.put("exports/a", b"x")
        with pytest.raises(FileMissing):
            files.get("exports/a/1")

    def test_a_deleted_object_is_missing(self, files: Files) -> None:
        files.put(KEY, b"x")
        files.delete([KEY])
        with pytest.raises(FileMissing):
            files.get(KEY)
        assert list(files.find("")) == []

    def test_deleting_what_is_not_there_is_no_error(self, files: Files) -> None:
        files.delete([KEY, KEY, "another/one"])
        files.delete([])

    def test_deleting_one_object_leaves_its_neighbours(self, files: Files) -> None:
        files.put("exports/a/1", b"1")
        files.put("exports/a/10", b"10")
        files.put("exports/a/2/x", b"2")
        files.delete(["exports/a/1"])
        assert [found.key for found in files.find("exports/a/")] == [
            "exports/a/10",
            "exports/a/2/x",
        ]

    def test_many_objects_go_at_once(self, files: Files) -> None:
        keys = [f"exports/a/{number:04}" for number in range(1100)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda key: files.put(key, b"x"), keys))
        assert [found.key for found in files.find("exports/a/")] == keys
        files.delete(iter(keys))
        assert list(files.find("")) == []

    def test_found_objects_are_in_order_of_key(self, files: Files) -> None:
        keys = ["a", "b-c/1", "b.c", "b/1", "b/10", "b/2", "b0", "b_/x/y", "c/d/e/f"]
        for key in reversed(keys):
            files.put(key, key.encode())
        assert [found.key for found in files.find("")] == sorted(keys)

    def test_a_prefix_may_end_in_the_middle_of_a_part(self, files: Files) -> None:
        for key in ["x/ab/1", "x/abc/1", "x/abd", "x/b/1", "y"]:
            files.put(key, b"x")
        assert [found.key for found in files.find("x/ab")] == ["x/ab/1", "x/abc/1", "x/abd"]
        assert [found.key for found in files.find("x/abc/")] == ["x/abc/1"]
        assert [found.key for found in files.find("x/abc/1")] == ["x/abc/1"]
        assert list(files.find("z/")) == []

    def test_a_found_object_tells_its_size_and_age(self, files: Files) -> None:
        files.put(KEY, b"x" * 1234)
        (found,) = files.find("exports/")
        assert found.size == 1234
        assert abs(datetime.now(UTC) - found.modified_at) < timedelta(minutes=1)

    def test_a_key_that_could_mean_something_else_is_refused(self, files: Files) -> None:
        for key in _REFUSED:
            with pytest.raises(KeyRefused):
                files.put(key, b"x")
            with pytest.raises(KeyRefused):
                files.get(key)
            with pytest.raises(KeyRefused):
                files.delete([key])
        assert list(files.find("")) == []

    def test_a_prefix_that_no_key_has_is_refused(self, files: Files) -> None:
        for prefix in ["/", "../", "a//", ".h", "a\0", "a b"]:
            with pytest.raises(KeyRefused):
                files.find(prefix)

    def test_writers_to_one_key_leave_one_whole_object(self, files: Files) -> None:
        written = [bytes([number]) * 300_000 for number in range(12)]
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda data: files.put(KEY, data), written))
        assert files.get(KEY) in written

    def test_putting_beside_deleting_loses_nothing(self, files: Files) -> None:
        def come_and_go(number: int) -> None:
            for _ in range(20):
                files.put(f"shared/deep/{number}", b"x")
                assert files.get(f"shared/deep/{number}") == b"x"
                files.delete([f"shared/deep/{number}"])

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(come_and_go, range(4)))
        assert list(files.find("")) == []
