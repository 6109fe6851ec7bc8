"""The filter language: an allow-listed tree that is checked against a dataset, said as a
sentence, and compiled by each source to bound parameters. It never becomes text in a query."""

from __future__ import annotations


class Filter:
    """Replaced by the rows task: the union of the tree's nodes."""
