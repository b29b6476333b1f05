"""Tests that nothing of an erased subject is left anywhere but what the certificate lists (SEC-1, RGT-3).

The subject has a canary in every personal field. Everything that the AWS account and Stream store is searched
before the erasure and after it, and all messages and requests that left the account. A value in each place
proves the search itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.privacy import register
from chalicelib.privacy.declaration import DataSubject
from chalicelib.rights.erasure.certificates.model import ErasureCertificate, Remaining
from chalicelib.rights.erasure.model import Envelope
from infra.deployment.account import AwsAccount
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.local.waiting import until
from infra.ops.internal_api import InternalApi
from tests.support.canaries import chats, inner_state, operators, places, search
from tests.support.canaries.fields import SEEDED, WITHOUT_CANARY
from tests.support.canaries.places import Where
from tests.support.canaries.planting import PLANTINGS
from tests.support.canaries.remainder import NEVER_FOUND, HeldKind, InBackups, statements
from tests.support.canaries.search import Sighting
from tests.support.canaries.subject import CanarySubject
from tests.support.canaries.values import CanarySet, letters
from tests.support.clouds.cloud import restored_process

pytestmark = pytest.mark.proof

Command = Callable[..., Any]  # an operations command as a member of staff
# Clients must not create groups, so the test creates the subject's group as the backend will.
GROUP_MADE_BY_THE_TEST = "server GetOrCreateChannel"
REFUSED_REFRESH = '"route":"POST /v1/sessions/refresh","status":401'


@dataclass(frozen=True)
class SearchedErasure:
    """What was stored before an erasure and after it, what was sent in all, and the certificate."""

    subject: CanarySubject = field(repr=False)
    before: set[Sighting]
    after: set[Sighting]
    sent: set[Sighting]
    certificate: ErasureCertificate


@pytest.fixture(scope="module")
def erased(
    cloud: LocalCloud,
    a_phone: Callable[[], Phone],
    staff: dict[str, AwsAccount],
    run: Command,
    tmp_path_factory: pytest.TempPathFactory,
) -> SearchedErasure:
    """Return an erasure of a subject with a canary in every field, whose invoice and profile are kept."""
    folder = tmp_path_factory.mktemp("canaries")
    subject, other = CanarySubject.with_new_app(cloud, a_phone().number), a_phone()
    other.sign_up("Vera")
    with restored_process():  # fixtures of a module begin before the one that restores each test's process
        subject.signs_up()
        subject.uses_the_app()
        subject.meets(known := acquaintances(a_phone))
        inner_state.complete(cloud, subject.canaries)
        chats.chat(subject, other, folder)
        subject.makes_mistakes()
        subject.meets_failures()
        alice, bob = operate(subject, staff)
        subject.exercises_rights()
        operators.complain(subject, alice, bob)
        operators.report(subject, known[0], alice, folder)
        operators.support(subject, alice)
        write_and_refuse(subject, run, folder)
        before = search.stored(cloud, subject.canaries)
        link = subject.erases()
        subject.keeps_using_an_old_app()
        until(  # the emulator stores log lines a moment after the response
            lambda: any(REFUSED_REFRESH in line for line in cloud.log_lines("sessions")), "the last log line"
        )
        until(lambda: not places.has_messages(cloud), "empty queues")
        certificate = ErasureCertificate.read(Envelope.read(link.certificate()).certificate)
        after, sent = search.stored(cloud, subject.canaries), search.sent(cloud, subject.canaries)
    return SearchedErasure(subject, before, after, sent, certificate)


def acquaintances(a_phone: Callable[[], Phone]) -> list[Phone]:
    """Return six users who know the subject or block the subject."""
    phones = [a_phone() for _ in range(6)]
    for phone in phones:
        phone.sign_up()
    return phones


def operate(subject: CanarySubject, staff: dict[str, AwsAccount]) -> tuple[InternalApi, InternalApi]:
    """Find the subject; record an invoice, a disclosure and a hold, by two operators if it needs two.

    Return both operators.
    """
    url = subject.cloud.state.api_url
    alice, bob = (InternalApi(staff[name], lambda: url) for name in ("alice", "bob"))
    operators.look_for(subject, alice)
    operators.invoice(subject, alice)
    operators.disclose(subject, alice, bob)
    operators.hold(subject, alice, bob)
    return alice, bob


def write_and_refuse(subject: CanarySubject, run: Command, folder: Path) -> None:
    """Enter a letter of the subject, and refuse it with a text by an operator."""
    (text := folder / "decision").write_text(f"We answered: {subject.canaries.add('decision', letters())}.")
    letter = {
        "user_id": subject.phone.user_id,
        "right": "rectification",
        "received_by": "letter",
        "received_on": clock.day_of(clock.now()).isoformat(),
        "changes": {"session_device": subject.canaries["statement"]},
        "reason": subject.canaries["statement"],
    }
    (file := folder / "letter").write_text(json.dumps(letter))
    entered = run("alice", "enter-file", str(file))
    assert entered.exit_code == 0, entered.output
    link = subject.follows("letter", entered.output.split()[0], entered.output.split()[-1])
    why = ("--status", "refused", "--reason", "JustificationA12ManifestlyExcessive", "--text-file", str(text))
    for name, order, more in (("alice", "propose", why), ("bob", "approve", ("--version", "2"))):
        decided = run(name, order, link.request_id, *more)
        assert decided.exit_code == 0, decided.output
    link.wait_for_step("announce", "done")  # its last message


@pytest.mark.promise("SEC-1")
def test_each_personal_field_is_found_in_its_record_before_the_erasure(erased: SearchedErasure) -> None:
    seen = {(one.kind, one.field, one.canary) for one in erased.before}
    declared = [record.declaration for record in register.records()]
    in_clear = {one.kind for one in declared if not one.sealed_fields()}
    expected = {
        (kind, "" if kind in in_clear else name, canary)
        for (kind, name), canaries in SEEDED.items()
        for canary in canaries
    }
    assert expected - seen == set()
    users = {one.kind for one in declared if one.subject is DataSubject.USER}
    assert users - {one.kind for one in erased.before} == WITHOUT_CANARY.keys()


@pytest.mark.promise("RGT-3", "SEC-1")
def test_nothing_is_left_but_what_the_certificate_lists(erased: SearchedErasure) -> None:
    found = statements(erased.after)
    assert [one for one, stated in found.items() if not stated] == []
    listed = {one.what for one in erased.certificate.remains}
    stated = {word for words in found.values() for word in words}
    assert {word for word in stated if isinstance(word, Remaining)} <= listed
    assert {word for word in stated if isinstance(word, HeldKind)} == {
        one.records for one in erased.certificate.held
    }
    if InBackups.CHANGES in stated:
        assert erased.certificate.backups.clear_ids_from > clock.now() + timedelta(days=1)


@pytest.mark.promise("RGT-3")
def test_everything_that_the_certificate_lists_is_found(erased: SearchedErasure) -> None:
    stated = {word for words in statements(erased.after).values() for word in words}
    listed = {one.what for one in erased.certificate.remains}
    assert listed - stated == NEVER_FOUND.keys() - {Remaining.UNDISCLOSED, Remaining.BARRED_NUMBER}


@pytest.mark.promise("RGT-3", "RET-3")
def test_what_is_kept_is_found_in_held_records_only(erased: SearchedErasure) -> None:
    kept = {"date of birth", "provider reference"}
    places = {(one.where, one.key.split("#")[0], one.kind) for one in erased.after if one.canary in kept}
    assert places == {(Where.SEALED, "held K", "held_record")}
    in_clear = {one.canary for one in erased.after if one.where is Where.TABLE and one.kind == "held_record"}
    assert in_clear == {"held id", "hold"}


@pytest.mark.promise("RET-3")
def test_each_personal_field_of_what_is_kept_is_found_in_it(erased: SearchedErasure) -> None:
    fields = {one for (kind, _), names in SEEDED.items() if kind in [*HeldKind] for one in names}
    found = {one.canary for one in erased.after if (one.where, one.kind) == (Where.SEALED, "held_record")}
    assert fields <= found


@pytest.mark.promise("ACC-3")
@pytest.mark.parametrize("secret", ["PIN", "password"])
def test_chosen_secret_is_found_nowhere(erased: SearchedErasure, secret: str) -> None:
    assert [one for one in erased.before | erased.after | erased.sent if one.canary == secret] == []


@pytest.mark.promise("ACC-7", "ACC-10", "SEC-1")
@pytest.mark.parametrize("of", ["number of an address book", "name in an address book"])
def test_address_book_is_nowhere(erased: SearchedErasure, of: str) -> None:
    assert [one for one in erased.before | erased.after | erased.sent if one.canary == of] == []


@pytest.mark.promise("ACC-9", "SEC-1")
def test_metadata_of_a_photo_is_nowhere(erased: SearchedErasure) -> None:
    assert [one for one in erased.before | erased.after | erased.sent if one.canary == "camera"] == []


@pytest.mark.promise("SEC-1")
def test_logs_metrics_and_files_of_functions_never_contain_a_canary(erased: SearchedErasure) -> None:
    never = {Where.LOG, Where.METRIC, Where.FILE, Where.MAIL_LIST}
    assert [one for one in erased.before | erased.after if one.where in never] == []


@pytest.mark.promise("SEC-1")
def test_messages_contain_nothing_but_the_address_and_the_link(erased: SearchedErasure) -> None:
    with_link = {"address", "erasure request", "erasure receipt"}
    mails = {one for one in erased.sent if one.where is Where.MAIL}
    texts = {one for one in erased.sent if one.where is Where.TEXT}
    contents = [{one.canary for one in mails if one.key == key} for key in {one.key for one in mails}]
    assert {one.canary for one in texts} == {"number"}
    assert len(texts) == 11  # one per code, those of a guest and to step up included, and of each mailbox
    assert contents.count(with_link) == 2
    assert [one for one in contents if one not in ({"address"}, {"other address"}, with_link)] == []
    last = erased.subject.cloud.mails_to(erased.subject.canaries["address"])[-1]
    assert last.subject == "RU4M: your account was deleted"


@pytest.mark.promise("STR-1", "SEC-1")
def test_stream_gets_id_name_picture_and_what_the_subject_wrote(erased: SearchedErasure) -> None:
    got: dict[str, set[str]] = {}
    for one in erased.sent:
        if one.where is Where.STREAM_REQUEST and one.key != GROUP_MADE_BY_THE_TEST:
            got.setdefault(one.key.rpartition(" ")[0], set()).add(one.canary)
    assert got["server"] == {"user id", "display name", "avatar"}
    written = {"message", "regretted message", "custom", "reaction", "file name", "file address"}
    written |= {"own reported message"}
    assert got["client:<user id>"] == {"user id", *written}


@pytest.mark.promise("SEC-1")
def test_search_finds_a_planted_value_in_each_place(cloud: LocalCloud) -> None:
    planted = CanarySet()
    with ExitStack() as plants:
        for where, planting in PLANTINGS.items():
            plants.enter_context(planting.plant(cloud, planted.add(where, letters())))
        seen = search.stored(cloud, planted) | search.sent(cloud, planted)
    found = Counter((one.canary, one.where) for one in seen)
    assert found == {
        (where, place): count for where, one in PLANTINGS.items() for place, count in one.found.items()
    }
    assert PLANTINGS.keys() == {*Where}
