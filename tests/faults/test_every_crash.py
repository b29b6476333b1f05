"""A flow ends the same wherever a process dies, and no effect happens twice.

`make proof` tries every point of every flow. To try one point, give its number or a part of its name:

    pytest -m proof tests/faults -k announcing --crash-at=3
    pytest -m proof tests/faults -k signing_up --crash-at=sns
"""

from __future__ import annotations

import difflib

import pytest

from infra.stream_emulator import Emulator
from tests.faults.flows import FLOWS
from tests.faults.flows_rights import RIGHTS
from tests.faults.flows_usage import USAGE
from tests.faults.playing import Ending, Flow, play
from tests.support.crash import How, Point

_by_name = {kind.name: kind for kind in (*FLOWS, *RIGHTS, *USAGE)}
_short = [name for name, kind in _by_name.items() if not kind.only_in_proof]
_undisturbed: dict[str, Ending] = {}

# Every run of the suites tries the irreversible effects, and some other main steps of a flow.
_FOR_GOOD = ("sns.", "sesv2.", "outbound.")
_MAIN = ("Transact", "stream.", "CompleteMultipartUpload")
_MOST = 1


@pytest.mark.parametrize("name", _short)
def test_flow_ends_the_same_if_its_process_dies_at_a_main_step(
    name: str, stream: Emulator, subtests: pytest.Subtests, crash_at: str
) -> None:
    for number in main_points(name, stream):
        at(name, Point(number, How.KILLED), stream, subtests, crash_at)


@pytest.mark.proof
@pytest.mark.parametrize("how", How, ids=lambda how: how.value)
@pytest.mark.parametrize("name", _by_name)
def test_flow_ends_the_same_whichever_side_effect_fails(
    name: str, how: How, stream: Emulator, subtests: pytest.Subtests, crash_at: str
) -> None:
    # Death before a later effect is the same as death after the one before it.
    numbers = [0] if how is How.NOT_STARTED else tried(name, stream)
    for number in numbers:
        at(name, Point(number, how), stream, subtests, crash_at)


@pytest.mark.proof
@pytest.mark.parametrize("name", _short)
def test_repeated_request_or_delivery_takes_effect_once(name: str, stream: Emulator) -> None:
    same_end(_by_name[name], undisturbed(name, stream), play(_by_name[name], stream, times=2))


def tried(name: str, stream: Emulator) -> range:
    """Return the points to try, without the beginning that a flow shares with others."""
    kind, effects = _by_name[name], undisturbed(name, stream).effects
    others = undisturbed(kind.begins_like, stream).effects if kind.begins_like else ()
    first = next((n for n, pair in enumerate(zip(effects, others, strict=False)) if len({*pair}) > 1), 0)
    return range(first, len(effects), kind.every)


def main_points(name: str, stream: Emulator) -> list[int]:
    """Return the points of a flow that every run of the suites tries."""
    effects, numbers = undisturbed(name, stream).effects, tried(name, stream)
    for_good, main = (
        [number for number in numbers if any(word in effects[number] for word in words)]
        for words in (_FOR_GOOD, _MAIN)
    )
    return sorted(for_good + main[:: max(len(main) // _MOST, 1)])


def undisturbed(name: str, stream: Emulator) -> Ending:
    """Return the end of an undisturbed flow."""
    if name not in _undisturbed:
        _undisturbed[name] = play(_by_name[name], stream)
        assert _undisturbed[name].watch.unseen == []
    return _undisturbed[name]


def at(name: str, point: Point, stream: Emulator, subtests: pytest.Subtests, crash_at: str) -> None:
    """Play the flow with a fault at a point, if that is selected."""
    effect = undisturbed(name, stream).effects[point.number]
    if crash_at in {"", str(point.number)} or (not crash_at.isdigit() and crash_at in effect):
        with subtests.test(f"{point.how.value} {point.number} {effect}"):
            found = play(_by_name[name], stream, point)
            so_far = point.number + (point.how is not How.OVERTAKEN)
            assert found.effects[:so_far] == undisturbed(name, stream).effects[:so_far], "another point"
            assert found.watch.reached, "the point was not reached"
            same_end(_by_name[name], undisturbed(name, stream), found)


def same_end(kind: type[Flow], expected: Ending, found: Ending) -> None:
    """Check that a crash changed only what the flow permits."""
    assert found.watch.after_death == [], "a dead process continued"
    assert found.watch.unseen == [], "a call left by a path that the watch does not see"
    took_as_long = kind.keeps_time and found.waited == expected.waited
    there, wanted = (e.exact if took_as_long else e.timeless for e in (found, expected))
    differences = [line for line in difflib.ndiff(wanted, there) if line[0] in "+-"]
    assert differences == []
    assert found.messages.keys() <= expected.messages.keys()
    for recipient, number in expected.messages.items():
        fewer, more = (most * found.watch.mishaps for most in (kind.fewer_messages, kind.more_messages))
        assert number - fewer <= found.messages[recipient] <= number + more, recipient
