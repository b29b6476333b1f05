"""The desk: lists, cases and forms of all routes of operators, as pages (ADR 97)."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import pytest

from chalicelib.accounts.service import glances
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, Id, PathText
from chalicelib.core.table import Table
from chalicelib.privacy.cases import CaseTable
from chalicelib.privacy.processing import rows
from chalicelib.reconciliation.cases import service as stream_cases
from chalicelib.reconciliation.cases.model import SettledAs, StreamLoss
from chalicelib.rights.operators import lists
from infra.ops.desk.desk import Desk, DeskPage
from infra.ops.internal_api import CallRefused, InternalApi
from tests.support.cases import complaints
from tests.support.cases.breaches import TEXTS, assess, opens, proposes
from tests.support.cases.copies import damage
from tests.support.cases.disclosures import an_approved_order
from tests.support.pages.desk import desk_of
from tests.support.patches import failing_at
from tests.support.world.commands import URL, Wire
from tests.support.world.operators import Operator
from tests.support.world.world import User, World

HOLD = {
    "kinds": "usage_event\nprofile",
    "ground": "legal_obligation",
    "law": "Art. 286 ZKP",
    "authority": "Higher Court in Belgrade",
    "reason": "Order K 12/26",
    "until": "2027-03-01T00:00",
}


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user().is_stepped_up()


@pytest.fixture
def desk(wire: Wire) -> Desk:
    """Return Alice's desk."""
    return desk_of("alice", wire)


def links(shown: DeskPage) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', shown.html)]


def link_to(shown: DeskPage, part: str) -> str:
    """Return the only link to what a part of it names."""
    (found,) = {link for link in links(shown) if part in link}
    return found


def follow(desk: Desk, link: str) -> DeskPage:
    path, _, query = link.partition("?")
    return desk.open(path, dict(one.split("=") for one in query.split("&") if one))


def submit(desk: Desk, link: str, fields: Mapping[str, str] = {}) -> DeskPage:
    """Submit the form behind a link, with what its page keeps."""
    path, _, query = link.partition("?")
    return desk.act(path, {**dict(one.split("=") for one in query.split("&") if one), **fields})


def place_hold(desk: Desk, user: User, **changed: str) -> DeskPage:
    return submit(desk, "/holds?method=POST", {**HOLD, "user_id": user.user_id, **changed})


@pytest.mark.promise("RET-3")
def test_hold_is_placed_by_one_operator_and_confirmed_by_another(
    wire: Wire, desk: Desk, mila: User, alice: Operator
) -> None:
    placed = place_hold(desk, mila)
    assert placed.status == 303
    assert "/holds/h_" in desk.open(placed.location, {}).html
    theirs = desk_of("bob", wire)
    case = follow(theirs, link_to(theirs.open("/inbox", {}), "/holds/h_"))
    assert "Higher Court in Belgrade" in case.html
    assert submit(theirs, link_to(case, "/confirmation")).status == 303
    assert alice.waiting() == []


def test_refused_form_keeps_what_was_typed_and_has_the_mistake_beside_its_field(
    desk: Desk, mila: User, alice: Operator
) -> None:
    shown = place_hold(desk, mila, until="2020-01-01T00:00")
    assert shown.status == 422
    assert "Nothing was changed." in shown.html
    assert 'value="Art. 286 ZKP"' in shown.html or ">Art. 286 ZKP</textarea>" in shown.html
    assert re.search(r'id="until-hint"[^>]*><strong class="mistake">', shown.html)
    assert alice.waiting() == []


def test_time_is_typed_in_the_time_of_belgrade(desk: Desk, mila: User, alice: Operator) -> None:
    place_hold(desk, mila, until="2027-07-01T02:00")
    assert alice.calls_holds("GET").json["items"][0]["until"] == "2027-07-01T00:00:00Z"


@pytest.mark.promise("RGT-10")
def test_proposal_is_approved_as_the_version_that_was_seen(
    wire: Wire, desk: Desk, alice: Operator, bob: Operator, asked: str
) -> None:
    path = f"/rights-requests/{asked}"
    form = link_to(follow(desk, path), "proposal?method=PUT")
    said = {"status": "refused", "reason": "JustificationA12ManifestlyUnfounded", "text": "It is unfounded."}
    assert submit(desk, form, {**said, "confirmed": "yes"}).status == 303
    theirs = desk_of("bob", wire)
    approval = link_to(follow(theirs, path), f"{path}/approval?method=POST")
    alice.calls("DELETE", f"/{asked}/proposal")
    alice.proposes(asked, "refused", "JustificationA12ManifestlyUnfounded")
    stale = submit(theirs, approval)
    assert (stale.status, "412 changed_meanwhile" in stale.html) == (422, True)
    assert submit(theirs, link_to(follow(theirs, path), f"{path}/approval?method=POST")).status == 303


