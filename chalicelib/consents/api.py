"""Routes of consents. All of them serve frozen and restricted accounts too (RGT-7, RGT-11)."""

from chalice.app import Blueprint

from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.consents import service
from chalicelib.consents.model import (
    ConsentDecision,
    ConsentList,
    ConsentPurpose,
    ConsentState,
    ConsentView,
    NoticeOutdated,
    Signals,
)
from chalicelib.consents.records import RecordList
from chalicelib.consents.service import PURPOSES
from chalicelib.core.http import Cursor, DailyLimit, GlobalPrivacyControl, Unlimited, route
from chalicelib.core.settings import settings
from chalicelib.notices.model import NoticeKind
from chalicelib.notices.service import STANDINGS
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.sessions.caller import RightsCaller

consents = Blueprint(__name__)

_DECIDING = (DATA_KEY, OPEN_ACCOUNT, PURPOSES)
_PRIVACY = STANDINGS[NoticeKind.PRIVACY]


@route(consents, "GET", "/v1/consents", needs=(DATA_KEY, PURPOSES))
def list_consents(caller: RightsCaller) -> ConsentList:
    """Every purpose that waits for consent, and where it stands."""
    return ConsentList.of(caller[PURPOSES])


def _gives(body: ConsentDecision, **_: object) -> bool:
    """Withdrawing is never refused, and changes something only after giving, so giving bounds both."""
    return body.state is ConsentState.GIVEN


@route(
    consents,
    "PUT",
    "/v1/consents/{purpose}",
    needs=(*_DECIDING, _PRIVACY),
    limit=DailyLimit("consents_given", lambda: settings().limits.consents_given_day, _gives),
    problems=(NoticeOutdated,),
)
def decide_on_purpose(
    caller: RightsCaller, purpose: ConsentPurpose, body: ConsentDecision, signal: GlobalPrivacyControl | None
) -> ConsentView:
    """Give or withdraw consent for one purpose, in force with the next request.

    What was stored under a consent is neither used nor shown from its withdrawal on, and is deleted within
    hours. Consent that is given again covers nothing older. Doing it again changes nothing. A browser that
    sends Global Privacy Control refuses marketing and personalised ads along with it, where nothing was
    decided about them.
    """
    choices = service.choices(purpose.purpose, body, caller[_PRIVACY], signal)
    after = service.decide(caller[OPEN_ACCOUNT], caller[PURPOSES], caller[DATA_KEY], *choices)
    return ConsentView.of(purpose.purpose, after.consents[purpose.purpose])


@route(
    consents,
    "POST",
    "/v1/consents/signals",
    needs=_DECIDING,
    limit=Unlimited("It only refuses, and only what is not decided yet"),
)
def note_signals(caller: RightsCaller, body: Signals) -> ConsentList:
    """Honour Global Privacy Control for an app, which has no browser to send it.

    It refuses marketing and personalised ads where nothing was decided about them, and never undoes a choice.
    Doing it again changes nothing.
    """
    choices = service.refusals_of(GlobalPrivacyControl(on=body.gpc))
    after = service.decide(caller[OPEN_ACCOUNT], caller[PURPOSES], caller[DATA_KEY], *choices)
    return ConsentList.of(after)


@route(consents, "GET", "/v1/consents/{purpose}/records", needs=(DATA_KEY, OPEN_ACCOUNT))
def list_consent_records(caller: RightsCaller, purpose: ConsentPurpose, cursor: Cursor | None) -> RecordList:
    """What was decided about one purpose, newest first, in the terms of ISO/IEC TS 27560."""
    return service.history(caller[OPEN_ACCOUNT], purpose.purpose, cursor)
