"""What operators decide about a breach: its risk, notices to authorities and people, and the closing (SEC-4).

Invariants:

- Two operators assess the risk. The approver is never the proposer, and names the version that they saw.
- Every assessment has reasons, also one that nobody is to be notified. The newest approved one counts; the
  earlier ones stay. Once the people are being notified, it is final.
- The people are notified of texts that two operators have seen, in every language of the notice. The digest
  of the rendered notice stands in the assessment. If the notice is rendered differently by then, it is
  neither approved nor sent. Once the notices have begun, nothing stops them (ADR 96).
- A breach is closed only without an open duty, with a conclusion.
- The code sends nothing to the authority of a country (Art. 33 GDPR, Art. 52 ZZPL, Regulation 611/2013):
  operators use its form, and record here that they did. A notification that misses its deadline states the
  reasons for the delay. A recorded notification is final.
"""

from chalicelib.core import clock
from chalicelib.core.errors import does_not_apply
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import StaffId
from chalicelib.operations.breaches import store
from chalicelib.operations.breaches.clocks import COUNTRIES
from chalicelib.operations.breaches.letter import LANGUAGES, digest_of, letter_of
from chalicelib.operations.breaches.model import (
    AssessedOtherwise,
    Breach,
    BreachClosed,
    BreachStatus,
    BreachUnfinished,
    NoticesBegun,
    RenderingChanged,
    TooManyParts,
)
from chalicelib.operations.breaches.words import (
    Assessment,
    Audience,
    AuthorityNotification,
    AuthorityReport,
    BreachRisk,
    Closing,
    Conclusion,
    NewAssessment,
)
from chalicelib.staff.cases import CaseMove, Cases, check_second, check_shown, staff_move
from chalicelib.staff.model import NothingProposed, ProposedAlready

BREACHES = Cases(store.BREACHES)
MAX_ASSESSMENTS = 10
MAX_REPORTS = 60

_Move = CaseMove[Breach] | None


@staff_move(BREACHES.apply)
def propose(found: Breach, by: StaffId, new: NewAssessment) -> _Move:
    """Propose an assessment; it counts once another operator has approved it.

    Raises:
        NotFound: no such breach.
        BreachClosed, NoticesBegun: it is closed, or the people are being notified.
        ProposedAlready: another assessment waits.
        InvalidRequest: audience or texts are missing, or do not apply.
        TooManyParts: the breach has its highest number of assessments.
    """
    _check_open(found)
    if found.proposal:
        same = all(getattr(found.proposal, name) == value for name, value in new)
        if same and found.proposal.proposed_by == by:
            return None
        raise ProposedAlready
    if len(found.assessments) >= MAX_ASSESSMENTS:
        raise TooManyParts
    _check(new, found)
    seen = digest_of(letter_of(found, new.texts)) if new.texts else None
    assessment = Assessment(**dict(new), rendering=seen, proposed_by=by, proposed_at=clock.now())
    said = {"risk": new.risk, **({"audience": new.audience} if new.audience else {})}
    return CaseMove(found.model_copy(update={"proposal": assessment}), "assessment_proposed", said)


@staff_move(BREACHES.apply)
def withdraw(found: Breach, _by: StaffId) -> _Move:
    """Withdraw a proposed assessment, the operator's own or another's."""
    if found.proposal is None:
        return None
    return CaseMove(found.model_copy(update={"proposal": None}), "assessment_withdrawn")


@staff_move(BREACHES.apply)
def approve(found: Breach, by: StaffId, shown: IfMatch) -> _Move:
    """Approve another operator's assessment.

    Raises:
        NotFound: no such breach.
        NothingProposed: no assessment waits.
        OwnProposal: this operator proposed it.
        ChangedMeanwhile: the breach changed since the operator saw it.
        RenderingChanged: the notice is rendered differently since it was proposed.
        BreachClosed, NoticesBegun: as for `propose`.
    """
    newest = found.assessments[-1] if found.assessments else None
    if found.proposal is None and newest and newest.approved_by == by:
        return None
    if found.proposal is None:
        raise NothingProposed
    check_second(by, found.proposal.proposed_by)
    _check_open(found)
    check_shown(found, shown)
    _check_rendering(found, found.proposal)
    assessment = found.proposal.model_copy(update={"approved_by": by, "approved_at": clock.now()})
    after = found.model_copy(
        update={
            "proposal": None,
            "assessments": (*found.assessments, assessment),
            "risk": assessment.risk,
            "audience": assessment.audience,
            "country": assessment.country,
        }
    )
    seen = assessment.rendering or "none"
    said = {"risk": assessment.risk, "proposed_by": assessment.proposed_by, "rendering": seen}
    return CaseMove(after, "assessed", said)


