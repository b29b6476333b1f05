"""The subject's language in answers, copies and pages, from the request to its end (RGT-9)."""

from __future__ import annotations

import pytest

from chalicelib.core.ids import AccountId
from chalicelib.core.languages import Language
from chalicelib.core.phrases import Phrasebook
from chalicelib.core.table import Table, partition_of
from chalicelib.rights.copy.contents import Chat
from chalicelib.rights.request.terms import Status
from tests.support.cases.copies import a_copy, damage
from tests.support.cases.erasure_requests import asks_for_erasure, by_receipt, stored, work
from tests.support.clouds import cloud
from tests.support.world.builders import a_device, a_phone, an_address
from tests.support.world.world import Reply, User, World

pytestmark = [pytest.mark.promise("RGT-9"), pytest.mark.usefixtures("services")]

EN, LATIN, CYRILLIC = Language
UNFOUNDED = "JustificationA12ManifestlyUnfounded"
REFUSED = {EN: "We refused your request", LATIN: "Odbili smo Vaš zahtev", CYRILLIC: "Одбили смо Ваш захтев"}


def a_reader(world: World, locale: str) -> User:
    phone = a_phone()
    asked = world.call("POST", "/v1/signup", body={"phone": phone, "device": a_device(), "locale": locale})
    verified = world.verifies(asked.json["challenge_id"], world.code_for(phone))
    return User(world, phone, verified.json).is_stepped_up()


def refuse(world: World, request_id: str) -> None:
    world.an_operator("alice").proposes(request_id, "refused", UNFOUNDED)
    assert world.an_operator("bob").approves(request_id).status == 200


def page_of(mila: User, request_id: str, accepted: str | None = None) -> Reply:
    headers = {"Rights-Receipt": mila.verified["receipt"]} | (
        {"Accept-Language": accepted} if accepted else {}
    )
    return mila.world.call("GET", f"/privacy/certificate?rights_request_id={request_id}", headers=headers)


@pytest.mark.parametrize(
    ("locale", "language"), [("sr-Cyrl-RS", CYRILLIC), ("sr_RS", LATIN), ("hr", LATIN), ("de", EN)]
)
def test_decision_is_in_the_language_of_the_accounts_locale(
    world: World, locale: str, language: Language
) -> None:
    mila = a_reader(world, locale)
    request_id = mila.exercises("access").json["rights_request_id"]
    refuse(world, request_id)
    shown = mila.request(request_id)
    assert shown["decision"]["text"].startswith(REFUSED[language])
    (commissioner,) = shown["authority"]
    assert commissioner["name"] in shown["remedy"]
    assert commissioner["name"] in shown["decision"]["text"]


def test_request_that_an_operator_entered_has_the_subjects_language(world: World) -> None:
    mila = a_reader(world, "sr-Cyrl")
    entered = world.an_operator("alice").enters(mila.user_id, "restriction", ground="c").json
    assert entered["language"] == CYRILLIC
    assert stored(entered["rights_request_id"]).language is CYRILLIC


@pytest.mark.parametrize(
    ("accepted", "language"), [(None, CYRILLIC), ("sr-Latn", LATIN), ("en-GB,sr;q=0.5", EN), ("de", CYRILLIC)]
)
def test_reader_of_a_receipt_may_choose_another_language(
    world: World, accepted: str | None, language: Language
) -> None:
    mila = a_reader(world, "sr-Cyrl")
    asked = mila.exercises("access").json
    refuse(world, asked["rights_request_id"])
    headers = {"Rights-Receipt": asked["receipt"]} | ({"Accept-Language": accepted} if accepted else {})
    shown = world.call("GET", f"/v1/rights-receipts/{asked['rights_request_id']}", headers=headers).json
    assert shown["decision"]["text"].startswith(REFUSED[language])


@pytest.mark.promise("RGT-11")
def test_request_of_an_account_that_cannot_be_read_is_accepted_in_english(world: World) -> None:
    mila = a_reader(world, "sr-Cyrl")
    damage(Table.ACCOUNTS, partition_of(AccountId(mila.account_id)), "account", sealed=b"altered")
    asked = mila.exercises("portability")
    assert asked.status == 202
    assert stored(asked.json["rights_request_id"]).language is EN


@pytest.mark.promise("RGT-3")
def test_erased_subject_reads_answer_messages_and_certificate_in_their_language(world: World) -> None:
    mila = a_reader(world, "sr-Cyrl")
    address = an_address()
    mila.has_email(address)
    mila.changes(country="AT")
    request = asks_for_erasure(mila)
    work(world, request)
    assert stored(request).status is Status.COMPLETED
    first, last = world.mails_to(address)[-2:]
    assert "Брисање почиње најраније" in first
    assert "Обрисали смо Ваш RU4M налог" in last
    answer = by_receipt(mila, request).json["decision"]["text"]
    assert answer.startswith("Обрисали смо Ваш налог и Ваше податке")
    for said in (last, answer, page_of(mila, request).text):
        assert "https://www.dsb.gv.at" in said
    assert "Вишем суду" in last
    assert '<html lang="sr-Cyrl">' in page_of(mila, request).text
    assert '<html lang="sr-Latn">' in page_of(mila, request, "sr").text


@pytest.mark.promise("SEC-1")
def test_language_of_a_request_is_sealed(world: World) -> None:
    mila = a_reader(world, "sr-Cyrl")
    mila.exercises("access")
    assert "sr-Cyrl" not in str(cloud.all_items())


@pytest.mark.promise("RGT-1")
@pytest.mark.parametrize("language", [LATIN, CYRILLIC])
def test_page_of_a_copy_says_nothing_in_english(
    world: World, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    misses: set[str] = set()
    said = Phrasebook._serbian

    def spied(self: Phrasebook, english: str) -> str:
        if english and not any(english in book for book in self._catalogues):
            misses.add(english)
        return said(self, english)

    monkeypatch.setattr(Phrasebook, "_serbian", spied)
    mila = a_reader(world, "sr")
    mila.changes(name="Milica", country="RS")
    mila.consents("analytics")
    damage(Table.ACCOUNTS, partition_of(AccountId(mila.account_id)), "purposes", sealed=b"altered")
    copy = a_copy(mila, chat=Chat(), language=language)
    page = copy.text("index.html")
    assert f'<html lang="{language}">' in page
    assert "Milica" in page
    assert misses == set()
    assert copy.kind("profile")["why"] == "to provide the service"  # the files for programs are in English
