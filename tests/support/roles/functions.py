"""Which function makes a call: that of the route, the job, the authorizer or the worker that runs.

Calls of tests, commands and builders belong to none.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

from chalice.app import ChaliceAuthorizer, EventSourceHandler, RestAPIEventHandler

from chalicelib.core.http import contract
from chalicelib.core.ids import RightsRequestId
from chalicelib.rights.engine import engine
from chalicelib.rights.engine.step import Worker
from chalicelib.rights.request.terms import Destination
from tests.support.roles.judge import calls_of
from tests.support.roles.policies import policies

_plain_job = EventSourceHandler.__call__
_plain_view = RestAPIEventHandler._get_view_function_response
_plain_authorizer = ChaliceAuthorizer.__call__
_plain_advance = engine.advance

# Many tests let the engine work as a worker does that gets a message.
_WORKERS = {
    Destination.WORK: "work_rights",
    Destination.TRANSFERS: "transfer_copies",
    Destination.ERASURES: "erase_accounts",
}


@contextmanager
def functions_known() -> Iterator[None]:
    """Let calls of this block belong to the functions that make them.

    Raises:
        NotJudged: a policy cannot be judged. Inside a function, that would be taken for an error of ours.
    """
    policies()
    with (
        mock.patch.object(EventSourceHandler, "__call__", _run_job),
        mock.patch.object(RestAPIEventHandler, "_get_view_function_response", _run_view),
        mock.patch.object(ChaliceAuthorizer, "__call__", _run_authorizer),
        mock.patch.object(engine, "advance", _advance),
    ):
        yield


def _run_job(self: EventSourceHandler, event: Any, context: Any) -> Any:
    with calls_of(_jobs().get(id(self))):
        return _plain_job(self, event, context)


def _run_view(self: RestAPIEventHandler, view_function: Callable[..., Any], function_args: Any) -> Any:
    with calls_of(_groups().get(view_function.__name__)):
        return _plain_view(self, view_function, function_args)


def _run_authorizer(self: ChaliceAuthorizer, event: Any, context: Any) -> Any:
    with calls_of(self.name):
        return _plain_authorizer(self, event, context)


def _advance(request_id: RightsRequestId, worker: Worker, hops: int = 0) -> None:
    with calls_of(_WORKERS[worker.queue]):
        _plain_advance(request_id, worker, hops)


@cache
def _jobs() -> dict[int, str]:
    """The function of each handler of a job."""
    import app  # late: some suites need little of it

    return {id(handler): name for name, handler in app.app.handler_map.items()}


@cache
def _groups() -> dict[str, str]:
    """The function of each view, by the view's name; a test's own views have none."""
    import app

    views = {route.name for route in contract.routes()}
    return {
        name: group
        for group, modules in app.GROUPS.items()
        for module in modules
        for name, member in vars(importlib.import_module(module)).items()
        if name in views and getattr(member, "__module__", None) == module
    }
