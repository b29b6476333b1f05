"""Tests requests that are cancelled at any moment, and processes whose clocks differ."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.core import chain
from chalicelib.core.clock import DAY
from chalicelib.rights.request import store
from chalicelib.rights.request.evidence import history_of
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.faults import emulated
from tests.faults.flows import ADDRESS
from tests.faults.flows_rights import Copying, RightsFlow
from tests.faults.playing import Run, play, sampled
from tests.faults.test_every_crash import assert_same_end, play_undisturbed
from tests.support.faults.crash import How, Point
from tests.support.world.world import Reply

_EFFECTS_OF_INTAKE = 3  # count of the daily limit, transaction, message


class CancelledDuringWork(RightsFlow):
    """Access is cancelled just before one of the worker's side effects."""

    name = "cancelled_during_work"

    def play(self, run: Run) -> None:
        replies: list[Reply] = []

        def cancel() -> None:
            path = f"/v1/rights-requests/{self.request_id}/cancel"
            replies.append(self.user.calls("POST", path))

        run.watch.intruder = cancel
        self.asks(run)
        run.advance(6 * DAY)
        (reply,) = replies
        events = [entry.event for entry in chain.entries(history_of(self.request_id))]
        request = self.request()
        if reply.status == 200:
            assert request.status is Status.CANCELLED
            assert events.count("cancelled") == 1
            assert "deliver_done" not in events
            assert len(run.world.mails_to(ADDRESS)) == 1  # when it was verified
        else:
            assert reply.problem == "too_late"
            assert request.status is Status.COMPLETED
            assert "cancelled" not in events
        assert request.next_step is None
        assert store.exercised_by(request.account_id, request.right) is None
        assert emulated.stored_copies() == []


@pytest.mark.proof
def test_request_cancelled_at_any_moment_leaves_no_copy(stream: Emulator, subtests: pytest.Subtests) -> None:
    effects = play_undisturbed(Copying.name, stream).effects
    for number in sampled(range(_EFFECTS_OF_INTAKE, effects.index("sesv2.SendEmail")), 2):
        with subtests.test(f"before {number} {effects[number]}"):
            play(CancelledDuringWork, stream, Point(number, How.OVERTAKEN))


@pytest.mark.proof
@pytest.mark.parametrize("off", [timedelta(minutes=20), timedelta(minutes=-20)], ids=str)
def test_request_completes_if_the_clock_of_one_process_is_off(
    stream: Emulator, subtests: pytest.Subtests, off: timedelta
) -> None:
    expected = play_undisturbed(Copying.name, stream)
    for number in sampled(range(2, expected.processes + 1), 2):
        with subtests.test(f"process {number}"):
            assert_same_end(Copying, expected, play(Copying, stream, skew=(number, off)))
