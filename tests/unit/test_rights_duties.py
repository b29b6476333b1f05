"""The duties of a request, and when they are due."""

from datetime import datetime, timedelta

import pytest

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.rights.request import duties
from chalicelib.rights.request.deadline import REMINDERS, Pause
from chalicelib.rights.request.duties import PINNED_AHEAD, Duty
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Status
from tests.unit.test_rights_states import NOW, a_request


def due_at(request: RightsRequest) -> datetime:
    return request.clock.due_at(NOW)


@pytest.mark.promise("RGT-10")
def test_reminders_are_due_before_the_due_day_and_overdue_after_it() -> None:
    request, found = a_request(), []
    for _ in range(len(REMINDERS) + 1):
        (at, duty), *_ = duties.upcoming(request, NOW)
        found.append((duty, due_at(request) - at))
        request = request.model_copy(update={"reminded": request.reminded + 1})
    *reminders, overdue = found
    assert reminders == [(Duty.REMIND, before) for before in REMINDERS]
    assert overdue == (Duty.RECORD_OVERDUE, -timedelta(seconds=1))
    assert list(duties.upcoming(request, NOW)) == []


@pytest.mark.promise("RGT-10")
def test_paused_request_has_no_reminders() -> None:
    assert list(duties.upcoming(a_request(pause=Pause(asked_at=NOW)), NOW)) == []


@pytest.mark.promise("RGT-1")
def test_pins_of_an_open_request_are_renewed_two_days_before_they_end() -> None:
    request = a_request(pinned_until=NOW + PINNED_AHEAD)
    assert (NOW + PINNED_AHEAD - 2 * DAY, Duty.PIN) in duties.upcoming(request, NOW)
    closed = request.model_copy(update={"closed_at": NOW, "status": Status.COMPLETED})
    assert list(duties.upcoming(closed, NOW)) == []


def test_pins_come_before_reminders() -> None:
    late = NOW + 60 * DAY
    request = a_request(pinned_until=NOW)
    assert duties.due(request, late) is Duty.PIN
    assert duties.due(request.model_copy(update={"pinned_until": late + PINNED_AHEAD}), late) is Duty.REMIND


def test_request_is_due_when_its_earliest_work_is_due() -> None:
    soon = NOW + MINUTE
    assert duties.wakes_at(a_request(run_at=soon), NOW) == soon
    assert duties.wakes_at(a_request(), NOW) == due_at(a_request()) - REMINDERS[0]


def test_leased_request_is_due_when_the_lease_expires() -> None:
    lease = NOW + 16 * MINUTE
    assert duties.wakes_at(a_request(run_at=NOW, leased_until=lease), NOW) == lease


def test_closed_request_without_steps_is_never_due() -> None:
    assert duties.wakes_at(a_request(closed_at=NOW, status=Status.REFUSED), NOW) is None