def test_inbox_links_to_a_complaint_and_not_to_its_request(desk: Desk, world: World, alice: Operator) -> None:
    asked = world.a_user().is_stepped_up().exercises("access").json["rights_request_id"]
    complaint = complaints.records(alice, asked).json["id"]
    shown = follow(desk, link_to(desk.open("/inbox", {}), complaint))
    assert "The copy lacks my messages." in shown.html
    assert f"/complaints/{complaint}/proposal?method=PUT" in links(shown)


@pytest.mark.promise("RGT-10")
def test_answer_in_another_language_than_the_case_is_asked_back(
    desk: Desk, alice: Operator, asked: str
) -> None:
    form = link_to(follow(desk, f"/rights-requests/{asked}"), "proposal?method=PUT")
    said = {"status": "refused", "reason": "JustificationA12ManifestlyUnfounded"}
    other = "Zahtev nije osnovan." if "language=en" in form else "The request is unfounded, for this reason."
    shown = submit(desk, form, {**said, "text": other})
    assert "Press the button again to send it so." in shown.html
    assert alice.waiting() == []
    assert 'name="confirmed" value="yes"' in shown.html
    assert submit(desk, form, {**said, "text": other, "confirmed": "yes"}).status == 303


@pytest.mark.promise("RGT-10")
def test_opening_a_case_is_the_same_recorded_look_as_its_command(
    wire: Wire, desk: Desk, alice: Operator, asked: str
) -> None:
    desk.open("/inbox", {})
    before = len(wire.sent)
    desk.open(f"/rights-requests/{asked}", {})
    assert [sent.url.removeprefix(URL) for sent in wire.sent[before:]] == [
        f"/admin/v1/rights-requests/{asked}"
    ]


def test_text_of_a_case_cannot_become_markup(desk: Desk, mila: User) -> None:
    place_hold(desk, mila, reason="<script>alert(1)</script>", authority='"><img src=x>')
    shown = follow(desk, link_to(desk.open("/inbox", {}), "/holds/h_"))
    assert "<script" not in shown.html
    assert "<img" not in shown.html
    assert "&lt;script&gt;alert(1)" in shown.html


def test_each_route_of_operators_has_a_page_or_a_form(desk: Desk) -> None:
    for place in desk._places:
        path = place.path.format(**{name: an_id(kind) for name, kind in place.parts.items()})
        assert place.method == "GET" or desk.open(path, {"method": place.method}).status == 200


def an_id(kind: type[PathText]) -> str:
    """Return a part of a path."""
    return kind.new() if issubclass(kind, Id) else "one"


def test_each_page_has_the_links_to_all_lists(desk: Desk) -> None:
    shown = links(desk.open("/nothing", {}))
    assert shown[1:4] == ["/inbox", "/rights-requests", "/erasures"]
    assert {"/holds", "/disclosures", "/breaches", "/complaints", "/stream-cases", "/year"} <= set(shown)


def test_unknown_page_and_action_are_not_found(desk: Desk) -> None:
    assert desk.open("/nothing", {}).status == 404
    assert desk.act("/holds", {"method": "PATCH"}).status == 404
    assert desk.act("/holds", {"method": "GET"}).status == 404


def test_failure_is_one_line_and_shows_nothing_else(desk: Desk, asked: str) -> None:
    shown = desk.open("/rights-requests/r_00000000000000000000000000", {})
    assert shown.status == 502
    assert "look for the id with `list`" in shown.html


def test_result_of_an_action_is_shown_again_after_a_reload(desk: Desk, mila: User) -> None:
    placed = place_hold(desk, mila)
    assert desk.open(placed.location, {}) == desk.open(placed.location, {})


def test_letter_is_entered_by_a_form_and_its_receipt_is_shown(desk: Desk, mila: User) -> None:
    letter = {
        "user_id": mila.user_id,
        "right": "access",
        "received_by": "letter",
        "received_on": "2026-11-24",
    }
    entered = submit(desk, "/rights-requests?method=POST", letter)
    assert "receipt" in desk.open(entered.location, {}).html


