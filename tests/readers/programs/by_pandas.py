"""Workbooks and CSV by pandas, which is asked to guess nothing."""

from __future__ import annotations

import pandas as pd

from tests.readers.programs.cells import Rows, main


def xlsx_rows(file: str) -> Rows:
    frame = pd.read_excel(file, header=None, dtype=object, keep_default_na=False, engine="calamine")
    return map(list, frame.itertuples(index=False, name=None))


def csv_rows(file: str) -> Rows:
    frame = pd.read_csv(file, header=None, dtype=str, keep_default_na=False)
    return map(list, frame.itertuples(index=False, name=None))


main({"xlsx": xlsx_rows, "csv": csv_rows})
