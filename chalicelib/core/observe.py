"""Logs and the one wrapper around every entry point of the system.

Why a decorator and not Chalice's middleware: a job in a Blueprint is its own Lambda that never
imports app.py, so middleware would run in tests and be missing in production; authorizers get none
at all. `@observed` behaves the same everywhere.

What may be logged (SEC-1): an event name of ours and fields from `ALLOWED`. An exception is logged as
its type and the places it passed, never with its text, which may quote what a person sent.
"""

import functools
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

# Field names that may stand in a log line; all of them are ids, numbers or words of ours.
ALLOWED = frozenset({"request_id", "function", "route", "status", "code", "error", "at", "number", "reason"})

# Named like the Chalice app, so that Chalice's own lines come out structured too.
logger = Logger(
    service="ru4m", level=logging.INFO, utc=True, location=None, log_record_order=["level", "message"]
)
# The environment (AWS_LAMBDA_LOG_LEVEL) goes before Powertools' argument, and sets the level of libraries
# too. Debug lines may quote requests (SEC-1), so nobody writes any, whatever it says.
logging.getLogger("ru4m").setLevel(logging.INFO)
logging.disable(logging.DEBUG)
# Its warnings quote addresses whole: ids, keys, links that open a file. What fails is raised anyhow.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

_warm = False


class NotLoggable(ValueError):
    """A log line was given a field that is not on the list; found by the first test that runs it."""


def log(event: str, **fields: str | int) -> None:
    """One structured line: a fixed event name and allowed fields.

    Raises:
        NotLoggable: a field is not in `ALLOWED`.
    """
    if not fields.keys() <= ALLOWED:
        raise NotLoggable(", ".join(sorted(fields.keys() - ALLOWED)))
    logger.info(event, extra=fields)


def log_failure(event: str, error: BaseException, **fields: str | int) -> None:
    """An unexpected error: its type and the places it passed, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    logger.error(event, extra={"error": type(error).__name__, "at": " < ".join(reversed(places)), **fields})


def record_unreadable(event: str, error: Exception, **fields: str | int) -> None:
    """Log and count a record that cannot be opened and is left out; an alarm rings."""
    log_failure(event, error, **fields)
    metrics.count(Metric.RECORD_UNREADABLE)


def observed(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap an entry point: settings checked first, metrics flushed, failures logged without text.

    Goes under the Chalice decorator, which builds the handler's name from `__name__`.
    """

    @functools.wraps(function)
    def entry(*args: P.args, **kwargs: P.kwargs) -> R:
        settings()  # a start without contact or outside the EU is refused before anything is done
        _count_cold_start()
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - logged here without its text, then raised anew
            log_failure("entry_failed", error, function=function.__name__)
            metrics.count(Metric.REQUEST_FAILED)
            raise EntryFailed(function.__name__, type(error).__name__) from None
        finally:
            flush()

    return entry


class EntryFailed(RuntimeError):
    """What the Lambda service sees of a failure: names only, since it writes the text to the log."""


def flush() -> None:
    """Write the invocation's metrics as one EMF line, if it counted anything."""
    collector = metrics.emitter()
    if collector.metric_set:
        collector.flush_metrics()


def _count_cold_start() -> None:
    global _warm  # noqa: PLW0603 - a fact about the process
    if not _warm:
        _warm = True
        metrics.count(Metric.COLD_START)


def forget() -> None:
    """Drop what was counted and not flushed; for tests that call functions without an entry point."""
    metrics.emitter().clear_metrics()
