"""Parquet and Arrow: rows as typed columns, by pyarrow.

A fragment is a row group or a record batch. Only who renders one of these formats loads pyarrow:
it costs 0.2 s and 50 MB."""