@pytest.mark.promise("SEC-4")
def test_breach_has_a_text_in_each_language(desk: Desk) -> None:
    opened = submit(desk, "/breaches?method=POST", {
        "what": "A laptop was stolen.", "categories": "user.contact.email", "people": "users",
        "discovered_at": "2026-11-24T09:00", "countries": "DE\nRS", "people_count": "12",
    })  # fmt: skip
    assert opened.status == 303, opened.html
    case = follow(desk, link_to(desk.open(opened.location, {}), "/breaches/br_"))
    form = follow(desk, link_to(case, "assessment?method=PUT"))
    names = re.findall(r'name="(texts\.[^"]+\.nature)"', form.html)
    assert sorted(names) == ["texts.en.nature", "texts.sr.nature"]  # the Cyrillic text is made of it
    texts = {f"texts.{one}.{name}": text for one, said in TEXTS.items() for name, text in said.items()}
    what = {"risk": "high", "reasons": "Many addresses.", "audience": "all", **texts}
    proposed = submit(desk, link_to(case, "assessment?method=PUT"), what)
    assert proposed.status == 303, proposed.html


@pytest.mark.promise("SEC-3")
def test_record_of_processing_is_shown_whole_and_by_purpose(desk: Desk) -> None:
    shown = desk.open("/record", {}).html
    for row in rows():
        assert row.what in html.unescape(shown)
    assert "To comply with a law" in shown


def test_figures_of_the_year_are_exact_and_not_for_publication(desk: Desk, asked: str) -> None:
    shown = desk.open("/year", {})
    assert (shown.status, "NOT FOR PUBLICATION: exact figures of 2026" in shown.html) == (200, True)


@pytest.mark.promise("SEC-4")
def test_page_of_notices_shows_the_mail_and_counts_its_readers(
    desk: Desk, alice: Operator, mila: User
) -> None:
    breach_id = opens(alice)
    assert proposes(alice, breach_id, "high", audience="all", texts=TEXTS).status == 200
    shown = desk.open(f"/breaches/{breach_id}/notices", {}).html
    for text in ("1 accounts read", "no country declared", "Pristup smo ukinuli.", "RU4M: a breach"):
        assert text in shown


def test_list_has_no_text_of_a_case(desk: Desk, mila: User) -> None:
    place_hold(desk, mila)
    listed = desk.open("/holds", {}).html
    assert "/holds/h_" in listed
    assert HOLD["authority"] not in listed
    assert HOLD["law"] not in listed


@pytest.mark.promise("RGT-10")
def test_history_shows_what_a_colleague_looked_at(
    wire: Wire, desk: Desk, alice: Operator, asked: str
) -> None:
    desk.open("/rights-requests", {})
    theirs = desk_of("bob", wire)
    done = submit(theirs, "/ledger/entries?method=POST", {"chain": f"staff#{alice.arn}"})
    assert asked in theirs.open(done.location, {}).html


def test_invoices_are_reached_from_their_subject(desk: Desk, mila: User) -> None:
    shown = desk.open(f"/subjects/{mila.user_id}", {})
    assert "/invoices" not in links(shown)
    assert follow(desk, link_to(shown, "/invoices?user_id=")).status == 200


def test_mail_is_shown_in_a_frame_that_runs_and_loads_nothing(desk: Desk, alice: Operator) -> None:
    breach = opens(alice)
    proposes(alice, breach, "high", audience="all", texts=TEXTS)
    shown = desk.open(f"/breaches/{breach}/notices", {}).html
    assert shown.count('<iframe sandbox="" srcdoc="&lt;!doctype html&gt;') == 3


@pytest.mark.promise("RGT-10")
def test_complaint_of_an_authority_is_recorded_with_the_deadline_of_its_letter(
    desk: Desk, alice: Operator, bob: Operator, asked: str
) -> None:
    alice.proposes(asked, "refused", "JustificationA12ManifestlyUnfounded")
    bob.approves(asked)
    complaint = {
        "rights_request_id": asked,
        "received_on": "2026-11-24",
        "text": "The authority asks why.",
        "letter.authority_name": "Commissioner",
        "letter.letter_number": "07-1",
        "letter.due_at": "2026-12-15T00:00",
    }
    assert submit(desk, "/complaints?method=POST", complaint).status == 303
    (found,) = alice.waiting()
    assert (found["kind"], found["by"], found["due_at"]) == ("complaint", "law", "2026-12-14T23:00:00Z")


def test_no_two_fields_of_a_form_have_the_same_label(desk: Desk) -> None:
    for place in desk._places:
        labels = [re.findall("<(?:label|legend)[^>]*>([^<]+)<", one.show("", ""))[0] for one in place.fields]
        assert len(set(labels)) == len(labels), place.path


# --- what a review of the desk found


