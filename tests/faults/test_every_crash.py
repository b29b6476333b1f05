"""Whatever a process dies at, the flow comes to the same end, and nothing happens twice.

`make proof` tries every point of every flow. One point, by its number or by what is in its name:

    pytest -m proof tests/faults -k announcing --crash-at=3
    pytest -m proof tests/faults -k signing_up --crash-at=sns
"""

from __future__ import annotations

import difflib

import pytest

from infra.local.stream import Emulator
from tests.faults.flows import FLOWS
from tests.faults.playing import Ending, Flow, play
from tests.support.crash import How, Point

_by_name = {kind.name: kind for kind in FLOWS}
_undisturbed: dict[str, Ending] = {}

# In every run of the suites: what is the heart of a flow or leaves for good, and some of the rest.
_ALWAYS = ("TransactWriteItems", "sns.", "sesv2.", "sqs.")
_EVERY = 4


@pytest.mark.parametrize("name", _by_name)
def test_a_flow_ends_the_same_when_its_process_dies_at_one_of_its_main_steps(
    name: str, stream: Emulator, subtests: pytest.Subtests, crash_at: str
) -> None:
    effects = undisturbed(name, stream).effects
    for number, effect in enumerate(effects):
        if number % _EVERY == 0 or any(word in effect for word in _ALWAYS):
            at(name, Point(number, How.KILLED), stream, subtests, crash_at)


@pytest.mark.proof
@pytest.mark.parametrize("how", How, ids=lambda how: how.value)
@pytest.mark.parametrize("name", _by_name)
def test_a_flow_ends_the_same_whichever_side_effect_goes_wrong(
    name: str, how: How, stream: Emulator, subtests: pytest.Subtests, crash_at: str
) -> None:
    effects = undisturbed(name, stream).effects
    # Before any other one: as after the one that it follows.
    for number in range(len(effects) if how is not How.NOT_STARTED else 1):
        at(name, Point(number, how), stream, subtests, crash_at)


@pytest.mark.parametrize("name", _by_name)
def test_what_is_asked_or_delivered_twice_is_done_once(name: str, stream: Emulator) -> None:
    same_end(_by_name[name], undisturbed(name, stream), play(_by_name[name], stream, times=2))


def undisturbed(name: str, stream: Emulator) -> Ending:
    """How a flow ends by itself."""
    if name not in _undisturbed:
        _undisturbed[name] = play(_by_name[name], stream)
        assert _undisturbed[name].watch.unseen == []
    return _undisturbed[name]


def at(name: str, point: Point, stream: Emulator, subtests: pytest.Subtests, crash_at: str) -> None:
    """The flow with something wrong at a point, if that is asked for."""
    effect = undisturbed(name, stream).effects[point.number]
    if crash_at in {"", str(point.number)} or (not crash_at.isdigit() and crash_at in effect):
        with subtests.test(f"{point.how.value} {point.number} {effect}"):
            found = play(_by_name[name], stream, point)
            so_far = point.number + (point.how is not How.OVERTAKEN)
            assert found.effects[:so_far] == undisturbed(name, stream).effects[:so_far], "another point"
            assert found.watch.reached, "the point was not reached"
            same_end(_by_name[name], undisturbed(name, stream), found)


def same_end(kind: type[Flow], expected: Ending, found: Ending) -> None:
    """What a crash may change is nothing but what the flow says."""
    assert found.watch.after_death == [], "a dead process went on"
    assert found.watch.unseen == [], "something left by a door that nobody watches"
    took_as_long = found.waited == expected.waited
    there, wanted = (e.exact if took_as_long else e.timeless for e in (found, expected))
    differences = [line for line in difflib.ndiff(wanted, there) if line[0] in "+-"]
    assert differences == []
    assert found.messages.keys() <= expected.messages.keys()
    for recipient, number in expected.messages.items():
        fewer, more = (most * found.watch.mishaps for most in (kind.fewer_messages, kind.more_messages))
        assert number - fewer <= found.messages[recipient] <= number + more, recipient
