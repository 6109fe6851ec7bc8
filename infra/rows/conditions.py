"""A checked filter as a condition with parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeAlias, assert_never

from psycopg.sql import SQL, Composable, Composed, Identifier, Placeholder

from domain.datasets import Dataset, Field
from domain.filters import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Filter,
    In,
    IsNull,
    Not,
    TextMatch,
    Value,
    bound_text,
)
from infra.rows.columns import Columns
from infra.rows.types import CASTS

Parameters: TypeAlias = dict[str, str | list[str]]
"""Only texts go out; each is cast to its type where it stands."""

_OPERATORS: Final = {
    "eq": SQL("="),
    "ne": SQL("IS DISTINCT FROM"),
    "lt": SQL("<"),
    "lte": SQL("<="),
    "gt": SQL(">"),
    "gte": SQL(">="),
}


class Conditions:
    """`folding` names the collation that says which letters differ by case only; None leaves it
    to the column's own. `parameters` is what the values are added to: one for a statement."""

    def __init__(
        self,
        dataset: Dataset,
        columns: Columns,
        asked_at: datetime,
        folding: str | None,
        parameters: Parameters,
    ) -> None:
        self.parameters = parameters
        self._dataset = dataset
        self._columns = columns
        self._asked_at = asked_at
        self._folding = folding

    def of(self, tree: Filter) -> Composed:
        match tree:
            case AllOf(items=items):
                return self._joined(" AND ", items)
            case AnyOf(items=items):
                return self._joined(" OR ", items)
            case Not(item=item):
                return SQL("({}) IS NOT TRUE").format(self.of(item))
            case _:
                return self._leaf(tree, self._dataset.resolve(tree.field))

    def _joined(self, word: str, items: tuple[Filter, ...]) -> Composed:
        return SQL("({})").format(SQL(word).join([self.of(item) for item in items]))

    def _leaf(self, leaf: Compare | In | Between | IsNull | TextMatch, field: Field) -> Composed:
        match leaf:
            case Compare(op="eq" | "ne", value=value):
                column, bound = self._columns.compared(field), self._bound(value, field)
                return SQL("{} {} {}").format(column, _OPERATORS[leaf.op], bound)
            case Compare(op=op, value=value):
                column, bound = self._columns.ordered(field), self._bound(value, field)
                return SQL("{} {} {}").format(column, _OPERATORS[op], bound)
            case In(values=values):
                return self._in(field, values)
            case Between(low=low, high=high):
                ends = self._bound(low, field), self._bound(high, field)
                return SQL("{} BETWEEN {} AND {}").format(self._columns.ordered(field), *ends)
            case IsNull(negated=negated):
                test = SQL("{} IS NOT NULL" if negated else "{} IS NULL")
                return test.format(self._columns.plain(field))
            case TextMatch():
                return self._text_match(leaf, field)
            case _:
                assert_never(leaf)

    def _bound(self, value: Value, field: Field) -> Composed:
        return self._parameter(bound_text(value, field.type, self._asked_at), CASTS[field.type])

    def _in(self, field: Field, values: tuple[Value, ...]) -> Composed:
        texts = [bound_text(value, field.type, self._asked_at) for value in values]
        array = self._parameter(texts, f"{CASTS[field.type]}[]")
        return SQL("{} = ANY ({})").format(self._columns.compared(field), array)

    def _text_match(self, match: TextMatch, field: Field) -> Composed:
        looked_for = _like_escaped(bound_text(match.value, field.type, self._asked_at))
        before = "" if match.op == "starts_with" else "%"
        after = "" if match.op == "ends_with" else "%"
        pattern = self._parameter(f"{before}{looked_for}{after}", "text")
        column = self._columns.compared(field)
        if match.ignore_case:
            return SQL("{} LIKE {}").format(self._folded(column), self._folded(pattern))
        return SQL("{} LIKE {}").format(column, pattern)

    def _folded(self, text: Composable) -> Composed:
        if self._folding is None:
            return SQL("lower({})").format(text)
        return SQL("lower({} COLLATE {})").format(text, Identifier(self._folding))

    def _parameter(self, text: str | list[str], cast: str) -> Composed:
        name = f"v{len(self.parameters)}"
        self.parameters[name] = text
        return SQL("{}::{}").format(Placeholder(name), SQL(cast))


def _like_escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
