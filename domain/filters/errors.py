"""What goes wrong with a filter, said so that its writer can mend it."""

from __future__ import annotations


class FilterInvalid(Exception):
    """The filter can't be used. The path says where in it, the problem says what to do.

    Neither repeats a value of the filter: it may be personal data, and errors are logged."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class ValueUnfit(Exception):
    """This value doesn't fit its field; the message says what would."""
