"""The demo's data are whole or not there, the same everywhere, and as the datasets declare them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from domain.datasets import Dataset, Relation
from domain.rows import Nested, RowQuery, check_query
from infra.database import Pool, open_pool
from infra.demo import FlightsMissing, flights, load_flights, load_orders, write_datasets
from infra.demo.orders import DEFAULT
from infra.installation import now, open_catalog
from infra.rows import open_source
from infra.settings import Settings
from tests.servers import fresh_database

FLIGHTS = 336_776


def silent(share: float, what: str) -> None:
    assert 0 <= share <= 1
    assert what


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as found:
        yield found


@pytest.fixture(scope="module")
def pool(url: str) -> Iterator[Pool]:
    with open_pool(url, size=2) as found:
        load_flights(found, silent)
        load_orders(found, None, silent)
        yield found


def ask(pool: Pool, query: str) -> dict[str, Any]:
    with pool.connection() as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row


def test_the_flights_are_numbered_as_they_come(pool: Pool) -> None:
    assert ask(pool, "SELECT count(*), min(id), max(id) FROM demo.flights") == {
        "count": FLIGHTS,
        "min": 1,
        "max": FLIGHTS,
    }
    first = ask(pool, "SELECT * FROM demo.flights WHERE id = 1")
    assert (first["carrier"], first["flight"], first["tailnum"]) == ("UA", 1545, "N14228")


def test_na_is_no_value(pool: Pool) -> None:
    last = ask(pool, f"SELECT * FROM demo.flights WHERE id = {FLIGHTS}")
    assert last["dep_time"] is None
    found = ask(pool, "SELECT count(*) FROM demo.flights WHERE tailnum = 'NA' OR carrier = 'NA'")
    assert found["count"] == 0


def test_what_is_loaded_is_not_loaded_again(pool: Pool) -> None:
    assert load_flights(pool, silent) is False
    assert load_orders(pool, None, silent) is False
    assert load_orders(pool, DEFAULT, silent) is False


def test_every_dataset_is_as_its_table(pool: Pool, url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert write_datasets(settings) is True
    catalog = open_catalog(settings, url)
    rows = {name: open_source(source) for name, source in catalog.sources.items()}
    assert set(catalog.datasets) == {
        "airlines", "airports", "customers", "flights", "orders", "planes", "weather",
    }  # fmt: skip
    for dataset in catalog.datasets.values():
        fields = tuple(field.name for field in dataset.every_field())
        nested = map(partial(_nested, dataset), dataset.relations)
        query = RowQuery(fields=(*fields, *nested), asked_at=now())
        check_query(query, dataset)
        assert rows[dataset.source].preview(dataset, query, 3).rows == 3


def _nested(dataset: Dataset, relation: Relation) -> Nested:
    """All of it."""
    fields = tuple(field.name for field in dataset.beyond(relation).fields)
    return Nested(relation=relation.name, fields=fields)


def test_a_relation_to_one_never_doubles_rows(pool: Pool) -> None:
    joined = ask(
        pool,
        "SELECT count(*) FROM demo.flights f LEFT JOIN demo.airlines a USING (carrier)"
        " LEFT JOIN demo.planes p USING (tailnum) LEFT JOIN demo.airports o ON o.faa = f.origin"
        " LEFT JOIN demo.airports d ON d.faa = f.dest",
    )
    assert joined["count"] == FLIGHTS


def test_orders_are_always_the_same_whatever_their_number(pool: Pool) -> None:
    query = "SELECT md5(string_agg(o::text, '|' ORDER BY id)) FROM demo.orders o WHERE id <= 100"
    everybody = "SELECT count(*), count(DISTINCT email) AS mails FROM demo.customers"
    assert ask(pool, everybody) == {"count": DEFAULT // 4, "mails": DEFAULT // 4}
    before = ask(pool, query)
    load_orders(pool, DEFAULT + 1, silent)
    assert ask(pool, "SELECT count(*) FROM demo.orders")["count"] == DEFAULT + 1
    load_orders(pool, DEFAULT, silent)
    assert ask(pool, query) == before


def test_orders_hold_what_breaks_careless_exports(pool: Pool) -> None:
    for nasty in ("\n", '"', "<", "=", "\\N", "\t", "-1"):
        found = ask(
            pool, f"SELECT count(*) FROM demo.orders WHERE strpos(note, E'{_sql(nasty)}') > 0"
        )
        assert found["count"] > 0, nasty
    assert ask(pool, "SELECT count(*) FROM demo.orders WHERE postcode LIKE '0%%'")["count"] > 0
    assert ask(pool, "SELECT count(*) FROM demo.orders WHERE amount < 0")["count"] > 0


def test_a_load_that_breaks_off_leaves_nothing_and_is_done_again(database_url: str) -> None:
    def breaking(share: float, what: str) -> None:
        if what == "flights":
            raise ConnectionError

    with open_pool(database_url, size=2) as pool:
        with pytest.raises(ConnectionError):
            load_flights(pool, breaking)
        assert ask(pool, "SELECT to_regclass('demo.flights') AS made")["made"] is None
        assert load_flights(pool, silent) is True


def test_without_the_package_it_says_what_to_install(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "find_spec", lambda name: None)
    with open_pool(database_url, size=1) as pool, pytest.raises(FlightsMissing):
        load_flights(pool, silent)
    assert "waybill[demo]" in (FlightsMissing.__doc__ or "")


def test_a_users_own_datasets_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "datasets.yaml").write_text("mine")
    assert write_datasets(Settings(data_dir=tmp_path)) is False
    assert (tmp_path / "datasets.yaml").read_text() == "mine"
    elsewhere = Settings(data_dir=tmp_path / "new", datasets=tmp_path / "other.yaml")
    assert write_datasets(elsewhere) is False
    assert not (tmp_path / "new").exists()


def _sql(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
