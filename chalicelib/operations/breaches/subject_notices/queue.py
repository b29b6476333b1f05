"""The queue of parts whose accounts have to be notified; a message names a breach and a part, no account."""

from chalicelib.core import queues
from chalicelib.core.ids import BreachId
from chalicelib.core.queues import DueShards
from chalicelib.core.settings import settings
from chalicelib.operations.breaches.model import Breach
from chalicelib.operations.breaches.subject_notices import run


def send_due(being_notified: list[Breach]) -> DueShards[tuple[BreachId, str]]:
    """Send a message for each part that has work due; return what was found.

    Raises:
        Unavailable: the table or the queue does not answer; the next run repeats everything.
    """
    found = run.due(being_notified)
    bodies = (queues.body_of(breach=breach_id, part=part) for breach_id, part in found.shards)
    queues.send_all(settings().queue("breaches"), bodies)
    return found


def parse(body: str) -> tuple[BreachId, str] | None:
    """The breach and the part in a message; None if the body is invalid."""
    fields = queues.read_body(body, "breach", "part")
    breach_id = BreachId.parse(fields[0]) if fields else None
    return (breach_id, fields[1]) if fields and breach_id else None
