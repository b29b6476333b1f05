"""The job that mails answers of our support (USE-10, ADR 100)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.messages import mail
from chalicelib.messages.mail import MailInDoubt, MailRefused, MailUnavailable
from chalicelib.operations.mail_jobs import note_bounces
from chalicelib.privacy.cases import CaseTable
from chalicelib.staff.support import answers as job
from chalicelib.staff.support.model import AnswerMail
from tests.support import patches
from tests.support.cases.support import answers, calls, closes, mailed_to, put_back, stored, writes
from tests.support.clouds.cloud import sent_mail
from tests.support.jobs.events import report_of_mail
from tests.support.patches import failing_at
from tests.support.world.operators import Operator
from tests.support.world.world import World

BODY = "Please update the app.\n\nIt is version {1.2}."


@pytest.fixture
def answered(world: World, alice: Operator) -> str:
    message = writes(world, locale="sr-Latn-RS")
    assert answers(alice, message, BODY).status == 200
    return message


@pytest.mark.promise("USE-10")
def test_answer_is_mailed_once_in_the_language_of_the_writer(answered: str, alice: Operator) -> None:
    (sent,) = mailed_to()
    assert sent["Subject"]["Data"] == "RU4M: odgovor na Vašu poruku"
    assert BODY in sent["Body"]["Text"]["Data"]
    assert "<p>It is version {1.2}.</p>" in sent["Body"]["Html"]["Data"]
    seen = calls(alice, "GET", f"/{answered}").json
    assert (seen["status"], seen["mail"]) == ("closed", "sent")
    assert [one["event"] for one in seen["evidence"]] == ["mail_sent", "answered", "received"]
    assert mailed_to() == []


@pytest.mark.promise("USE-10")
def test_mail_names_no_member_of_staff(answered: str, alice: Operator) -> None:
    by = calls(alice, "GET", f"/{answered}").json["answered_by"]
    (sent,) = mailed_to()
    assert not any(name in str(sent) for name in (by, alice.arn, "alice"))


def test_answer_is_mailed_after_an_outage_of_ses(answered: str) -> None:
    with failing_at(mail, "send", MailUnavailable):
        assert [job.send_answers() for _ in range(5)] == [0] * 5
    assert (stored(answered).mail, stored(answered).tries) == (AnswerMail.UNSENT, 0)
    assert len(mailed_to()) == 1


def test_message_that_is_closed_during_an_outage_of_ses_hides_no_report(
    answered: str, alice: Operator
) -> None:
    def fail(*_: object, **__: object) -> None:
        closes(alice, answered)
        raise MailUnavailable

    patches.current().setattr(mail, "send", fail)
    assert job.send_answers() == 0
    assert (stored(answered).mail, stored(answered).tries) == (AnswerMail.UNSENT, 1)


def test_outage_of_ses_ends_the_run_at_the_first_answer(world: World, alice: Operator, answered: str) -> None:
    answers(alice, writes(world, "iva@example.com"))
    tried = seen_by(mail, MailUnavailable, answered)
    job.send_answers()
    assert len(tried) == 1


def test_refusal_for_good_ends_the_mail_and_operators_see_it(answered: str, alice: Operator) -> None:
    with failing_at(mail, "send", MailRefused):
        job.send_answers()
    assert mailed_to() == []
    seen = calls(alice, "GET", f"/{answered}").json
    assert (seen["status"], seen["mail"]) == ("answered", "refused")
    assert closes(alice, answered).json["status"] == "closed"


def test_answer_without_a_response_of_ses_is_tried_three_times(answered: str, alice: Operator) -> None:
    with failing_at(mail, "send", MailInDoubt):
        for tries in (1, 2, 3):
            job.send_answers()
            assert stored(answered).tries == tries
    assert mailed_to() == []
    assert calls(alice, "GET", f"/{answered}").json["mail"] == "in_doubt"


def test_mailbox_that_bounces_opens_the_message_again(answered: str, alice: Operator) -> None:
    with sent_mail() as sent:
        job.send_answers()
    for _ in range(2):  # SNS may deliver a report twice
        note_bounces(report_of_mail(sent[0]), None)
    seen = calls(alice, "GET", f"/{answered}").json
    assert (seen["status"], seen["mail"], seen["answer"]) == ("answered", "lost", BODY)
    assert [one["event"] for one in seen["evidence"]][:2] == ["mail_lost", "mail_sent"]
    assert [one["needed"] for one in alice.waiting()] == ["closing"]


def test_try_is_counted_before_the_mail(answered: str) -> None:
    tried = seen_by(mail, MailRefused, answered)
    job.send_answers()
    assert tried == [1]


def test_mail_that_was_sent_but_not_recorded_is_tried_again(answered: str) -> None:
    with failing_at(CaseTable, "change", Unavailable):
        assert len(mailed_to()) == 1
    assert (stored(answered).mail, stored(answered).tries) == (AnswerMail.UNSENT, 1)
    assert len(mailed_to()) == 1
    assert stored(answered).mail is AnswerMail.SENT


@pytest.mark.promise("USE-10")
def test_restored_message_is_not_mailed_again(answered: str) -> None:
    before = stored(answered)
    mailed_to()
    put_back(before)
    assert mailed_to() == []
    assert stored(answered).mail is AnswerMail.SENT


def test_message_that_is_closed_before_its_mail_is_still_mailed(answered: str, alice: Operator) -> None:
    closes(alice, answered)
    assert len(mailed_to()) == 1


def test_altered_message_hides_no_other_one(world: World, alice: Operator, answered: str) -> None:
    answers(alice, writes(world, "iva@example.com"))
    put_back(stored(answered), sealed=b"altered")
    assert len(mailed_to("iva@example.com")) == 1


def seen_by(module: Any, error: type[Exception], message: str) -> list[int]:
    """Let `send` of a module fail; returns the list that gets the counted tries of a message at each call."""
    seen: list[int] = []

    def fail(*_: object, **__: object) -> None:
        seen.append(stored(message).tries)
        raise error

    patches.current().setattr(module, "send", fail)
    return seen
