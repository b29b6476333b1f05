"""Another try of a use case after another write came first."""

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.table import Conflict
from chalicelib.core.transactions import retry_on


class Moved(Conflict):
    """What a write raises in these tests if another one came first."""


def test_a_function_is_called_again_after_its_conflict() -> None:
    races = [Moved(), Moved()]

    @retry_on(Moved)
    def write(value: str) -> str:
        if races:
            raise races.pop()
        return value

    assert write("written") == "written"
    assert races == []


def test_the_last_try_that_conflicts_is_unavailable() -> None:
    calls = []

    @retry_on(Moved, tries=2)
    def write() -> None:
        calls.append(1)
        raise Moved

    with pytest.raises(Unavailable):
        write()
    assert len(calls) == 2


def test_another_conflict_is_raised_at_once() -> None:
    calls = []

    @retry_on(Moved)
    def write() -> None:
        calls.append(1)
        raise Conflict

    with pytest.raises(Conflict):
        write()
    assert len(calls) == 1
