"""Datasets in YAML: what is read, and how an error says what to mend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from domain.datasets import Dataset, FieldType, Relation, UnknownField
from domain.masks import Null, Pattern, Token
from infra.catalog import Catalog, CatalogInvalid, load_catalog
from infra.catalog.relating import version

FLIGHTS = """
sources:
  main: {kind: postgresql, dsn: "postgresql://reader:${PASSWORD}@db/air", statement_timeout: 60}
datasets:
  - id: flights
    label: Flights
    description: Departures from New York
    source: main
    table: air.flights
    key: [id]
    fields:
      - {name: id, type: integer}
      - {name: carrier, type: text, label: Carrier}
      - {name: dep_delay, type: decimal, column: Dep Delay}
      - {name: pilot, type: text, pii: contact}
    relations:
      - {name: airline, dataset: airlines, on: {carrier: code}}
      - {name: legs, dataset: legs, on: {id: flight_id}, many: true}
  - id: airlines
    label: Airlines
    source: main
    query: |
      SELECT code, name FROM airlines -- all
    key: [code]
    fields:
      - {name: code, type: text}
      - {name: name, type: text, label: Name}
  - id: legs
    label: Legs
    source: main
    table: legs
    key: [flight_id, number]
    fields:
      - {name: flight_id, type: integer}
      - {name: number, type: integer}
      - {name: route, type: json}
"""
ENV = {"PASSWORD": "s3cret"}


def load(tmp_path: Path, text: str, env: dict[str, str] | None = None) -> Catalog:
    file = tmp_path / "datasets.yaml"
    file.write_text(dedent(text))
    return load_catalog(file, ENV if env is None else env)


def refused(tmp_path: Path, text: str, env: dict[str, str] | None = None) -> CatalogInvalid:
    with pytest.raises(CatalogInvalid) as caught:
        load(tmp_path, text, env)
    assert "s3cret" not in str(caught.value)
    return caught.value


def flights(tmp_path: Path) -> Dataset:
    return load(tmp_path, FLIGHTS).datasets["flights"]


def test_a_dataset_is_read(tmp_path: Path) -> None:
    dataset = flights(tmp_path)
    assert (dataset.id, dataset.label, dataset.source) == ("flights", "Flights", "main")
    assert (dataset.table, dataset.query, dataset.key) == ("air.flights", None, ("id",))
    delay = dataset.resolve("dep_delay")
    assert (delay.type, delay.label, delay.column) == (
        FieldType.DECIMAL,
        "Dep delay",
        "Dep Delay",
    )
    assert dataset.resolve("pilot").pii == "contact"
    assert dataset.relations == (
        Relation(name="airline", dataset="airlines", on={"carrier": "code"}),
        Relation(name="legs", dataset="legs", on={"id": "flight_id"}, many=True),
    )


def test_a_to_one_relation_is_resolved_and_a_to_many_one_is_not(tmp_path: Path) -> None:
    dataset = flights(tmp_path)
    assert dataset.resolve("airline.name").label == "Airline: Name"
    with pytest.raises(UnknownField):
        dataset.resolve("legs.number")
    assert set(dataset.reachable) == {"airlines", "legs"}
    assert dataset.reachable["airlines"].query == "SELECT code, name FROM airlines -- all"


def test_a_source_has_its_environment_and_doesnt_show_it(tmp_path: Path) -> None:
    source = load(tmp_path, FLIGHTS).sources["main"]
    assert source.dsn == "postgresql://reader:s3cret@db/air"
    assert source.statement_timeout == 60
    assert "s3cret" not in repr(source)


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, FLIGHTS, {})
    assert error.path == "sources.main.dsn"
    assert "PASSWORD is not set" in error.problem


def test_a_wrong_dsn_is_refused_without_showing_it(tmp_path: Path) -> None:
    error = refused(tmp_path, FLIGHTS, {"PASSWORD": "s3cret%zz"})
    assert error.path == "sources.main.dsn"
    assert "postgresql://" in error.problem


def test_a_directorys_files_are_one_catalog(tmp_path: Path) -> None:
    both = yaml.safe_load(FLIGHTS.replace(" on:", ' "on":'))
    for name in ("sources", "datasets"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({name: both[name]}))
    assert set(load_catalog(tmp_path, ENV).datasets) == {"flights", "airlines", "legs"}
    (tmp_path / "more.yml").write_text(yaml.safe_dump({"sources": both["sources"]}))
    with pytest.raises(CatalogInvalid, match="another file"):
        load_catalog(tmp_path, ENV)


def test_an_empty_directory_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalid, match=r"no \.yaml file"):
        load_catalog(tmp_path)
    with pytest.raises(CatalogInvalid, match="nowhere"):
        load_catalog(tmp_path / "nowhere.yaml")


def test_the_version_changes_with_the_definition_and_with_nothing_else(tmp_path: Path) -> None:
    dataset = flights(tmp_path)
    assert len(dataset.version) == 64
    assert load(tmp_path, FLIGHTS, {"PASSWORD": "other"}).datasets["flights"] == dataset
    changed = [
        replace(dataset, label="x"),
        replace(dataset, key=("carrier",)),
        replace(dataset, fields=dataset.fields[:-1]),
        *(
            replace(dataset, reachable={**dataset.reachable, name: replace(other, query="x")})
            for name, other in dataset.reachable.items()
        ),
    ]
    assert len({version(dataset), *(version(each) for each in changed)}) == 6


CHAIN = """
sources: {main: {kind: postgresql, dsn: dbname=x}}
datasets:
  - {id: a, label: A, source: main, table: a, key: [id], fields: [{name: id, type: integer}],
     relations: [{name: b, dataset: b, on: {id: id}}]}
  - {id: b, label: B, source: main, table: b, key: [id], fields: [{name: id, type: integer}]}