@pytest.mark.promise("SEC-4")
def test_notices_that_were_begun_are_shown_as_begun(desk: Desk, alice: Operator, bob: Operator) -> None:
    breach = opens(alice)
    assess(alice, bob, breach, "high", audience="all", texts=TEXTS)
    begun = submit(desk, f"/breaches/{breach}/notices?method=POST")
    assert (begun.status, desk.open(begun.location, {}).status) == (303, 200)


def test_failure_of_the_server_does_not_say_that_nothing_was_changed(desk: Desk, mila: User) -> None:
    with failing_at(InternalApi, "call", CallRefused("504 ", is_certain=False)):
        shown = place_hold(desk, mila)
    assert "It is not known whether this was carried out" in shown.html
    assert "Nothing was changed." not in shown.html
    assert HOLD["law"] in shown.html


def test_lost_connection_keeps_what_was_typed(desk: Desk, mila: User) -> None:
    with failing_at(InternalApi, "call", TimeoutError()):
        shown = place_hold(desk, mila)
    assert (shown.status, HOLD["law"] in shown.html) == (422, True)


def test_search_reads_on_beyond_its_first_page(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "READ_PER_PAGE", 1)
    replies = [world.a_user().is_stepped_up().exercises("access") for _ in range(3)]
    days = {"received_from": "2026-11-24", "received_to": "2026-11-24"}
    found = submit(desk, "/rights-requests/search?method=POST", days)
    shown = desk.open(found.location, {}).html
    assert all(one.json["rights_request_id"] in shown for one in replies)


def test_inbox_names_a_source_that_cannot_be_read(desk: Desk) -> None:
    with failing_at(CaseTable, "open_rows", Unavailable):
        assert "breach: cannot be read now" in desk.open("/inbox", {}).html


@pytest.mark.promise("RGT-10")
def test_list_names_a_case_that_was_altered(desk: Desk, asked: str) -> None:
    damage(Table.RIGHTS, f"R#{asked}", "request", status="no such status")
    assert f"{asked}</a> cannot be read because it was altered" in desk.open("/rights-requests", {}).html


def test_way_back_from_a_search_is_a_page(desk: Desk) -> None:
    shown = desk.open("/subjects/search", {"method": "POST"})
    assert follow(desk, links(shown)[-1]).status == 200


@pytest.mark.promise("NOT-3")
def test_secrecy_of_a_disclosure_can_be_lifted(
    desk: Desk, mila: User, alice: Operator, bob: Operator
) -> None:
    disclosure = an_approved_order(alice, bob, mila)
    alice.proposes_secrecy(disclosure, "2027-11-24T12:00:00Z")
    assert bob.approves_secrecy(disclosure).status == 200
    form = link_to(desk.open(f"/disclosures/{disclosure}", {}), "/secrecy?method=PUT")
    assert submit(desk, form, {"reference": "K 13/26"}).status == 303
    assert [one["needed"] for one in bob.waiting() if one["id"] == disclosure][-1] == "your_signature"


def test_text_is_sent_without_the_line_ends_of_browsers(desk: Desk, mila: User, alice: Operator) -> None:
    place_hold(desk, mila, reason="One.\r\nTwo.")
    assert alice.calls_holds("GET").json["items"][0]["reason"] == "One.\nTwo."


@pytest.mark.promise("STR-6")
def test_case_at_stream_is_closed_from_its_list(desk: Desk, mila: User, alice: Operator) -> None:
    account = glances([AccountId(mila.account_id)])[AccountId(mila.account_id)]
    assert account
    stream_cases.open_case(account, StreamLoss.DELETED)
    form = link_to(desk.open("/stream-cases", {}), "/outcome?method=PUT")
    assert submit(desk, form, {"outcome": SettledAs.MISTAKE}).status == 303
    assert alice.waiting() == []


def test_form_that_is_sent_twice_is_carried_out_once(desk: Desk, alice: Operator, mila: User) -> None:
    form = desk.open("/holds", {"method": "POST"}).html
    (once,) = re.findall('name="once" value="([0-9a-f]+)"', form)
    assert place_hold(desk, mila, once=once) == place_hold(desk, mila, once=once)
    assert len(alice.calls_holds("GET").json["items"]) == 1


def test_case_leads_to_forms_that_have_its_id(desk: Desk, mila: User, asked: str) -> None:
    hold = link_to(desk.open(f"/subjects/{mila.user_id}", {}), "/holds?method=POST")
    assert f'value="{mila.user_id}"' in follow(desk, hold).html
    complaint = link_to(desk.open(f"/rights-requests/{asked}", {}), "/complaints?method=POST")
    assert f'value="{asked}"' in follow(desk, complaint).html
