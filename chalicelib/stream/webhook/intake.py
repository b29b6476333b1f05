"""Receives a hook of Stream: checks it, and sends what needs work to the worker (ADR 39).

The message is sent before the hash is stored. If the function is killed between the two, Stream sends the
hook again, and a second message does nothing. In the other order the event would be lost.
"""

from datetime import timedelta

from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.metrics import Metric
from chalicelib.stream.webhook import events, queue, signature, store
from chalicelib.stream.webhook.events import Hook, StreamEvent
from chalicelib.stream.webhook.model import InvalidSignature

# Longer than any outage after which Stream may deliver late, and shorter than a hash is stored.
OLDEST = DAY
_AHEAD = 5 * MINUTE  # the difference of two clocks


def receive(sent: bytes, signed: str, api_key: str) -> None:
    """Receive a hook. It is done, also if it needs no work, when this returns.

    Raises:
        InvalidSignature: Stream did not send it for our app.
        PayloadTooLarge, InvalidRequest: as for `signature.decompressed`.
        Unavailable: it could not be checked or sent to the worker; Stream has to send it again.
    """
    if not signature.is_our_key(api_key):
        raise InvalidSignature
    content = signature.decompressed(sent)
    if not signature.is_genuine(content, signed):
        raise InvalidSignature
    metrics.count(Metric.HOOK_RECEIVED)
    event = events.read(content)
    if event is None:
        return
    if not _is_fresh(event):
        metrics.count(Metric.HOOK_STALE)
    elif event.hook:
        _take(event.hook, event.digest)


def _is_fresh(event: StreamEvent) -> bool:
    if event.at is None:
        return False
    age: timedelta = clock.now() - event.at
    return -_AHEAD <= age <= OLDEST


def _take(hook: Hook, digest: str) -> None:
    """Send an event to the worker, unless it was received before."""
    if _is_known(digest):
        metrics.count(Metric.HOOK_REPEATED)
        return
    queue.send(hook)
    metrics.count(Metric.HOOK_QUEUED)
    try:
        store.put(digest)
    except Unavailable:  # a repeated hook is sent to the worker again, which does nothing twice
        metrics.count(Metric.USE_NOT_COUNTED)


def _is_known(digest: str) -> bool:
    try:
        return store.is_known(digest)
    except Unavailable:
        metrics.count(Metric.USE_NOT_COUNTED)
        return False
