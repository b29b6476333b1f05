"""What has to be done beside the steps, and when."""

from datetime import datetime, timedelta

import pytest

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.rights import duties
from chalicelib.rights.clock import REMINDERS
from chalicelib.rights.duties import PINNED_AHEAD, Duty
from chalicelib.rights.model import Pause, RightsRequest, Status
from tests.unit.test_rights_states import NOW, a_request


def due_at(request: RightsRequest) -> datetime:
    return request.clock.due_at(NOW)


@pytest.mark.promise("RGT-10")
def test_whoever_answers_is_reminded_before_the_day_and_when_it_is_over() -> None:
    request, told = a_request(), []
    for _ in range(len(REMINDERS) + 1):
        (at, duty), *_ = duties.upcoming(request, NOW)
        told.append((duty, due_at(request) - at))
        request = request.model_copy(update={"reminded": request.reminded + 1})
    *reminders, overdue = told
    assert reminders == [(Duty.REMIND, before) for before in REMINDERS]
    assert overdue == (Duty.NOTE_OVERDUE, -timedelta(seconds=1))
    assert list(duties.upcoming(request, NOW)) == []


@pytest.mark.promise("RGT-10")
def test_a_request_that_stands_still_reminds_nobody() -> None:
    assert list(duties.upcoming(a_request(pause=Pause(asked_at=NOW)), NOW)) == []


@pytest.mark.promise("RGT-1")
def test_pins_are_renewed_two_days_before_they_end_while_the_request_is_open() -> None:
    request = a_request(pinned_until=NOW + PINNED_AHEAD)
    assert (NOW + PINNED_AHEAD - 2 * DAY, Duty.PIN) in duties.upcoming(request, NOW)
    closed = request.model_copy(update={"closed_at": NOW, "status": Status.COMPLETED})
    assert list(duties.upcoming(closed, NOW)) == []


def test_pins_come_before_reminders() -> None:
    late = NOW + 60 * DAY
    request = a_request(pinned_until=NOW)
    assert duties.due(request, late) is Duty.PIN
    assert duties.due(request.model_copy(update={"pinned_until": late + PINNED_AHEAD}), late) is Duty.REMIND


def test_a_request_wakes_for_whatever_comes_first() -> None:
    soon = NOW + MINUTE
    assert duties.wakes_at(a_request(run_at=soon), NOW) == soon
    assert duties.wakes_at(a_request(), NOW) == due_at(a_request()) - REMINDERS[0]


def test_while_somebody_is_at_it_a_request_wakes_when_their_time_is_up() -> None:
    lease = NOW + 16 * MINUTE
    assert duties.wakes_at(a_request(run_at=NOW, leased_until=lease), NOW) == lease


def test_what_is_closed_and_done_never_wakes() -> None:
    assert duties.wakes_at(a_request(closed_at=NOW, status=Status.REFUSED), NOW) is None
