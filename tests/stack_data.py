"""The tables that the end-to-end tests export, and their declaration."""

from __future__ import annotations

import psycopg

from infra.database import open_pool
from infra.demo.flights import load_flights

ROWS = 200_000

TABLES = """
CREATE TABLE sales AS
SELECT g AS id, md5(g::text)::uuid AS uid,
       (ARRAY['Zoë Müller', 'O''Brien & Sons', 'Smith, John', 'Ren "R" Dubois', '李小龍', 'محمد'])
         [1 + g % 6] || ' ' || g AS customer,
       CASE WHEN g % 7 = 0 THEN NULL WHEN g % 11 = 0 THEN '' WHEN g % 13 = 0 THEN '=1+' || g
            ELSE E'line\\nnext \\\\ tab\\t' || g END AS note,
       ((g * 7919) % 1000003)::numeric / 100 - 4000 AS amount,
       g % 2 = 0 AS paid, date '2019-01-01' + g % 2000 AS day,
       timestamptz '2019-01-01 00:00+00' + g * interval '97 seconds' AS created,
       jsonb_build_object('n', g, 'tags', jsonb_build_array('a', g % 5)) AS meta
FROM generate_series(1, {rows}) AS g;
ALTER TABLE sales ADD PRIMARY KEY (id);
ANALYZE sales;
"""

COLUMNS = ["id", "uid", "customer", "note", "amount", "paid", "day", "created", "meta"]

DATASETS = """
sources:
  shop: {kind: postgresql, dsn: "${WAYBILL_DATABASE}"}
datasets:
  - id: sales
    label: Sales
    source: shop
    table: sales
    key: [id]
    fields:
      - {name: id, type: integer, label: Number}
      - {name: uid, type: uuid, label: UID}
      - {name: customer, type: text, label: Customer, pii: identity}
      - {name: note, type: text, label: Note}
      - {name: amount, type: decimal, label: Amount}
      - {name: paid, type: boolean, label: Paid}
      - {name: day, type: date, label: Day}
      - {name: created, type: instant, label: Created}
      - {name: meta, type: json, label: Meta}
    relations:
      - {name: itself, dataset: sales, on: {id: id}}
"""

LIKE_COPY = {
    "format": "csv",
    "options": {
        "header": "names",
        "line_end": "lf",
        "true_text": "t",
        "false_text": "f",
        "formula_guard": False,
    },
}
"""CSV as PostgreSQL's own COPY writes it."""

FLIGHTS = """
SELECT id, year, month, day, dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time,
       arr_delay, carrier, flight, tailnum, origin, dest, air_time, distance, hour, minute,
       time_hour
FROM demo.flights ORDER BY id
"""

QUERY = f"SELECT {', '.join(COLUMNS)} FROM sales ORDER BY id"


def load(url: str, rows: int = ROWS) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES.format(rows=rows).encode())


def load_demo(url: str) -> None:
    pool = open_pool(url, size=1)
    load_flights(pool, lambda _share, _words: None)
    pool.close()
