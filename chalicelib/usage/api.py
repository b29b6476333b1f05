"""Routes of usage."""

from chalice.app import Blueprint

from chalicelib.consents.service import PURPOSES
from chalicelib.core.http import Accepted, Unlimited, route
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.sessions.caller import Caller
from chalicelib.usage import service
from chalicelib.usage.model import UsageBatch, UsageTaken

usage = Blueprint(__name__)


@route(
    usage,
    "POST",
    "/v1/usage",
    needs=(DATA_KEY, PURPOSES),
    limit=Unlimited("What is over the account's cap of events a day is dropped, and it is told so"),
)
def tell_usage(caller: Caller, batch: UsageBatch) -> Accepted[UsageTaken]:
    """Tell what was done in the app, and what went wrong in it.

    Events about use need the consent to `analytics`, and it covers none from before it was given; those with
    `diagnostics` are stopped by an objection.
    What may not be kept is dropped and counted by reason; so is what is over the account's cap of a UTC day.
    The same batch may be sent again: an event with the same id and time is counted and copied once.
    """
    return Accepted(service.take(caller.account.account_id, caller[PURPOSES], batch))
