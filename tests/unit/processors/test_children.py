"""Child processes do tasks one after another, can be ended, and are replaced when they die."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.ports import RowsRefused
from processors.children import ChildDied, Children, Stop, TaskStopped
from tests.unit.processors.children_tasks import setup


@pytest.fixture
def children() -> Iterator[Children]:
    children = Children(2, setup, {"start": 100}, ["tests.unit.processors.children_tasks"])
    yield children
    children.close()


def _nothing(_: Any) -> None: ...


def test_a_child_is_set_up_once_and_used_again(children: Children) -> None:
    assert [children.run("count", _nothing) for _ in range(3)] == [101, 102, 103]


def test_what_a_task_says_meanwhile_arrives_in_order(children: Children) -> None:
    heard: list[int] = []
    assert children.run("emit", heard.append) == 3
    assert heard == [1, 2]


def test_an_error_of_the_task_is_raised_here_and_the_child_lives(children: Children) -> None:
    children.run("count", _nothing)
    with pytest.raises(RowsRefused, match="no such column"):
        children.run("refuse", _nothing)
    with pytest.raises(RuntimeError, match="Unpicklable"):
        children.run("unpicklable", _nothing)
    assert children.run("count", _nothing) == 104


def test_a_child_that_dies_is_replaced(children: Children) -> None:
    children.run("count", _nothing)
    with pytest.raises(ChildDied):
        children.run("die", _nothing)
    assert children.run("count", _nothing) == 101


def test_a_task_is_stopped_by_ending_its_process(children: Children) -> None:
    stop, pids = Stop(), list[int]()
    ended: list[BaseException] = []

    def run() -> None:
        try:
            children.run("sleep", pids.append, stop)
        except TaskStopped as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not pids:
        time.sleep(0.01)
    stop()
    thread.join(timeout=10)
    assert len(ended) == 1
    assert not Path(f"/proc/{pids[0]}").exists()


def test_a_task_that_was_stopped_before_it_began_does_not_begin(children: Children) -> None:
    stop = Stop()
    stop()
    with pytest.raises(TaskStopped):
        children.run("count", _nothing, stop)
    assert children.run("count", _nothing) == 101


def test_no_more_run_at_once_than_there_are_places(children: Children) -> None:
    stops = [Stop() for _ in range(3)]
    pids: list[int] = []

    def run(stop: Stop) -> None:
        with pytest.raises(TaskStopped):
            children.run("sleep", pids.append, stop)

    threads = [threading.Thread(target=run, args=(stop,)) for stop in stops]
    for thread in threads:
        thread.start()
    while len(pids) < 2:
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(pids) == 2
    for stop in stops:
        stop()
    for thread in threads:
        thread.join(timeout=10)


def test_warm_children_wait_for_work_and_closing_ends_them(children: Children) -> None:
    children.warm(2)
    pids: list[int] = []
    stop = Stop()
    thread = threading.Thread(target=lambda: _swallow(children, pids, stop))
    thread.start()
    while not pids:
        time.sleep(0.01)
    stop()
    thread.join(timeout=10)
    children.close()
    assert not Path(f"/proc/{pids[0]}").exists()


def _swallow(children: Children, pids: list[int], stop: Stop) -> None:
    with pytest.raises(TaskStopped):
        children.run("sleep", pids.append, stop)
