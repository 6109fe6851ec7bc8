"""Formats are read strictly, said canonically, and never mean two things."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.formats import (
    Compression,
    CsvOptions,
    Encoding,
    Format,
    FormatInvalid,
    FormatSpec,
    Header,
    LineEnd,
    NdjsonOptions,
    Nulls,
    Numbers,
    Quote,
    Split,
    Unencodable,
    default_format,
    parse_format,
    to_json,
)


def _problems(json: object, at: str = "") -> dict[str, str]:
    with pytest.raises(FormatInvalid) as invalid:
        parse_format(json, at)
    return {problem.at: problem.text for problem in invalid.value.problems}


def _csv(**options: Any) -> FormatSpec:
    return parse_format({"format": "csv", "options": options})


def _refusal(option: str, value: object, **others: object) -> str:
    problems = _problems({"format": "csv", "options": {option: value, **others}})
    assert list(problems) == [f"/options/{option}"]
    return problems[f"/options/{option}"]


@pytest.mark.parametrize("name", Format)
def test_a_format_alone_has_the_defaults(name: Format) -> None:
    assert parse_format({"format": name.value}) == default_format(name)


def test_every_option_is_read() -> None:
    options = {
        "delimiter": ";",
        "bom": True,
        "encoding": "utf-16le",
        "line_end": "lf",
        "null_text": "NULL",
        "quote": "all",
        "header": "names",
        "date_format": "DD/MM/YYYY",
        "timestamp_format": "DD/MM/YYYY HH:mm:ss",
        "instant_format": "DD/MM/YYYY HH:mm:ss Z",
        "zone": "Europe/Madrid",
        "decimal_separator": ",",
        "thousands_separator": ".",
        "decimal_places": 2,
        "true_text": "sí",
        "false_text": "no",
        "formula_guard": False,
        "on_unencodable": "replace",
    }
    assert set(options) == {option.name for option in fields(CsvOptions)}
    assert _csv(**options).options == CsvOptions(
        delimiter=";",
        bom=True,
        encoding=Encoding.UTF_16LE,
        line_end=LineEnd.LF,
        null_text="NULL",
        quote=Quote.ALL,
        header=Header.NAMES,
        date_format="DD/MM/YYYY",
        timestamp_format="DD/MM/YYYY HH:mm:ss",
        instant_format="DD/MM/YYYY HH:mm:ss Z",
        zone="Europe/Madrid",
        decimal_separator=",",
        thousands_separator=".",
        decimal_places=2,
        true_text="sí",
        false_text="no",
        formula_guard=False,
        on_unencodable=Unencodable.REPLACE,
    )


@pytest.mark.parametrize(
    "spec",
    [
        default_format(Format.CSV),
        default_format(Format.NDJSON),
        FormatSpec(
            format=Format.CSV,
            compression=Compression.ZSTD,
            options=CsvOptions(delimiter="\t", date_format="D.M.YY", decimal_places=0),
        ),
        FormatSpec(
            format=Format.NDJSON,
            compression=Compression.GZIP,
            options=NdjsonOptions(
                nulls=Nulls.OMIT, big_integers=Numbers.STRINGS, zone="Asia/Kolkata"
            ),
        ),
    ],
)
def test_the_canonical_json_reads_as_the_same_format(spec: FormatSpec) -> None:
    json = to_json(spec)
    assert parse_format(json) == spec
    assert to_json(parse_format(json)) == json
    assert set(json["options"]) == {option.name for option in fields(spec.options)}


def test_an_unknown_member_is_named_with_what_was_probably_meant() -> None:
    problems = _problems(
        {"format": "csv", "compresion": "gzip", "options": {"delimeter": ";"}}, "/formats/0"
    )
    assert problems["/formats/0/compresion"].startswith("is unknown. Did you mean compression?")
    assert problems["/formats/0/options/delimeter"].startswith(
        "is unknown. Did you mean delimiter? Known are delimiter, bom, encoding"
    )


def test_all_problems_are_told_at_once() -> None:
    options = {"bom": 1, "encoding": "latin1", "zone": "Europe/Madird", "decimal_places": 31}
    problems = _problems({"format": "csv", "compression": "zip", "options": options})
    assert set(problems) == {"/compression", *(f"/options/{option}" for option in options)}


def test_the_message_of_the_error_tells_every_problem() -> None:
    with pytest.raises(FormatInvalid, match=r"^/format is missing; use one of csv, ndjson, json"):
        parse_format({})


@pytest.mark.parametrize("json", ["csv", None, 1, [], True])
def test_what_is_no_object_is_refused(json: object) -> None:
    assert "must be an object, not" in _problems(json)[""]


@pytest.mark.parametrize("options", ["x", None, [], 3.5])
def test_options_that_are_no_object_are_refused(options: object) -> None:
    problems = _problems({"format": "csv", "options": options})
    assert problems["/options"].startswith("must be an object, not")


@pytest.mark.parametrize("name", ["CSV", "cvs", "", None, 1, ["csv"], {}])
def test_an_unknown_format_is_refused(name: object) -> None:
    assert "Use csv, ndjson" in _problems({"format": name})["/format"]


def test_a_member_name_is_escaped_in_the_pointer() -> None:
    assert "/a~1b~0c" in _problems({"format": "csv", "a/b~c": 1})


def test_an_option_of_the_other_format_is_unknown() -> None:
    assert "/options/delimiter" in _problems({"format": "ndjson", "options": {"delimiter": ";"}})


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("delimiter", ",,", "must be one character"),
        ("delimiter", '"', "must be one character"),
        ("delimiter", "é", "must be one character"),
        ("delimiter", "", "must be one character"),
        ("delimiter", "5", "must be one character"),
        ("bom", "true", "must be true or false, not a string"),
        ("bom", None, "must be true or false, not null"),
        ("encoding", "utf8", "Did you mean utf-8?"),
        ("line_end", "\n", "Use crlf or lf"),
        ("null_text", 0, "must be a string, not a number"),
        ("null_text", "x" * 33, "at most 32 printable characters"),
        ("null_text", "a\0", "printable"),
        ("decimal_separator", "·", "must be one of '.', ','"),
        ("decimal_places", True, "must be a whole number from 0 to 30"),
        ("decimal_places", -1, "must be a whole number from 0 to 30"),
        ("decimal_places", 1.5, "must be a whole number from 0 to 30"),
        ("zone", "Europe/Madird", "Did you mean Europe/Madrid?"),
        ("zone", "../../etc/passwd", "is no time zone"),
        ("zone", 2, "is no time zone"),
        ("date_format", 5, "must be a pattern such as YYYY-MM-DD"),
        ("date_format", "%Y-%m-%d", "'%Y-%m-%d' at character 1 is none of YYYY, YY"),
        ("date_format", "YYYY-mm-DD", "mm: a date has no such part"),
        ("date_format", "", "the pattern writes nothing"),
        ("date_format", "--", "the pattern writes nothing"),
        ("date_format", "DD/DD", "DD appears twice"),
        ("date_format", "YYYY" + "-" * 60, "must be at most 60 characters"),
        ("timestamp_format", "YYYY Z", "has no offset"),
        ("instant_format", "hh:mm", "add A (AM or PM)"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_what_can(
    option: str, value: object, said: str
) -> None:
    assert said in _refusal(option, value)


@pytest.mark.parametrize(
    ("option", "value", "others"),
    [
        ("decimal_separator", ",", {}),
        ("thousands_separator", ",", {}),
        ("thousands_separator", " ", {"delimiter": " "}),
        ("thousands_separator", ".", {"delimiter": ";"}),
        ("null_text", "a,b", {}),
        ("null_text", '"', {}),
        ("false_text", "yes", {"true_text": "yes"}),
        ("true_text", "-", {"null_text": "-"}),
        ("bom", True, {"encoding": "windows-1252"}),
        ("date_format", "DD/MM", {"delimiter": "/"}),
        ("instant_format", "HH:mm", {"delimiter": ":"}),
        ("timestamp_format", "YYYY[, at ]HH", {}),
        ("true_text", "да", {"encoding": "iso-8859-1"}),
        ("thousands_separator", "\u202f", {"encoding": "windows-1252"}),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    option: str, value: object, others: dict[str, object]
) -> None:
    problems = _problems({"format": "csv", "options": {option: value, **others}})
    assert len(problems) == 1
    assert next(iter(problems)) == f"/options/{option}"


def test_options_must_belong_to_the_format() -> None:
    with pytest.raises(TypeError, match="NdjsonOptions are not options of csv"):
        FormatSpec(format=Format.CSV, options=NdjsonOptions())


@pytest.mark.parametrize(
    ("json", "extension", "media_type"),
    [
        ({"format": "csv"}, "csv", "text/csv; charset=utf-8; header=present"),
        (
            {"format": "csv", "options": {"header": "none", "encoding": "windows-1252"}},
            "csv",
            "text/csv; charset=windows-1252; header=absent",
        ),
        ({"format": "csv", "compression": "gzip"}, "csv.gz", "application/gzip"),
        ({"format": "ndjson"}, "ndjson", "application/x-ndjson"),
        ({"format": "ndjson", "compression": "zstd"}, "ndjson.zst", "application/zstd"),
    ],
)
def test_a_file_is_named_and_described_by_its_format(
    json: object, extension: str, media_type: str
) -> None:
    assert parse_format(json).extension == extension
    assert parse_format(json).media_type == media_type


@pytest.mark.parametrize(
    ("json", "codec"),
    [
        ({"format": "csv"}, r"csv/1"),
        ({"format": "csv", "compression": "gzip"}, r"csv/1\+gzip:zlib-ng-[\d.]+-2"),
        ({"format": "ndjson", "compression": "zstd"}, r"ndjson/2\+zstd:zstandard-[\d.]+-3"),
        ({"format": "csv", "options": {"zone": "Europe/Madrid"}}, r"csv/1\+tz/2:\d{4}\.\d+"),
    ],
)
def test_the_codec_names_all_that_the_bytes_depend_on(json: object, codec: str) -> None:
    assert re.fullmatch(codec, parse_format(json).codec)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
_OPTIONS = [option.name for kind in (CsvOptions, NdjsonOptions) for option in fields(kind)]


@given(
    st.fixed_dictionaries(
        {"format": st.sampled_from(["csv", "ndjson"])},
        optional={
            "compression": _JSON,
            "options": st.dictionaries(st.sampled_from(_OPTIONS), _JSON) | _JSON,
        },
    )
    | _JSON
)
def test_whatever_json_comes_is_a_format_or_a_list_of_problems(json: object) -> None:
    spec, problems = _read(json)
    assert problems if spec is None else parse_format(to_json(spec)) == spec


def _read(json: object) -> tuple[FormatSpec | None, int]:
    try:
        return parse_format(json), 0
    except FormatInvalid as invalid:
        return None, len(invalid.problems)


@pytest.mark.parametrize("split", [{"by": "region"}, {"rows": 16_384}, {"bytes": 5_000_000}])
@pytest.mark.parametrize("name", Format)
def test_a_split_file_is_a_zip_and_comes_back_from_its_json(
    name: Format, split: dict[str, Any]
) -> None:
    spec = parse_format({"format": name.value, "split": split})
    assert spec.split == Split(**split)
    assert parse_format(to_json(spec)) == spec
    one = default_format(name)
    assert (spec.media_type, spec.extension) == ("application/zip", f"{one.extension}.zip")
    own, *others = one.codec.split("+")
    assert re.match(rf"{own}\+split/1\+deflate:zlib-ng-[\d.]+-2($|\+)", spec.codec)
    assert sorted(spec.codec.split("+")[3:]) == sorted(
        each for each in others if not each.startswith("deflate")
    )


def test_a_file_that_is_not_split_says_nothing_of_it() -> None:
    assert "split" not in to_json(default_format(Format.CSV))


@pytest.mark.parametrize(
    ("split", "at", "text"),
    [
        ({}, "/split", "must have one member"),
        ({"by": "a", "rows": 20_000}, "/split", "must have one member"),
        (None, "/split", "must be an object, not null"),
        ("region", "/split", "must be an object, not a string"),
        ({"by": ""}, "/split/by", "must be the name of a field"),
        ({"by": 5}, "/split/by", "must be the name of a field, not a number"),
        ({"rows": 16_383}, "/split/rows", "must be a whole number from 16384"),
        ({"rows": True}, "/split/rows", "must be a whole number"),
        ({"bytes": 1.5}, "/split/bytes", "must be a whole number from 1000000"),
        ({"bye": "a"}, "/split/bye", "is unknown. Did you mean by?"),
    ],
)
def test_a_split_that_cant_be_says_what_can(split: object, at: str, text: str) -> None:
    problems = _problems({"format": "csv", "split": split})
    assert text in problems[at]


def test_a_split_file_is_compressed_by_its_zip_and_not_again() -> None:
    split = {"by": "a"}
    packed = _problems({"format": "csv", "compression": "gzip", "split": split})
    assert "a zip" in packed["/compression"]
