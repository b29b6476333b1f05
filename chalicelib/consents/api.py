"""Routes of consents. All of them also serve frozen and restricted accounts (RGT-7, RGT-11)."""

from chalice.app import Blueprint

from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.service import LANGUAGE, OPEN_ACCOUNT
from chalicelib.accounts.sessions.caller import RightsCaller
from chalicelib.consents import choices, service
from chalicelib.consents.choices import Decider
from chalicelib.consents.model import (
    AgeUnknown,
    ConsentDecision,
    ConsentList,
    ConsentPurpose,
    ConsentView,
    NoticeOutdated,
    NotOffered,
    Signals,
)
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.consents.notices.service import STANDINGS, offered
from chalicelib.consents.records import RecordList
from chalicelib.consents.service import PURPOSES
from chalicelib.core.contract_words import LimitName
from chalicelib.core.http import Cursor, DailyLimit, GlobalPrivacyControl, PageSize, Unlimited, route
from chalicelib.core.settings import settings
from chalicelib.privacy.subject_keys import DATA_KEY

consents = Blueprint(__name__)

_DECISION_NEEDS = (DATA_KEY, OPEN_ACCOUNT, PURPOSES)
_PRIVACY = STANDINGS[NoticeKind.PRIVACY]


@route(consents, "GET", "/v1/consents", needs=(DATA_KEY, PURPOSES))
def list_consents(caller: RightsCaller) -> ConsentList:
    """List the purposes to which consent can be given, and those once decided, with the current decision.

    A purpose is offered only while the privacy policy in effect describes a use of its consent.
    """
    return ConsentList.of(caller[PURPOSES], offered())


def _is_limited(body: ConsentDecision, **_: object) -> bool:
    return choices.is_limited(body)


@route(
    consents,
    "PUT",
    "/v1/consents/{purpose}",
    needs=(*_DECISION_NEEDS, _PRIVACY, READABLE_PROFILE),
    limit=DailyLimit(LimitName.CONSENTS_GIVEN, lambda: settings().limits.consents_given_day, _is_limited),
    problems=(NoticeOutdated, NotOffered, AgeUnknown),
)
def decide_on_purpose(
    caller: RightsCaller, purpose: ConsentPurpose, body: ConsentDecision, signal: GlobalPrivacyControl | None
) -> ConsentView:
    """Give or withdraw consent for one purpose. The decision applies from the next request.

    After a withdrawal, data that was stored under the consent is neither used nor shown, and is deleted
    within hours. If consent is given again, it covers only newer data. Repeating the request changes
    nothing. Consent needs a user of the age of the country, by the date of birth in the profile, else by
    `of_age`, which is asked once. Consent to a purpose that is not offered cannot be given; it can always be
    withdrawn. If the browser sends Global Privacy Control, consent for marketing and personalised ads is also
    refused, unless the user has already decided about them. Consent for marketing ends an earlier objection
    to it.
    """
    profile = caller[READABLE_PROFILE]
    decider = Decider(caller[OPEN_ACCOUNT], profile, caller[PURPOSES])
    asked = choices.asked_for(purpose.purpose, body, caller[_PRIVACY], signal, decider)
    after = choices.decide(
        caller[OPEN_ACCOUNT],
        caller[PURPOSES],
        caller[DATA_KEY],
        *asked,
        mailbox=profile.email if profile else None,
    )
    return ConsentView.of(purpose.purpose, after.consents[purpose.purpose])


@route(
    consents,
    "POST",
    "/v1/consents/signals",
    needs=_DECISION_NEEDS,
    limit=Unlimited("It can only refuse purposes that are not decided yet"),
)
def note_signals(caller: RightsCaller, body: Signals) -> ConsentList:
    """Submit Global Privacy Control from an app, which has no browser to send the header.

    The signal refuses marketing and personalised ads, unless the user has already decided about them. It
    never overrides a decision. Repeating the request changes nothing.
    """
    asked = choices.refusals_of(GlobalPrivacyControl(on=body.gpc))
    after = choices.decide(caller[OPEN_ACCOUNT], caller[PURPOSES], caller[DATA_KEY], *asked)
    return ConsentList.of(after, offered())


@route(
    consents,
    "GET",
    "/v1/consents/{purpose}/records",
    needs=(DATA_KEY, OPEN_ACCOUNT, READABLE_PROFILE, LANGUAGE),
)
def list_consent_records(
    caller: RightsCaller, purpose: ConsentPurpose, cursor: Cursor | None, size: PageSize
) -> RecordList:
    """List the decisions about one purpose, newest first, in the terms of ISO/IEC TS 27560.

    Each record names the authorities to which the caller can complain, and the court.
    """
    profile = caller[READABLE_PROFILE]
    return service.history(
        caller[OPEN_ACCOUNT],
        purpose.purpose,
        cursor,
        size,
        country=profile.country if profile else None,
        language=caller[LANGUAGE],
    )
