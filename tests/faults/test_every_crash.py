"""Tests that a flow ends the same wherever a process is killed, and has no effect twice.

`make proof` kills each flow after every second of its side effects, or after each if they are few, except
those that `Flow.every` and `Flow.begins_like` skip. The other faults take every eighth of these effects.
`make proof-all`, which CI plays at night, skips only beginnings. To play one effect, give its number or a
part of its name:

    pytest -m proof tests/faults -k announcing --crash-at=3
    pytest -m proof tests/faults -k signing_up --crash-at=sns
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import pytest

from infra.stream_emulator import Emulator
from tests.faults.flows import FLOWS
from tests.faults.flows_abuse import ABUSE
from tests.faults.flows_avatars import AVATARS
from tests.faults.flows_billing import BILLING
from tests.faults.flows_breaches import BREACHES
from tests.faults.flows_choices import CHOICES
from tests.faults.flows_contacts import CONTACTS
from tests.faults.flows_conversations import CONVERSATIONS
from tests.faults.flows_corrections import CORRECTIONS
from tests.faults.flows_erasure import ERASURES
from tests.faults.flows_guests import GUESTS
from tests.faults.flows_holds import HOLDS
from tests.faults.flows_hooks import HOOKS
from tests.faults.flows_idle import IDLE
from tests.faults.flows_links import LINKS
from tests.faults.flows_logins import LOGINS
from tests.faults.flows_marketing import MARKETING
from tests.faults.flows_papers import PAPERS
from tests.faults.flows_pins import PINS
from tests.faults.flows_purge import PURGES
from tests.faults.flows_push_tokens import PUSH_TOKENS
from tests.faults.flows_pushes import PUSHES
from tests.faults.flows_reconciliation import RECONCILIATIONS
from tests.faults.flows_rights import RIGHTS
from tests.faults.flows_support import SUPPORT
from tests.faults.flows_usage import USAGE
from tests.faults.playing import Ending, Flow, play, sampled
from tests.support.faults.crash import How, Point

_families: tuple[Sequence[type[Flow]], ...] = (
    FLOWS, RIGHTS, ERASURES, HOLDS, USAGE, BILLING, PURGES, RECONCILIATIONS, IDLE, CONTACTS,
    CONVERSATIONS, HOOKS, BREACHES, CORRECTIONS, CHOICES, MARKETING, GUESTS, SUPPORT, PAPERS, LINKS,
    LOGINS, PINS, AVATARS, PUSHES, PUSH_TOKENS, ABUSE,
)  # fmt: skip
_by_name = {kind.name: kind for family in _families for kind in family}
_single = [name for name, kind in _by_name.items() if not kind.only_in_proof]
# Each run of the suites plays the first flow of each family.
_in_every_run = [family[0].name for family in _families if not family[0].only_in_proof]
_undisturbed: dict[str, Ending] = {}

# There it is killed after every irreversible effect and after some other main effects.
_IRREVERSIBLE = ("sns.", "sesv2.", "outbound.")
_MAIN = ("Transact", "stream.", "CompleteMultipartUpload")
_MAIN_POINTS_TRIED = 1
_FEW = 8

# The faults beside a kill take turns, so three of eight effects have one of them.
_FIRST_OF = {How.KILLED_TWICE: 0, How.UNANSWERED: 1, How.OVERTAKEN: 2}


@pytest.mark.parametrize("name", _in_every_run)
def test_flow_ends_the_same_if_its_process_is_killed_after_a_main_effect(
    name: str, stream: Emulator, subtests: pytest.Subtests, crash_at: str
) -> None:
    for number in main_points(name, stream):
        check_point(name, Point(number, How.KILLED), stream, subtests, crash_at)


@pytest.mark.proof
@pytest.mark.parametrize("how", How, ids=lambda how: how.value)
@pytest.mark.parametrize("name", _by_name)
def test_flow_ends_the_same_with_any_fault_at_any_side_effect(
    name: str, how: How, stream: Emulator, subtests: pytest.Subtests, crash_at: str
) -> None:
    for number in points_for(how, name, stream):
        check_point(name, Point(number, how), stream, subtests, crash_at)


@pytest.mark.proof
@pytest.mark.parametrize("name", [*_single, *(kind.name for kind in ERASURES)])
def test_repeated_request_or_delivery_takes_effect_once(name: str, stream: Emulator) -> None:
    assert_same_end(_by_name[name], play_undisturbed(name, stream), play(_by_name[name], stream, times=2))


def points_for(how: How, name: str, stream: Emulator) -> Sequence[int]:
    """Return the effects at which `make proof` injects a fault."""
    if how is How.NOT_STARTED:
        return range(1)  # killed before effect n leaves the same state as killed after effect n-1
    points = sampled(points_to_try(name, stream), _by_name[name].every)
    if how is How.KILLED:
        return points if len(points) <= _FEW else sampled(points, 2)
    # A flow with few effects has the first of them.
    return sampled(points[_FIRST_OF[how] :] or points, 8)


def points_to_try(name: str, stream: Emulator) -> range:
    """Return the effects to inject a fault at, without the beginning shared with `begins_like`."""
    kind, effects = _by_name[name], play_undisturbed(name, stream).effects
    others = play_undisturbed(kind.begins_like, stream).effects if kind.begins_like else ()
    first = next((n for n, pair in enumerate(zip(effects, others, strict=False)) if len({*pair}) > 1), 0)
    return range(first, len(effects))


def main_points(name: str, stream: Emulator) -> list[int]:
    """Return the effects of a flow at which every run of the suites injects a fault."""
    effects, numbers = play_undisturbed(name, stream).effects, points_to_try(name, stream)
    irreversible, main = (
        [number for number in numbers if any(word in effects[number] for word in words)]
        for words in (_IRREVERSIBLE, _MAIN)
    )
    return sorted(irreversible + main[:: max(len(main) // _MAIN_POINTS_TRIED, 1)])


def play_undisturbed(name: str, stream: Emulator) -> Ending:
    """Play a flow without a fault, once per test run; returns its ending."""
    if name not in _undisturbed:
        _undisturbed[name] = play(_by_name[name], stream)
        assert _undisturbed[name].watch.unseen == []
    return _undisturbed[name]


def check_point(name: str, point: Point, stream: Emulator, subtests: pytest.Subtests, crash_at: str) -> None:
    """Play the flow with a fault at a point, and compare its ending.

    Points other than the one selected by `--crash-at` are skipped.
    """
    effect = play_undisturbed(name, stream).effects[point.number]
    if crash_at in {"", str(point.number)} or (not crash_at.isdigit() and crash_at in effect):
        with subtests.test(f"{point.how.value} {point.number} {effect}"):
            found = play(_by_name[name], stream, point)
            so_far = point.number + (point.how is not How.OVERTAKEN)
            assert found.effects[:so_far] == play_undisturbed(name, stream).effects[:so_far], (
                "other effects before the fault"
            )
            assert found.watch.reached, "the point was not reached"
            assert_same_end(_by_name[name], play_undisturbed(name, stream), found)


def assert_same_end(kind: type[Flow], expected: Ending, found: Ending) -> None:
    """Assert that the fault changed only what the flow permits."""
    assert found.watch.after_kill == [], "a killed process made a call"
    assert found.watch.unseen == [], "a call was made by a library that the watch does not patch"
    took_as_long = kind.keeps_time and found.waited == expected.waited
    there, wanted = (e.exact if took_as_long else e.timeless for e in (found, expected))
    differences = [line for line in difflib.ndiff(wanted, there) if line[0] in "+-"]
    assert differences == []
    assert found.messages.keys() <= expected.messages.keys()
    for recipient, number in expected.messages.items():
        fewer, more = (maximum * found.watch.faults for maximum in (kind.fewer_messages, kind.more_messages))
        more = more or kind.more_when_overtaken
        assert number - fewer <= found.messages[recipient] <= number + more, recipient
