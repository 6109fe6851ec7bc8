"""What data keys promise, on the fake and in PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.ports import DataKeys, KeyDestroyed


class DataKeysContract:
    """A subclass has a fixture `keys` without any key yet."""

    def test_a_key_is_made_once_and_stays(self, keys: DataKeys) -> None:
        key = keys.obtain("exports/a")
        assert len(key) == 32
        assert keys.obtain("exports/a") == key
        assert keys.obtain("exports/b") != key

    def test_all_who_ask_at_once_get_one_key(self, keys: DataKeys) -> None:
        with ThreadPoolExecutor(8) as threads:
            for name in ("one", "two", "three"):
                assert len(set(threads.map(keys.obtain, [name] * 16))) == 1

    def test_a_destroyed_key_is_gone_and_its_name_with_it(self, keys: DataKeys) -> None:
        keys.obtain("exports/a")
        kept = keys.obtain("exports/b")
        keys.destroy("exports/a")
        keys.destroy("exports/a")
        for _ in range(2):
            with pytest.raises(KeyDestroyed):
                keys.obtain("exports/a")
        assert keys.obtain("exports/b") == kept

    def test_a_name_can_be_destroyed_before_it_was_used(self, keys: DataKeys) -> None:
        keys.destroy("exports/never")
        with pytest.raises(KeyDestroyed):
            keys.obtain("exports/never")

    def test_a_key_destroyed_while_others_ask_stays_destroyed(self, keys: DataKeys) -> None:
        def ask(number: int) -> bytes | None:
            if number == 7:
                keys.destroy("exports/a")
                return None
            try:
                return keys.obtain("exports/a")
            except KeyDestroyed:
                return None

        with ThreadPoolExecutor(6) as threads:
            seen = set(threads.map(ask, range(24)))
        assert len(seen - {None}) <= 1
        with pytest.raises(KeyDestroyed):
            keys.obtain("exports/a")
