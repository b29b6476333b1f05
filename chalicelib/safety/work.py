"""Copies what reports name, carries out decisions, notifies, ends suspensions, answers objections (ADR 115).

Invariants:

- A try is counted before the work. So a case that kills each run is tried ever more rarely, and stops no
  other.
- Each part is repeated until its outcome is stored, and changes nothing when it is repeated.
- A message is removed only if the person concerned wrote it, and once it is copied with its files.
- A suspension that is over has no effect, whether or not a job has ended it: the job lets the user connect to
  Stream again, unless another suspension, a restriction or a freeze keeps them away.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars import service as avatars
from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.core import clock, metrics, needs, observe
from chalicelib.core.clock import MINUTE
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import AbuseReportId, NumberObjectionId, SafetyDecisionId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import commit
from chalicelib.messages.letters import Addressee
from chalicelib.privacy.cases import CaseChanged
from chalicelib.privacy.personal import Record
from chalicelib.safety import letters, store
from chalicelib.safety.decisions import limits
from chalicelib.safety.decisions.decide import CASES as DECISION_CASES
from chalicelib.safety.decisions.model import SafetyDecision, SafetyMeasure
from chalicelib.safety.model import Work
from chalicelib.safety.notices import SafetyCase, notified, notify, notify_guest, send_text
from chalicelib.safety.numbers.model import NumberObjection
from chalicelib.safety.numbers.service import CASES as OBJECTION_CASES
from chalicelib.safety.reports import evidence, keeping
from chalicelib.safety.reports.model import AbuseReport
from chalicelib.safety.reports.reported_files import FileCopy
from chalicelib.safety.reports.service import CASES as REPORT_CASES
from chalicelib.staff.cases import PAGE, CaseMove
from chalicelib.stream import channels
from chalicelib.stream.model import FoundMessage, StreamRefused, message_id_of
from chalicelib.stream.users import access

_AT_ONCE = 100


def run(until: datetime) -> None:
    """Work on what is due, until an instant, and emit the figures of what waits for operators.

    Files come last, since they may take long.

    Raises:
        Unavailable: the table does not answer.
    """
    reports: list[AbuseReportId] = []
    try:
        for kind, work in _WORK.items():
            for case_id in store.due(kind, clock.now(), _AT_ONCE):
                if clock.now() >= until:
                    return
                # Another worker has it, an operator changed it, or it ended.
                with suppress(CaseChanged, NotFound), _going_on():
                    store.count_try(kind, case_id, clock.now())
                    work(case_id)
                    if kind is AbuseReport:
                        reports.append(AbuseReportId(case_id))
        for report_id in reports:
            with suppress(NotFound), _going_on():
                keeping.keep(REPORT_CASES.read(report_id), until)
    finally:
        _emit_figures()


def _work_on_report(report_id: str) -> None:
    report = REPORT_CASES.read(AbuseReportId(report_id))
    for part in (evidence.copy, _notify_reporter):
        with _going_on():
            report = part(report)


def _work_on_decision(decision_id: str) -> None:
    decision = DECISION_CASES.read(SafetyDecisionId(decision_id))
    for part in (_settle, _notify_subject, _end_suspension, _carry_out):
        with _going_on():
            decision = part(decision)


def _answer_objection(objection_id: str) -> None:
    """Send the answer to an objection to its number."""
    objection = OBJECTION_CASES.read(NumberObjectionId(objection_id))
    to = Addressee(None, objection.phone, objection.locale)
    left = notified(objection.work, send_text(to, letters.to_objector(objection)))
    OBJECTION_CASES.apply(objection.number_objection_id, None, _noting(objection, left))


_WORK: Mapping[type[Record], Callable[[str], None]] = {
    AbuseReport: _work_on_report,
    SafetyDecision: _work_on_decision,
    NumberObjection: _answer_objection,
}


@contextmanager
def _going_on() -> Iterator[None]:
    """Let the other parts and cases go on, whatever fails; a later run tries again."""
    try:
        yield
    except (CaseChanged, NotFound):
        raise
    except Exception as failed:  # noqa: BLE001 - no failure of a case may stop the others
        observe.log_failure("safety_work_failed", failed)
        metrics.count(Metric.SAFETY_WORK_FAILED)


def _notify_reporter(report: AbuseReport) -> AbuseReport:
    if not report.work.notify:
        return report
    letter = letters.to_reporter(report)
    if report.reporter:
        left = notify(report.reporter, report.work, letter, report.abuse_report_id)
    else:
        left = notify_guest(report, letter)
    return REPORT_CASES.apply(report.abuse_report_id, None, _noting(report, left))


def _notify_subject(decision: SafetyDecision) -> SafetyDecision:
    if not decision.work.notify:
        return decision
    about = decision.safety_decision_id
    left = notify(decision.account_id, decision.work, letters.to_subject(decision), about)
    return DECISION_CASES.apply(about, None, _noting(decision, left))


def _noting(seen: SafetyCase, left: Work) -> Callable[[SafetyCase], CaseMove[SafetyCase] | None]:
    """The rule that stores what is left of a notice, unless the case has another state to notify of."""

    def rule(found: SafetyCase) -> CaseMove[SafetyCase] | None:
        if found.version != seen.version:
            return None
        event = f"notified_by_{left.notified_by}" if not left.notify else "notice_mailed"
        return CaseMove(found.scheduled(left), event)

    return rule


def _carry_out(decision: SafetyDecision) -> SafetyDecision:
    """Remove what was decided at Stream and in our bucket, once nothing of the reports waits for its copy.

    Until then the messages that are copied are hidden, and a picture that is kept is removed.
    """
    pending = decision.to_carry_out
    if not pending:
        return decision
    about = _copied(decision)
    is_kept = all(one.is_kept for one in about)
    if SafetyMeasure.REMOVE_AVATAR in pending:
        _remove_avatar(decision, about)
    failed = list[StreamRefused | Unavailable]()
    remove = channels.delete_message if is_kept else channels.hide_message
    waiting = {name for one in about for name in one.uncopied}
    named = decision.removed if SafetyMeasure.REMOVE_MESSAGES in pending else ()
    for message_id in evidence.by_turns([one for one in named if one not in waiting], decision.work.tries):
        try:
            if len(failed) < evidence.MOST_FAILED:
                _remove_message(decision, message_id, remove)
        except (StreamRefused, Unavailable) as failure:
            failed.append(failure)
    if failed:
        raise failed[0]
    if not is_kept:
        return decision

    def rule(found: SafetyDecision) -> CaseMove[SafetyDecision]:
        carried_out = tuple({*found.carried_out, *pending})
        after = found.model_copy(update={"carried_out": carried_out})
        return CaseMove(after.scheduled(found.work), "carried_out", {"measures": list(pending)})

    return DECISION_CASES.apply(decision.safety_decision_id, None, rule)


def _copied(decision: SafetyDecision) -> list[AbuseReport]:
    """The reports of a decision, after a try to copy what they name; the first failure ends the tries."""
    about = list[AbuseReport]()
    for report_id in decision.report_ids:
        with suppress(NotFound):  # it ended
            about.append(REPORT_CASES.read(report_id))
    until = clock.now() + keeping.LONGEST_FETCH
    for copies in (evidence.copy, partial(keeping.keep, until=until)):
        with suppress(Unavailable):
            for number, report in enumerate(about):
                about[number] = copies(report)
    return about


def _remove_avatar(decision: SafetyDecision, about: Sequence[AbuseReport]) -> None:
    """Remove the picture that the reports name, once it is kept. One that its owner chose since stays."""
    named = [one for report in about for one in report.files if one.picture]
    is_kept = all(one.state is not FileCopy.WAITING for one in named)
    if not (is_kept if named else all(one.is_kept for one in about)):
        return
    (row,) = needs.read_accounts([decision.account_id], (AVATAR,))
    shown = row[AVATAR]
    if not named or (shown and shown.picture in {one.picture for one in named}):
        avatars.remove(decision.account_id, shown)


def _remove_message(
    decision: SafetyDecision, message_id: str, remove: Callable[[FoundMessage], None]
) -> None:
    known = message_id_of(message_id)
    found = channels.find_message(known) if known else None
    if found and found.author == decision.user_id:
        remove(found)


def _settle(decision: SafetyDecision) -> SafetyDecision:
    if decision.limitations:
        limits.settle(decision.account_id)
    return decision


def _end_suspension(decision: SafetyDecision) -> SafetyDecision:
    """Let a user connect to Stream again, in two runs.

    A worker that read the account before may deactivate the user after the first one (stream/users/access).
    """
    ends_at, resumed_at = decision.suspension_ends_at, decision.resumed_at
    if ends_at is None or clock.now() < ends_at or (resumed_at and clock.now() < resumed_at + MINUTE):
        return decision
    account = accounts.glances([decision.account_id]).get(decision.account_id)
    if account and account.is_active:
        access.resume(account.user_id)
        if shown := accounts.showing(account):
            commit(*shown)
    if account and resumed_at:
        accounts.renew_mark(account.account_id)

    def rule(found: SafetyDecision) -> CaseMove[SafetyDecision]:
        now = clock.now()
        after = found.model_copy(update={"ended_at": now} if resumed_at else {"resumed_at": now})
        return CaseMove(after.scheduled(found.work), "suspension_ended" if resumed_at else "resumed")

    return DECISION_CASES.apply(decision.safety_decision_id, None, rule)


def _emit_figures() -> None:
    """Emit what waits for operators, of the first page of each list: what is due first comes first."""
    now, waiting = clock.now(), REPORT_CASES.table.page(None, PAGE).found
    urgent = sum(one.awaits_urgently for one in waiting)
    late = sum(one.is_open and one.open_until < now for one in waiting)
    decided = DECISION_CASES.table.page(None, PAGE).found
    late += sum(one.waits_until is not None and one.waits_until < now for one in decided)
    objected = OBJECTION_CASES.table.page(None, PAGE).found
    late += sum(one.is_open and one.decide_by < now for one in objected)
    metrics.gauge(Metric.ABUSE_REPORTS_URGENT, urgent)
    metrics.gauge(Metric.ABUSE_REPORTS_OVERDUE, late)
