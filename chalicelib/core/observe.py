"""Logs, and the wrapper around every entry point of the system.

It is a decorator and not Chalice's middleware, because a job in a Blueprint is a Lambda of its own that never
imports app.py: middleware would run in tests and be missing in production. Authorizers have no middleware at
all. `@observed` works the same everywhere.

A log line may contain (SEC-1) a fixed event name and fields from `ALLOWED`. An exception is logged as its
type and its stack frames, never with its text, which may quote user input.
"""

import functools
import gc
import logging
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from aws_lambda_powertools import Logger

from chalicelib.core import metrics
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings

P = ParamSpec("P")
R = TypeVar("R")

# The permitted fields of a log line; their values are ids, numbers or fixed words.
ALLOWED = frozenset(
    {
        "request_id",
        "hold_id",
        "function",
        "route",
        "status",
        "code",
        "error",
        "at",
        "number",
        "reason",
        "lane",
    }
)

# Has the name of the Chalice app, so that Chalice's own lines are structured too.
logger = Logger(
    service="ru4m", level=logging.INFO, utc=True, location=None, log_record_order=["level", "message"]
)
# The environment (AWS_LAMBDA_LOG_LEVEL) overrides Powertools' argument and sets the level of libraries too.
# Debug lines may quote requests (SEC-1), so they are disabled whatever the environment says.
logging.getLogger("ru4m").setLevel(logging.INFO)
logging.disable(logging.DEBUG)
# Its warnings quote whole URLs: ids, keys, links that open a file. Failures are raised anyway.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

_warm = False


class NotLoggable(ValueError):
    """A log line has a field that is not in `ALLOWED`; the first test that runs it fails."""


def log(event: str, **fields: str | int) -> None:
    """Write one structured line: a fixed event name and allowed fields.

    Raises:
        NotLoggable: a field is not in `ALLOWED`.
    """
    if not fields.keys() <= ALLOWED:
        raise NotLoggable(", ".join(sorted(fields.keys() - ALLOWED)))
    logger.info(event, extra=fields)


def record_request(route: str, status: int, request_id: str) -> None:
    """Count a request, and name it in the line of its metrics.

    A line of its own would repeat the gateway's access log.
    """
    metrics.count(Metric.REQUEST_SERVED)
    metrics.describe(route=route, status=status, request_id=request_id)


def log_failure(event: str, error: BaseException, **fields: str | int) -> None:
    """Log an unexpected error: its type and its stack frames, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    logger.error(event, extra={"error": type(error).__name__, "at": " < ".join(reversed(places)), **fields})


def record_unreadable(event: str, error: Exception, **fields: str | int) -> None:
    """Log and count a record that could not be opened and was omitted; the metric has an alarm."""
    log_failure(event, error, **fields)
    metrics.count(Metric.RECORD_UNREADABLE)


def observed(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap an entry point: check settings, flush metrics, log failures without their text.

    It has to be under the Chalice decorator, which builds the handler's name from `__name__`.
    """

    @functools.wraps(function)
    def entry(*args: P.args, **kwargs: P.kwargs) -> R:
        settings()  # refuses to start without a contact address or outside the EU
        _end_cold_start()
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - logged here without its text, then raised again
            log_failure("entry_failed", error, function=function.__name__)
            metrics.count(Metric.REQUEST_FAILED)
            raise EntryFailed(function.__name__, type(error).__name__) from None
        finally:
            metrics.flush()

    return entry


class EntryFailed(RuntimeError):
    """The error that Lambda gets: names only, since Lambda writes its text to the log."""


def _end_cold_start() -> None:
    """Count the cold start of this process, once, and collect garbage from then on.

    What was imported is never searched for garbage (`chalicelib/__init__`).
    """
    global _warm  # noqa: PLW0603 - a fact about the process
    if not _warm:
        _warm = True
        metrics.count(Metric.COLD_START, of=settings().function)
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
