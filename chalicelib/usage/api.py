"""Routes of usage."""

from chalice.app import Blueprint

from chalicelib.accounts.sessions.caller import Caller
from chalicelib.consents.notices.service import offered
from chalicelib.consents.service import PURPOSES
from chalicelib.core.http import Accepted, Unlimited, route
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.usage import service
from chalicelib.usage.model import UsageAccepted, UsageBatch

usage = Blueprint(__name__)


@route(
    usage,
    "POST",
    "/v1/usage",
    needs=(DATA_KEY, PURPOSES),
    limit=Unlimited("Events over the account's daily cap are dropped, and the response counts them"),
)
def submit_usage(caller: Caller, batch: UsageBatch) -> Accepted[UsageAccepted]:
    """Submit events about the use of the app and about faults in it.

    Events about use require consent for `analytics`; events from before the consent are not accepted. Events
    with `diagnostics` are accepted unless the user objected. Events that may not be kept are dropped and
    counted by reason, as are events over the account's cap per UTC day. A batch may be sent again: an event
    with the same `event_id` and time counts once, and appears once in a copy of the user's data.
    """
    return Accepted(service.accept_batch(caller.account.account_id, caller[PURPOSES], offered(), batch))