"""


def test_what_reaches_no_further_has_the_version_it_always_had(tmp_path: Path) -> None:
    datasets = load(tmp_path, CHAIN).datasets
    assert {name: dataset.version[:16] for name, dataset in datasets.items()} == {
        "a": "dbae1b0072b52845",
        "b": "fac362bab3aaea09",
    }


def test_a_version_covers_whatever_can_be_reached(tmp_path: Path) -> None:
    further = CHAIN.replace(
        "table: b, key: [id], fields: [{name: id, type: integer}]}",
        "table: b, key: [id], fields: [{name: id, type: integer}],\n"
        "     relations: [{name: c, dataset: c, on: {id: id}, many: true}]}\n"
        "  - {id: c, label: C, source: main, table: c, key: [id],"
        " fields: [{name: id, type: integer}],\n"
        "     relations: [{name: a, dataset: a, on: {id: id}}]}",
    )
    before = load(tmp_path, further).datasets
    after = load(tmp_path, further.replace("label: C", "label: Changed")).datasets
    assert set(before["a"].reachable) == {"a", "b", "c"}
    assert all(before[name].version != after[name].version for name in "abc")
    assert before["a"].resolve("b.id").label == "B: Id"


def test_names_are_text_even_if_yaml_has_another_idea(tmp_path: Path) -> None:
    text = FLIGHTS.replace("label: Flights", "label: no").replace("name: number", "name: on")
    catalog = load(tmp_path, text.replace("[flight_id, number]", "[flight_id, on]"))
    assert catalog.datasets["flights"].label == "no"
    assert catalog.datasets["legs"].key == ("flight_id", "on")


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("label: Flights", "label: Flights\n    colour: x", "datasets[0].colour", "no such"),
        ("label: Flights", "labels: Flights", "datasets[0].labels", "did you mean label"),
        ("    label: Flights\n", "", "datasets[0]", "label is missing"),
        ("label: Flights", 'label: "a\\nb"', "datasets[0].label", "one line"),
        ("label: Flights", "label: [a]", "datasets[0].label", "text"),
        ("id: flights", "id: Flights", "datasets[0].id", "lower-case"),
        ("id: flights", f"id: {'x' * 64}", "datasets[0].id", "63"),
        ("id: airlines", "id: flights", "datasets[1]", "another dataset"),
        ("source: main\n    table: air", "source: mian\n    table: air", "datasets[0].source",
         "did you mean main"),
        ("    table: air.flights\n", "", "datasets[0]", "either a table or a query"),
        ("table: air.flights", "table: a\n    query: SELECT 1", "datasets[0]", "either"),
        ("table: air.flights", "table: a.b.c", "datasets[0].table", "schema.table"),
        ("-- all", "-- all ;", "datasets[1].query", "semicolon"),
        ("key: [id]", "key: []", "datasets[0].key", "list"),
        ("key: [id]", "key: id", "datasets[0].key", "list"),
        ("key: [id]", "key: [ident]", "datasets[0].key[0]", "use one of id"),
        ("key: [id]", "key: [id, id]", "datasets[0].key[1]", "twice"),
        ("[flight_id, number]", "[route]", "datasets[2].key[0]", "JSON"),
        ("name: id, type: integer", "name: id", "datasets[0].fields[0]", "type is missing"),
        ("name: id, type: integer", "name: id, type: int", "datasets[0].fields[0].type", "use one"),
        ("name: pilot", "name: carrier", "datasets[0].fields[3]", "another field"),
        ("pii: contact", "pii: A B", "datasets[0].fields[3].pii", "lower-case"),
        ("dataset: airlines", "dataset: airline", "datasets[0].relations[0].dataset",
         "did you mean airlines"),
        ("{carrier: code}", "{carier: code}", "datasets[0].relations[0].on.carier", "carrier"),
        ("{carrier: code}", "{carrier: nmae}", "datasets[0].relations[0].on.carrier", "use one"),
        ("{carrier: code}", "{carrier: name}", "datasets[0].relations[0]", "whole key"),
        ("{carrier: code}", "{id: code}", "datasets[0].relations[0].on.id", "different types"),
        ("{carrier: code}", "{carrier: code, pilot: code}", "datasets[0].relations[0].on",
         "twice"),
        ("many: true", "many: false", "datasets[0].relations[1]", "many: true"),
        ("many: true", "many: yes", "datasets[0].relations[1].many", "true, false"),
        ("name: legs, dataset", "name: airline, dataset", "datasets[0].relations[1]", "another"),
        ("kind: postgresql", "kind: postgres", "sources.main.kind", "did you mean postgresql"),
        ("statement_timeout: 60", "statement_timeout: 1m", "sources.main.statement_timeout",
         "whole number"),
        ("statement_timeout: 60", "statement_timeout: 9999999", "sources.main.statement_timeout",
         "2000000"),
        ("  main: {", "  Main: {", "sources.Main", "lower-case"),
        ("sources:", "source:", "source", "did you mean sources"),
        ("datasets:\n", "datasets: {}\nx:\n", "x", "no such"),
        ("label: Flights", "label: a\n    label: b", "line 5", "twice"),
        ("key: [id]", "key: [id", "line", "YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, path: str, words: str
) -> None:
    assert old in FLIGHTS
    error = refused(tmp_path, FLIGHTS.replace(old, new, 1))
    assert error.path.startswith(path)
    assert words in error.problem
    assert str(error).startswith(f"{tmp_path / 'datasets.yaml'}: {error.path}: ")


def test_missing_fields_are_told_how_to_write_them(tmp_path: Path) -> None:
    error = refused(tmp_path, FLIGHTS[: FLIGHTS.index("    fields:")])
    assert error.path == "datasets[0]"
    assert "waybill datasets describe" in error.problem


def test_a_relation_stays_within_its_source(tmp_path: Path) -> None:
    text = FLIGHTS.replace("sources:", "sources:\n  other: {kind: postgresql, dsn: dbname=x}")
    second = "label: Airlines\n    source: "
    error = refused(tmp_path, text.replace(f"{second}main", f"{second}other"))
    assert "another source" in error.problem


def test_a_file_without_sources_has_no_datasets(tmp_path: Path) -> None:
    error = refused(tmp_path, FLIGHTS[FLIGHTS.index("datasets:") :])
    assert "no sources" in error.problem


@pytest.mark.parametrize("data", [b"\xff\xfe\xff", b"a: \0", b"[" * 5000, b"- a", b"", b"x"])
def test_what_is_no_catalog_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "datasets.yaml"
    file.write_bytes(data)
    with pytest.raises(CatalogInvalid):
        load_catalog(file)


def test_text_with_half_a_character_is_refused(tmp_path: Path) -> None:
    text = FLIGHTS.replace("table: legs", 'table: "le\\uD800gs"')
    assert "surrogate" in refused(tmp_path, text).problem


def test_the_documented_example_is_a_catalog(tmp_path: Path) -> None:
    guide = Path(__file__).parents[3] / "docs" / "datasets.md"
    example = guide.read_text().split("```yaml\n")[1].split("```")[0]
    catalog = load(tmp_path, example, {"SHOP_PASSWORD": "s3cret"})
    assert catalog.datasets["orders"].resolve("customer.country").label == "Customer: Country"


def _with_mask(mask: str, field: str = "{name: pilot, type: text, pii: contact") -> str:
    assert field in FLIGHTS
    return FLIGHTS.replace(field, f"{field}, mask: {mask}")


def test_a_field_may_be_masked_and_nobody_may_have_it_plain(tmp_path: Path) -> None:
    default = load(tmp_path, _with_mask("token")).datasets["flights"].resolve("pilot")
    assert (default.mask, default.mask_required) == (Token(), False)
    demanded = _with_mask("{method: mask, first: 1, hidden: 3, required: true}")
    pilot = load(tmp_path, demanded).datasets["flights"].resolve("pilot")
    assert (pilot.mask, pilot.mask_required) == (Pattern(first=1, hidden=3), True)


def test_a_mask_goes_with_the_field_through_a_relation(tmp_path: Path) -> None:
    text = _with_mask("{method: 'null', required: true}", "{name: name, type: text, label: Name")
    name = load(tmp_path, text).datasets["flights"].resolve("airline.name")
    assert (name.mask, name.mask_required) == (Null(), True)


def test_a_mask_is_part_of_the_version_and_no_mask_is_not(tmp_path: Path) -> None:
    plain = flights(tmp_path).version
    default = load(tmp_path, _with_mask("token")).datasets["flights"].version
    demanded = load(tmp_path, _with_mask("{method: token, required: true}"))
    assert len({plain, default, demanded.datasets["flights"].version}) == 3


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        ("hash", "its mask method is none of the known methods"),
        ("{method: generalise, prefix: many}", "its mask prefix must be a whole number"),
        ("{method: token, required: maybe}", "use one of true, false"),
        ("{method: keep, required: true}", "keep hides nothing"),
        ("[token]", "write a mapping"),
        ("{required: true}", "its mask method is missing"),
    ],
)
def test_a_mask_that_can_not_be_used_is_named_with_its_place(
    tmp_path: Path, mask: str, says: str
) -> None:
    error = refused(tmp_path, _with_mask(mask))
    assert "datasets[0].fields[3].mask" in error.path
    assert says in error.problem
