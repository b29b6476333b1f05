"""Routes for operators about erasures: how far each one is, and why it makes no progress (RGT-10).

The responses contain ids, counts, instants and fixed words, and no personal value.
"""

from datetime import datetime
from typing import Any, Self

from chalice.app import Blueprint
from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.clock import Instant
from chalicelib.core.http import Cursor, Operator, View, route
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.operations.admin.views import CaseStepView, KeptLineView, PageView
from chalicelib.rights.answers.views import RequestView
from chalicelib.rights.operators import inspect, lists
from chalicelib.rights.request import standstill
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.notes import DeletionPlace, ErasureNotes
from chalicelib.rights.request.standstill import Standstill
from chalicelib.rights.request.terms import Status, StepStatus
from chalicelib.rights.request.waits import WaitReason
from chalicelib.staff import service as staff
from chalicelib.stream.model import StreamReport

routes = Blueprint(__name__)

_ALL = "/admin/v1/erasures"


class StreamDeletionView(View):
    """The deletion of the user at Stream: requested, or reported by Stream."""

    task_id: str | None = Field(None, description="The id for questions to Stream's support")
    attempts: int | None = Field(None, description="Attempts so far; absent once Stream has reported")
    first_requested_at: Instant | None = None
    report: StreamReport | None = None

    @classmethod
    def of(cls, notes: ErasureNotes) -> Self | None:
        """Build the view; None before the first request."""
        if answer := notes.stream_answer:
            return cls(task_id=answer.task_id, first_requested_at=answer.asked_at, report=answer.user)
        if asked := notes.stream:
            return cls(
                task_id=asked.task_id, attempts=asked.attempts, first_requested_at=notes.stream_asked_at
            )
        return cls(first_requested_at=notes.stream_asked_at) if notes.stream_asked_at else None


class DeletedView(View):
    """The deleted records of one kind in one place."""

    place: DeletionPlace
    kind: str
    count: int
    last_at: Instant


class ErasureCaseView(View):
    """An erasure as operators see it in a list."""

    rights_request_id: RightsRequestId
    status: Status
    stuck: Standstill | None = Field(None, description="Absent while the erasure makes progress")
    step: str | None = Field(None, description="The next step; absent if all are done")
    step_status: StepStatus | None = None
    why: str | None = Field(None, description="Why the step is stopped: a fixed word")
    since: Instant | None = Field(None, description="Since when the step is next, or has this status")
    waits_for: WaitReason | None = Field(None, description="Why the step waits; absent if it does not")
    tries: int = Field(description="Tries of the step since its last outcome")
    runs_at: Instant | None = Field(None, description="When the step runs; absent if an operator has to act")
    unreachable_since: Instant | None = Field(
        None, description="Since when a service that the step needs has not responded"
    )
    received_at: Instant
    captured_at: Instant | None = Field(None, description="The point of no return; absent before it")
    cancellable: bool
    stream: StreamDeletionView | None = None
    deleted: int = Field(description="Records that were deleted, at least")
    found_again: int = Field(description="How often the second pass found something")
    due_at: Instant
    days_left: int | None = Field(None, description="Present while the answer is outstanding")
    closed_at: Instant | None = None

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the view of the current state of an erasure."""
        return cls.showing(request, **_derived(request))


class WholeErasureCaseView(ErasureCaseView):
    """An erasure with all its steps and counts."""

    user_id: UserId
    steps: tuple[CaseStepView, ...]
    deleted_records: tuple[DeletedView, ...]
    kept: tuple[KeptLineView, ...] = ()
    unreadable: int = Field(0, description="Records that had to be kept and could not be opened")

    @classmethod
    def of(cls, request: RightsRequest) -> Self:
        """Build the view of the current state of an erasure."""
        notes = _notes(request)
        return cls.showing(
            request, **_derived(request), deleted_records=notes.deleted, unreadable=notes.unreadable
        )


def _derived(request: RightsRequest) -> dict[str, Any]:
    """The fields of a view that the request does not have under the same name."""
    public, notes, now = RequestView.of(request), _notes(request), clock.now()
    step, stuck = request.next_step, standstill.of(request)
    return {
        "rights_request_id": request.request_id,
        "stuck": stuck.why if stuck else None,
        "step": step.name if step else None,
        "step_status": step.status if step else None,
        "why": step.why if step else None,
        "since": _since(request),
        "runs_at": request.run_at if step else None,
        "waits_for": request.wait_reason,
        "captured_at": notes.captured_at,
        "cancellable": public.cancellable,
        "stream": StreamDeletionView.of(notes),
        "deleted": sum(one.count for one in notes.deleted),
        "found_again": notes.found_again,
        "due_at": public.due_at,
        "days_left": request.clock.days_left(now) if request.is_open else None,
    }


def _notes(request: RightsRequest) -> ErasureNotes:
    """The notes of an erasure, which no other right has."""
    return request.notes if isinstance(request.notes, ErasureNotes) else ErasureNotes()


def _since(request: RightsRequest) -> datetime | None:
    """When the next step reached its status; if it has not run, when the step before it was done."""
    step = request.next_step
    if step is None or step.at:
        return step.at if step else None
    before = request.steps[: request.steps.index(step)]
    return max((done.at for done in before if done.at), default=request.received_at)


@route(routes, "GET", _ALL)
def list_erasures(operator: Operator, cursor: Cursor | None) -> PageView[ErasureCaseView]:
    """List erasures: stuck ones first, then the open ones, most urgent first."""
    page = lists.list_erasures(cursor, staff.register(operator.arn))
    return PageView[ErasureCaseView].of(page, ErasureCaseView.of)


@route(routes, "GET", _ALL + "/{request_id}")
def show_erasure(operator: Operator, request_id: RightsRequestId) -> WholeErasureCaseView:
    """Show an erasure with its steps and counts."""
    return WholeErasureCaseView.of(inspect.inspect_erasure(request_id, staff.register(operator.arn)))
