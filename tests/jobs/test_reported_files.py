"""Files that a report names are kept sealed, shown by a second look, and end with the report (ADR 122)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import aws, chain
from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.errors import Unavailable
from chalicelib.core.sealing import SealBroken
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.purposes import Practice
from chalicelib.safety.reports import keeping
from chalicelib.safety.reports.reported_files import LARGEST_FILE, MOST_FILES, FileCopy, FileKind
from chalicelib.safety.reports.reported_files import opened as unsealed
from chalicelib.staff import history
from chalicelib.stream import files as stream_files
from infra.stream_emulator import Emulator
from tests.support.cases.abuse import (
    answers,
    calls,
    decides,
    reports,
    reports_message,
    says,
    stored_report,
    work,
)
from tests.support.cases.avatars import content_of as picture_at
from tests.support.cases.avatars import removes, shows
from tests.support.cases.copies import damage
from tests.support.cases.disclosures import a_danger, an_approved_order
from tests.support.cases.images import a_jpeg, a_png
from tests.support.cases.reported_files import (
    content_of,
    hands_over,
    looks_at,
    sends_file,
    stored_objects,
)
from tests.support.jobs.purge import purge, purged_until
from tests.support.patches import failing_at
from tests.support.stream.conversations import some_contacts
from tests.support.world.operators import Operator
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("SAF-1")

REMOVAL: dict[str, Any] = {"rule": "harassment", "measures": ["remove_messages"], "facts": "A threat."}
ORDER = {"scope": ["reported_file"], "extract": "The reported file"}


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.REPORTING)


@pytest.fixture
def two(world: World, stream: Emulator) -> list[User]:
    """Return two contacts; the second one is reported."""
    return some_contacts(world, 2)


@pytest.fixture
def talk(two: list[User]) -> str:
    mila, jovan = two
    return str(mila.opens(jovan).json["conversation_id"])


def a_report(two: list[User], talk: str, folder: Path, content: bytes, reason: str = "harassment") -> str:
    """Report a message with a file, and let the job keep it."""
    mila, jovan = two
    sends_file(jovan, talk, content, folder)
    report = str(reports_message(mila, jovan, talk, reason=reason)["abuse_report_id"])
    work()
    return report


def states(report: str) -> list[FileCopy]:
    return [one.state for one in stored_report(report).files]


def test_file_of_a_message_is_kept_sealed_and_opened_by_an_operator(
    two: list[User], talk: str, alice: Operator, tmp_path: Path
) -> None:
    picture = a_jpeg()
    report = a_report(two, talk, tmp_path, picture)
    shown = calls(alice, "GET", f"/abuse-reports/{report}").json
    told = {"file_number": 1, "message_id": "m-1", "state": "kept", "kind": "image/jpeg"}
    assert shown["files"] == [{**told, "size": len(picture)}]
    (sealed,) = stored_objects().values()
    assert picture[20:60] not in sealed
    opened = looks_at(alice, report).json
    assert content_of(opened) == picture
    assert (opened["never_shown"], "X-Amz-Expires=120" in opened["url"]) == (False, True)


def test_file_stays_when_its_author_deletes_the_message(
    two: list[User], talk: str, alice: Operator, tmp_path: Path, stream: Emulator
) -> None:
    _, jovan = two
    report = a_report(two, talk, tmp_path, b"%PDF-1.7")
    path = f"/v1/conversations/{talk}/messages/m-1"
    assert jovan.calls("DELETE", path).status == 204
    assert stream.state()["files"] == {}
    opened = looks_at(alice, report).json
    assert (opened["kind"], content_of(opened)) == ("application/pdf", b"%PDF-1.7")


def test_reported_picture_stays_when_its_owner_removes_it(two: list[User], alice: Operator) -> None:
    mila, jovan = two
    address = shows(jovan)
    shown = picture_at(f"kept/{address.split('/')[-2]}/512.jpg")
    report = reports(mila, jovan, avatar=True).json["abuse_report_id"]
    work()
    assert removes(jovan).status == 204
    opened = looks_at(alice, report).json
    assert content_of(opened) == shown
    assert "message_id" not in opened


def test_report_of_a_user_without_a_picture_waits_for_nothing(two: list[User], alice: Operator) -> None:
    mila, jovan = two
    report = reports(mila, jovan, avatar=True).json["abuse_report_id"]
    work()
    assert states(report) == [FileCopy.NOT_AVAILABLE]
    assert stored_report(report).work.due_at is None
    assert "url" not in looks_at(alice, report).json


def test_picture_that_its_owner_replaced_before_the_copy_is_not_exchanged(two: list[User]) -> None:
    mila, jovan = two
    shows(jovan)
    report = reports(mila, jovan, avatar=True).json["abuse_report_id"]
    shows(jovan, a_jpeg(orientation=6))
    work()
    assert states(report) == [FileCopy.NOT_AVAILABLE]


def test_link_to_another_host_is_not_followed(
    two: list[User], talk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, jovan = two
    says(jovan, talk, attachments=[{"image_url": "https://evil.example/pixel.png"}])
    monkeypatch.setattr("chalicelib.stream.files.session", lambda: pytest.fail("a request was made"))
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    work()
    assert states(report) == [FileCopy.NOT_AVAILABLE]


def test_files_wait_for_stream_and_hold_up_no_decision(
    world: World, two: list[User], talk: str, alice: Operator, tmp_path: Path, stream: Emulator
) -> None:
    mila, jovan = two
    sends_file(jovan, talk, a_png(), tmp_path)
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    with failing_at(stream_files, "fetch", Unavailable):
        work()
    assert states(report) == [FileCopy.WAITING]
    assert decides(alice, report).status == 201
    world.advance(15 * MINUTE)
    work()
    assert stored_report(report).files[0].kind is FileKind.PNG
    assert stored_report(report).files[0].link is None


def test_file_that_is_not_fetched_for_a_day_is_given_up(
    world: World, two: list[User], talk: str, tmp_path: Path
) -> None:
    mila, jovan = two
    for n in range(2):
        sends_file(jovan, talk, a_png(), tmp_path, f"m-{n}")
    report = reports_message(mila, jovan, talk, "m-0", "m-1")["abuse_report_id"]
    with failing_at(stream_files, "fetch", Unavailable):
        for _ in range(110):
            work()
            world.advance(15 * MINUTE)
    assert states(report) == [FileCopy.NOT_AVAILABLE] * 2
    assert stored_report(report).work.due_at is None


def test_file_that_kills_each_run_stops_no_other(
    world: World, two: list[User], talk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, jovan = two
    deadly, *_ = (sends_file(jovan, talk, a_png(), tmp_path, f"m-{n}") for n in range(4))
    report = reports_message(mila, jovan, talk, *(f"m-{n}" for n in range(4)))["abuse_report_id"]
    fetch = stream_files.fetch

    def dying(url: str, largest: int) -> bytes | None:
        if url == deadly:
            raise KeyboardInterrupt
        return fetch(url, largest)

    monkeypatch.setattr(stream_files, "fetch", dying)
    for _ in range(8):
        with suppress(KeyboardInterrupt):
            work()
        world.advance(15 * MINUTE)
    assert states(report) == [FileCopy.WAITING, *[FileCopy.KEPT] * 3]


def test_too_large_and_too_many_files_are_counted_and_not_kept(
    two: list[User], talk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, jovan = two
    url = sends_file(jovan, talk, b"x" * 1_000, tmp_path)
    more = [{"image_url": f"{url}?{n}"} for n in range(MOST_FILES)]
    says(jovan, talk, "m-2", attachments=[{"image_url": url}, *more])
    monkeypatch.setattr(keeping, "LARGEST_FILE", 999)
    report = reports_message(mila, jovan, talk, "m-2")["abuse_report_id"]
    work()
    assert states(report)[0] is FileCopy.TOO_LARGE
    assert len(states(report)) == MOST_FILES
    assert stored_report(report).messages[0].files == MOST_FILES + 1
    assert stored_objects() == {}
    assert LARGEST_FILE == 25_000_000


def test_files_beyond_the_bytes_of_a_report_are_not_kept(
    two: list[User], talk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, jovan = two
    for n in range(3):
        sends_file(jovan, talk, b"x" * 400, tmp_path, f"m-{n}")
    monkeypatch.setattr(keeping, "MOST_BYTES", 1_000)
    report = reports_message(mila, jovan, talk, "m-0", "m-1", "m-2")["abuse_report_id"]
    work()
    assert states(report) == [FileCopy.KEPT, FileCopy.KEPT, FileCopy.TOO_LARGE]


def test_links_of_one_message_take_no_place_of_another(
    two: list[User], talk: str, tmp_path: Path, alice: Operator
) -> None:
    mila, jovan = two
    decoys = [{"image_url": f"https://evil.example/{n}"} for n in range(MOST_FILES)]
    says(jovan, talk, "m-1", attachments=decoys)
    url = sends_file(jovan, talk, b"the file", tmp_path, "m-2")
    says(jovan, talk, "m-3", attachments=[{"image_url": f"{url}?{n}"} for n in range(MOST_FILES)])
    report = reports_message(mila, jovan, talk, "m-1", "m-2", "m-3")["abuse_report_id"]
    work()
    kept = [one.message_id for one in stored_report(report).files if one.state is FileCopy.KEPT]
    assert ("m-2" in kept, len(kept)) == (True, MOST_FILES)


@pytest.mark.parametrize(
    "link", ["https://a..stream-io-cdn.com/x", f"https://x.stream-io-cdn.com/{'x' * 2000}"]
)
def test_strange_link_stops_no_copy(two: list[User], talk: str, link: str) -> None:
    mila, jovan = two
    says(jovan, talk, attachments=[{"image_url": link}])
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    work()
    assert states(report) == [FileCopy.NOT_AVAILABLE]
    assert stored_report(report).messages[0].text == "Pay, or else"


def test_texts_of_quotes_fit_into_a_report(two: list[User], talk: str) -> None:
    mila, jovan = two
    ids = [says(jovan, talk, f"m-{n}", text='"' * 5_000) for n in range(20)]
    report = reports_message(mila, jovan, talk, *ids)["abuse_report_id"]
    assert {len(one.text or "") for one in stored_report(report).messages} == {4_000}


def test_message_is_deleted_once_its_file_is_kept(
    world: World, two: list[User], talk: str, alice: Operator, tmp_path: Path, stream: Emulator
) -> None:
    mila, jovan = two
    sends_file(jovan, talk, a_png(), tmp_path)
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    with failing_at(stream_files, "fetch", Unavailable):
        assert decides(alice, report, message_ids=["m-1"], **REMOVAL).status == 201
        work()
    hidden = [one["type"] for one in stream.state()["channels"][f"messaging:{talk}"]["messages"]]
    assert (hidden, len(stream.state()["files"])) == (["deleted"], 1)
    world.advance(15 * MINUTE)
    work()
    assert states(report) == [FileCopy.KEPT]
    assert stream.state()["channels"][f"messaging:{talk}"]["messages"] == []


def test_message_that_waits_for_its_copy_is_not_hidden(
    world: World, two: list[User], talk: str, alice: Operator, tmp_path: Path, stream: Emulator
) -> None:
    mila, jovan = two
    sends_file(jovan, talk, a_png(), tmp_path)
    stream.fault(path="^/messages/", status=500, times=3)
    report = reports_message(mila, jovan, talk)["abuse_report_id"]
    decides(alice, report, message_ids=["m-1"], **REMOVAL)
    work()
    world.advance(15 * MINUTE)
    work()
    assert states(report) == [FileCopy.KEPT]
    assert stored_report(report).messages[0].text == "Pay, or else"
    assert stream.state()["channels"][f"messaging:{talk}"]["messages"] == []


def test_message_for_which_stream_always_fails_stops_no_copy_of_another(
    two: list[User], talk: str, stream: Emulator
) -> None:
    mila, jovan = two
    for n in range(3):
        says(jovan, talk, f"m-{n}")
    stream.fault(path="^/messages/m-0", status=500)
    report = reports_message(mila, jovan, talk, "m-0", "m-1", "m-2")["abuse_report_id"]
    assert [one.state for one in stored_report(report).messages] == ["waiting", "copied", "copied"]


def test_kept_picture_is_removed_while_a_file_waits(
    two: list[User], talk: str, alice: Operator, tmp_path: Path
) -> None:
    mila, jovan = two
    shows(jovan)
    sends_file(jovan, talk, a_png(), tmp_path)
    report = reports_message(mila, jovan, talk, avatar=True)["abuse_report_id"]
    with failing_at(stream_files, "fetch", Unavailable):
        work()
        decides(
            alice, report, message_ids=["m-1"], **REMOVAL | {"measures": ["remove_messages", "remove_avatar"]}
        )
        work()
    assert jovan.gets("/v1/profile").json.get("avatar_url") is None


def test_picture_that_its_owner_chose_since_stays(two: list[User], alice: Operator) -> None:
    mila, jovan = two
    shows(jovan)
    report = reports(mila, jovan, avatar=True).json["abuse_report_id"]
    work()
    shown = shows(jovan, a_jpeg(orientation=6))
    decides(alice, report, **REMOVAL | {"measures": ["remove_avatar"]})
    work()
    assert jovan.gets("/v1/profile").json["avatar_url"] == shown


def test_files_wait_while_a_run_has_no_time_for_them(
    world: World, two: list[User], talk: str, tmp_path: Path
) -> None:
    mila, jovan = two
    for n in range(2):
        sends_file(jovan, talk, a_png(), tmp_path, f"m-{n}")
    report = reports_message(mila, jovan, talk, "m-0", "m-1")["abuse_report_id"]
    keeping.keep(stored_report(report), world.now + timedelta(seconds=24))
    assert states(report) == [FileCopy.WAITING] * 2
    keeping.keep(stored_report(report), world.now + timedelta(seconds=25))
    assert states(report) == [FileCopy.KEPT] * 2


def test_exchanged_object_does_not_open(two: list[User], talk: str, alice: Operator, tmp_path: Path) -> None:
    report = a_report(two, talk, tmp_path, a_png())
    opened = looks_at(alice, report).json
    (sealed,) = stored_objects().values()
    with pytest.raises(SealBroken):
        unsealed(sealed, opened["place"] + "0", opened["key"])
    with pytest.raises(SealBroken):
        unsealed(sealed[:-1] + bytes([sealed[-1] ^ 1]), opened["place"], opened["key"])


@pytest.mark.parametrize(
    "by",
    [
        "this_report",
        "another_report",
        "decision",
        "proposal",
        "withdrawn",
        "reversed",
        "unreadable",
        "unclear",
    ],
)
def test_file_that_may_show_the_abuse_of_a_child_is_never_opened(
    world: World, two: list[User], talk: str, alice: Operator, tmp_path: Path, by: str
) -> None:
    mila, jovan = two
    reason = "child_safety" if by == "this_report" else "harassment"
    report = a_report(two, talk, tmp_path, a_png(), reason)
    if by == "another_report":
        reports_message(mila, jovan, talk, reason="child_safety")
    decided = {"rule": "child_safety", "facts": "A picture of a child."}
    if by == "decision":
        assert decides(alice, report, measures=["warn"], **decided).status == 201
    if by == "reversed":
        assert decides(alice, report, measures=["warn"], **decided).status == 201
        assert mila.calls("POST", f"/v1/reports/{report}/appeal", body={"text": "More."}).status == 200
        assert answers(world.an_operator("bob"), f"/abuse-reports/{report}").status == 200
    if by in {"proposal", "withdrawn"}:
        proposed = decides(alice, report, measures=["suspend"], days=365, **decided).json
        assert proposed["state"] == "proposed"
    if by == "withdrawn":
        calls(alice, "POST", f"/safety-decisions/{proposed['id']}/withdrawal")
    if by == "unreadable":
        other = reports_message(mila, jovan, talk)["abuse_report_id"]
        damage(Table.RIGHTS, f"SR#{other}", "abuse_report", sealed=b"\0" * 40)
    if by == "unclear":
        reports(mila, jovan, "child_safety", text="Look at his pictures.")
    opened = looks_at(alice, report).json
    assert opened["never_shown"]
    assert {"url", "key", "place"}.isdisjoint(opened)


def test_file_of_a_child_leaves_sealed_by_a_disclosure_of_two_people(
    two: list[User], talk: str, alice: Operator, bob: Operator, tmp_path: Path
) -> None:
    _, jovan = two
    picture = a_png()
    report = a_report(two, talk, tmp_path, picture, "child_safety")
    order = an_approved_order(alice, bob, jovan, **ORDER)
    handed = hands_over(alice, report, order)
    assert (handed.status, content_of(handed.json)) == (200, picture)
    assert alice.calls_disclosures("POST", f"/{order}/given", body={}).status == 200
    assert hands_over(alice, report, order).status == 409


def test_file_does_not_leave_by_another_disclosure(
    world: World, two: list[User], talk: str, alice: Operator, bob: Operator, tmp_path: Path
) -> None:
    mila, jovan = two
    report = a_report(two, talk, tmp_path, a_png(), "child_safety")
    of_another = an_approved_order(alice, bob, mila, **ORDER)
    of_sessions = an_approved_order(alice, bob, jovan)
    assert hands_over(alice, report, of_another).problem == "not_approved"
    assert hands_over(alice, report, of_sessions).problem == "invalid_request"
    order = an_approved_order(alice, bob, jovan, **ORDER)
    assert hands_over(alice, report, order, 2).problem == "not_found"


def test_look_at_a_file_is_recorded_before_it_is_shown(
    two: list[User], talk: str, alice: Operator, tmp_path: Path
) -> None:
    report = a_report(two, talk, tmp_path, a_png())
    with failing_at(history, "record_view", Unavailable):
        assert looks_at(alice, report).status == 503
    assert looks_at(alice, report, 2).problem == "not_found"
    assert looks_at(alice, report).status == 200
    reports_message(two[0], two[1], talk, reason="child_safety")
    assert looks_at(alice, report).json["never_shown"]
    seen = [entry.event for entry in chain.entries(history.history_of(alice.staff_id))]
    assert seen[-2:] == ["opened_file", "saw_entry_of_file"]


@pytest.mark.parametrize("ground", ["own_rights", "danger_to_people"])
def test_file_of_a_child_leaves_for_no_interest_of_ours(
    two: list[User], talk: str, alice: Operator, bob: Operator, tmp_path: Path, ground: str
) -> None:
    _, jovan = two
    report = a_report(two, talk, tmp_path, a_png(), "child_safety")
    body = a_danger(jovan.user_id, ground=ground, **ORDER)
    proposed = str(alice.proposes_disclosure(body).json["id"])
    assert bob.approves_disclosure(proposed, assessment="It is needed.").status == 200
    assert hands_over(alice, report, proposed).status == (200 if ground == "danger_to_people" else 400)


def test_disclosure_of_before_the_report_gives_no_file_of_a_child(
    world: World, two: list[User], talk: str, alice: Operator, bob: Operator, tmp_path: Path
) -> None:
    order = an_approved_order(alice, bob, two[1], **ORDER)
    world.advance(MINUTE)
    report = a_report(two, talk, tmp_path, a_png(), "child_safety")
    assert hands_over(alice, report, order).problem == "invalid_request"


def test_each_handover_is_recorded(
    two: list[User], talk: str, alice: Operator, bob: Operator, tmp_path: Path
) -> None:
    report = a_report(two, talk, tmp_path, a_png(), "child_safety")
    order = an_approved_order(alice, bob, two[1], **ORDER)
    for _ in range(2):
        assert hands_over(alice, report, order).status == 200
    seen = list(chain.entries(history.history_of(alice.staff_id)))[-2:]
    assert [entry.event for entry in seen] == ["took_file_for_handover"] * 2
    assert (seen[0].data["report"], seen[0].data["disclosure"]) == (report, order)


@pytest.mark.promise("RET-1")
def test_files_end_with_their_report(world: World, two: list[User], talk: str, tmp_path: Path) -> None:
    report = a_report(two, talk, tmp_path, a_png())
    ends = stored_report(report).kept_since + 90 * DAY
    world.traveller.move_to(ends - timedelta(minutes=1))
    purged_until(ends)
    purge()
    assert len(stored_objects()) == 1
    world.advance(2 * DAY)
    purge()
    assert stored_objects() == {}


@pytest.mark.promise("RET-1")
def test_purge_deletes_a_file_of_no_report(two: list[User], talk: str, tmp_path: Path) -> None:
    a_report(two, talk, tmp_path, a_png())
    aws.client("s3").put_object(Bucket=settings().reported_bucket(), Key="reported/ar_none/1", Body=b"x")
    purge()
    assert len(stored_objects()) == 1