@staff_move(BREACHES.apply)
def begin_notices(found: Breach, _by: StaffId) -> _Move:
    """Begin to notify the people affected; the next run of the schedule sends the shards to workers.

    Raises:
        NotFound: no such breach.
        BreachClosed: it is closed.
        AssessedOtherwise: no approved assessment says so.
        RenderingChanged: the notice is rendered differently since it was approved.
    """
    if not found.is_open:
        raise BreachClosed
    if found.notices_from:
        return None
    approved = found.assessments[-1] if found.assessments else None
    if found.risk is not BreachRisk.HIGH or not (approved and approved.texts and found.audience):
        raise AssessedOtherwise
    if found.audience is Audience.LISTED and not found.lists:
        raise does_not_apply("audience", "List the users affected first")
    _check_rendering(found, approved)
    letter = letter_of(found, approved.texts)
    after = found.model_copy(update={"notices_from": clock.now()})
    return CaseMove(after, "notices_begun", {"audience": found.audience}, (store.letter_write(letter),))


@staff_move(BREACHES.apply)
def record_notification(found: Breach, by: StaffId, notification: AuthorityNotification) -> _Move:
    """Record that an authority was notified.

    Raises:
        NotFound: no such breach.
        BreachClosed: it is closed.
        InvalidRequest: the country has no clock, the instant is impossible, or reasons for a delay are
            missing.
        TooManyParts: the breach has its highest number of notifications.
    """
    now = clock.now()
    if any(_is_same(one, notification) for one in found.reports):
        return None
    if not found.is_open:
        raise BreachClosed
    if len(found.reports) >= MAX_REPORTS:
        raise TooManyParts
    running = next((one for one in found.clocks if one.country == notification.country), None)
    if running is None:
        raise does_not_apply("country", "A country that the breach concerns; add it by a finding first")
    earliest = max(found.discovered_at, running.notified_at or found.discovered_at)
    if not earliest <= notification.notified_at <= now:
        raise does_not_apply(
            "notified_at", "After the instant of awareness and the first notification, now at the latest"
        )
    late = running.is_late(notification.notified_at)
    if late and notification.delay is None:
        raise does_not_apply("delay", "A late notification states the reasons for the delay")
    after = running.notified(notification.notified_at, complete=notification.complete)
    report = AuthorityReport(**dict(notification), by=by, recorded_at=now)
    said = {
        "country": notification.country,
        "at": clock.to_text(notification.notified_at),
        "complete": int(notification.complete),
        "late": int(late),
    }
    clocks = tuple(after if one is running else one for one in found.clocks)
    update = {"clocks": clocks, "reports": (*found.reports, report)}
    return CaseMove(found.model_copy(update=update), "authority_notified", said)


def _is_same(report: AuthorityReport, notification: AuthorityNotification) -> bool:
    return all(getattr(report, name) == value for name, value in notification)


@staff_move(BREACHES.apply)
def close(found: Breach, by: StaffId, closing: Closing) -> _Move:
    """Close a breach that has no open duty.

    Raises:
        NotFound: no such breach.
        BreachUnfinished: with the open duties.
    """
    now = clock.now()
    if not found.is_open:
        return None
    if duties := open_duties(found):
        raise BreachUnfinished(open=duties)
    conclusion = Conclusion(text=closing.conclusion, by=by, at=now)
    after = found.model_copy(
        update={
            "status": BreachStatus.CLOSED,
            "closed_at": now,
            "conclusions": (*found.conclusions, conclusion),
        }
    )
    return CaseMove(after, "closed", {"risk": found.risk})


def open_duties(breach: Breach) -> list[str]:
    """The duties that are open, as fixed words; an authority's is followed by its country."""
    duties = [f"authority {one.country}" for one in breach.running]
    if breach.risk is None:
        duties.append("assessment")
    if breach.proposal:
        duties.append("approval")
    if breach.has_to_notify:
        duties.append("subjects")
    return duties


def _check_open(found: Breach) -> None:
    if not found.is_open:
        raise BreachClosed
    if found.notices_from:
        raise NoticesBegun


def _check_rendering(found: Breach, assessment: Assessment) -> None:
    """Refuse a notice that is rendered differently than it was proposed; those of 0.1.0 have no digest."""
    seen = assessment.rendering
    if seen and seen != digest_of(letter_of(found, assessment.texts or {})):
        raise RenderingChanged


def _check(new: NewAssessment, found: Breach) -> None:
    """Refuse an assessment without what its risk needs, or with what it does not."""
    high = new.risk is BreachRisk.HIGH
    if high is (new.audience is None):
        raise does_not_apply("audience", "Needed for a high risk, and only then")
    if high is (new.texts is None) or (new.texts is not None and new.texts.keys() != set(LANGUAGES)):
        raise does_not_apply("texts", f"For a high risk, in exactly these languages: {', '.join(LANGUAGES)}")
    if found.lists and new.audience is not Audience.LISTED:
        raise does_not_apply("audience", "Users are listed already, so they have to be notified")
    if (new.audience is Audience.COUNTRY) is (new.country is None):
        raise does_not_apply("country", "Needed for the audience `country`, and only then")
    if new.country is not None and new.country not in COUNTRIES:
        raise does_not_apply("country", "A country whose authority is listed")
    if new.country is not None and all(one.country != new.country for one in found.clocks):
        raise does_not_apply("country", "A country that the breach concerns; add it by a finding first")
