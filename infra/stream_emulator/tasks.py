"""Asynchronous tasks: waiting, pending, running, then completed or failed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from infra.stream_emulator.clock import Clock
from infra.stream_emulator.errors import needed, not_found
from infra.stream_emulator.options import Options
from infra.stream_emulator.wire import Json

_STATES = ("waiting", "pending", "running", "completed")


@dataclass
class Task:
    """One piece of work; `work` runs once, when the task completes."""

    id: str
    kind: str
    work: Callable[[], Json]
    created_at: datetime
    updated_at: datetime
    step: int = -1
    failure: Json | None = None
    result: Json | None = None
    overridden: dict[str, Json] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The state of the task, in Stream's words."""
        if self.failure and self.has_ended:
            return "failed"
        return _STATES[max(self.step, 0)]

    @property
    def has_ended(self) -> bool:
        """Whether the task is completed or failed."""
        return self.step >= len(_STATES) - 1

    def move_to(self, step: int, at: datetime) -> None:
        """Advance to a state; the last one runs the work."""
        last = len(_STATES) - 1
        if step <= self.step or self.step >= last:
            return
        self.step, self.updated_at = min(step, last), at
        if self.step == last and not self.failure:
            self.result = self.work() | self.overridden

    def rendered(self) -> Json:
        """As GET /tasks/{id} shows it."""
        shown: Json = {
            "task_id": self.id,
            "status": self.status,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        if self.status == "failed":
            shown["error"] = self.failure
        if self.result is not None:
            shown["result"] = self.result
        return shown


@dataclass
class Spoiling:
    """Faults of the next tasks."""

    times: int
    failure: Json | None
    results: dict[str, Json]


class TaskBoard:
    """All tasks. They advance when polled, with the clock, at once, or never (see Options)."""

    def __init__(self, clock: Clock, options: Callable[[], Options]) -> None:
        self._clock = clock
        self._options = options
        self._tasks: dict[str, Task] = {}
        self._spoiling: list[Spoiling] = []

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def start(self, kind: str, work: Callable[[], Json]) -> Task:
        """Queue work; the caller gets the id only."""
        now = self._clock.now()
        task = Task(str(uuid.uuid4()), kind, work, now, now)
        if self._spoiling:
            spoiling = self._spoiling[0]
            task.failure, task.overridden = spoiling.failure, spoiling.results
            spoiling.times -= 1
            if spoiling.times <= 0:
                self._spoiling.pop(0)
        self._tasks[task.id] = task
        if self._options().task_progress == "instant":
            task.move_to(len(_STATES) - 1, now)
        return task

    def polled(self, task_id: str) -> Task:
        """The task of a request, which advances it if the options say so.

        Raises:
            StreamError: 404 with code 16.
        """
        self._forget_ended()
        task = needed(self._tasks.get(task_id), not_found(f"task {task_id} doesn't exist"))
        if self._options().task_progress == "poll":
            task.move_to(task.step + 1, self._clock.now())
        return task

    def failing(self) -> set[str]:
        """The ids for which the next task is to report an error, so that it leaves their data."""
        results = self._spoiling[0].results if self._spoiling else {}
        return {name for name, result in results.items() if result.get("status") != "ok"}

    def _forget_ended(self) -> None:
        retention, now = self._options().task_retention, self._clock.now()
        if retention is not None:
            self._tasks = {
                name: task
                for name, task in self._tasks.items()
                if not task.has_ended or (now - task.updated_at).total_seconds() < retention
            }

    def follow_clock(self) -> None:
        """Advance every task to its state by the clock."""
        options = self._options()
        if options.task_progress != "clock":
            return
        now = self._clock.now()
        for task in self._tasks.values():
            passed = (now - task.created_at).total_seconds()
            task.move_to(int(passed // options.task_seconds), now)

    def spoil(self, spoiling: Spoiling) -> None:
        """Let the next tasks fail, or complete with other results for some ids."""
        self._spoiling.append(spoiling)

    def clear(self) -> None:
        """Forget everything."""
        self._tasks.clear()
        self._spoiling.clear()
