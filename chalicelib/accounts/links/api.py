"""Routes of links: a signed-in device signs another one in by a QR code."""

from chalice.app import Blueprint

from chalicelib.accounts.links import model, service
from chalicelib.accounts.links.model import LinkedDevice, LinkedSession, LinkExpired, LinkSecret
from chalicelib.accounts.profiles.store import READABLE_PROFILE
from chalicelib.accounts.service import LANGUAGE
from chalicelib.accounts.sessions.caller import ActiveStepUpCaller, Caller
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import TooMany, Unavailable
from chalicelib.core.http import Accepted, ClientAddress, Created, DailyLimit, NoContent, Ok, Unlimited, route
from chalicelib.core.ids import LinkId
from chalicelib.core.settings import settings
from chalicelib.messages.letters import Addressee
from chalicelib.privacy.subject_keys import DATA_KEY

links = Blueprint(__name__)

_LINKS = "/v1/sessions/links"
_PER_DAY = DailyLimit(LimitName.DEVICES_LINKED, lambda: settings().limits.devices_linked_day)
_BOUNDED = Unlimited("Links are limited per address, and each takes 120 calls with a secret")
_NEEDS = (DATA_KEY, READABLE_PROFILE, LANGUAGE)
_REFUSED = (LinkExpired, Unavailable)


@route(links, "POST", _LINKS, limit=_BOUNDED, problems=(TooMany, Unavailable))
def start_link(body: model.NewLink, address: ClientAddress) -> Created[model.LinkView]:
    """Ask to be signed in by another device, which scans `link_id` and `shown_secret` as a QR code.

    A link is valid for two minutes. If the response is lost, ask for another one.
    """
    link = service.start(body.device, address)
    return Created(link, location=f"{_LINKS}/{link.link_id}/device")


@route(links, "GET", f"{_LINKS}/{{link_id}}/device", problems=(LinkExpired,))
def show_link(caller: Caller, link_id: LinkId) -> LinkedDevice:  # noqa: ARG001 - signed-in devices only
    """Show which device a scanned link would sign in. Its user confirms it only with that device at hand.

    The device describes itself: show the model as quoted text.
    """
    return service.show(link_id)


@route(links, "POST", f"{_LINKS}/{{link_id}}/confirm", needs=_NEEDS, limit=_PER_DAY, problems=_REFUSED)
def confirm_link(caller: ActiveStepUpCaller, link_id: LinkId, body: LinkSecret) -> NoContent:
    """Sign the device of a link in to the account of the caller. `secret` is that of the QR code.

    If the response is lost, the same session may repeat it within two minutes.
    """
    profile = caller[READABLE_PROFILE]
    owner = Addressee(profile.email if profile else None, phone=None, locale=caller[LANGUAGE])
    service.confirm(caller.session, caller.account, caller[DATA_KEY], owner, link_id, body.secret)
    return NoContent()


@route(links, "POST", f"{_LINKS}/{{link_id}}/session", limit=_BOUNDED, problems=_REFUSED)
def fetch_linked_session(link_id: LinkId, body: LinkSecret) -> Ok[LinkedSession] | Accepted[LinkedDevice]:
    """Fetch the session, on the new device. `secret` is its `kept_secret`. 202: not confirmed yet.

    Repeat it after `poll_in` seconds. For two minutes after the confirmation it answers the session again.
    """
    found = service.fetch(link_id, body.secret)
    return Ok(found) if isinstance(found, LinkedSession) else Accepted(found)
