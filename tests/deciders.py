"""given(events).when(command).then(events): how tests of rules read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest

State = TypeVar("State")
Command = TypeVar("Command")
Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider(Generic[State, Command, Fact]):
    decide: Callable[[Command, State | None], Sequence[Fact]]
    evolve: Callable[[State | None, Fact], State]

    def given(self, *events: Fact) -> Given[State, Command, Fact]:
        return Given(self, list(events))

    def told(self, *commands: Command) -> Given[State, Command, Fact]:
        """Given whatever these commands lead to, one after the other."""
        given = self.given()
        for command in commands:
            given = self.given(*given.events, *self.decide(command, given.state))
        return given


@dataclass(frozen=True, slots=True)
class Given(Generic[State, Command, Fact]):
    decider: Decider[State, Command, Fact]
    events: list[Fact]

    @property
    def state(self) -> State | None:
        state: State | None = None
        for event in self.events:
            state = self.decider.evolve(state, event)
        return state

    @property
    def known(self) -> State:
        """The state of something that exists."""
        state = self.state
        assert state is not None
        return state

    def told(self, *commands: Command) -> Given[State, Command, Fact]:
        given = self
        for command in commands:
            facts = self.decider.decide(command, given.state)
            given = Given(self.decider, [*given.events, *facts])
        return given

    def when(self, command: Command) -> When[State, Command, Fact]:
        return When(self, command)


@dataclass(frozen=True, slots=True)
class When(Generic[State, Command, Fact]):
    given: Given[State, Command, Fact]
    command: Command

    def then(self, *events: Fact) -> None:
        """Exactly these events; none means that nothing new happened."""
        assert list(self._decided()) == list(events)

    def raises(self, error: type[Exception]) -> None:
        with pytest.raises(error) as raised:
            self._decided()
        assert raised.type is error

    def _decided(self) -> Sequence[Fact]:
        return self.given.decider.decide(self.command, self.given.state)
