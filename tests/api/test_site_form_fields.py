"""What a person types into a form: mistakes, long texts, odd characters. It comes back as it was typed."""

from __future__ import annotations

from random import Random

import pytest

from chalicelib.rights.request.terms import Right
from tests.support.cases.site_forms import (
    AGAIN,
    CODE_PAGE,
    CONTINUE,
    NEEDED,
    SEND,
    asks,
    enters_code,
    mistakes,
    request_on,
    requests,
)
from tests.support.pages.visitor import Visitor
from tests.support.world.builders import a_phone, an_address
from tests.support.world.world import World

pytestmark = pytest.mark.promise("RGT-11")

EMPTY = "Please fill in this field."
NOWHERE = "We cannot send a code there. Check the number or the email address."
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "end of the field": '"></textarea></form><h1>Deleted</h1>',
    "entities": "&lt;b&gt; &amp;amp;",
    "format": "{0} {left} %s",
}
INVISIBLE = {"null": ("a\0b", "a⟨U+0000⟩b"), "override": ("a\u202eb", "a⟨U+202E⟩b")}
EMOJI = [chr(0x1F300 + number) for number in range(700)]
LONG = {
    "letters": "я" * 2000,
    "emoji": "".join(Random(seed).choice(EMOJI) for seed in range(2000)),  # noqa: S311 - no secret
}


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world)


@pytest.mark.parametrize("given", ["0601234567", "060 123 45 67", "060/1234-567", "+381601234567"])
def test_number_without_a_country_code_is_one_of_serbia(visitor: Visitor, given: str) -> None:
    asks(visitor, "access", contact=given)
    assert CODE_PAGE in visitor.shown
    assert len(visitor.world.messages_to("+381601234567")) == 1


@pytest.mark.parametrize("right", list(Right))
@pytest.mark.parametrize("given", ["", "mila", "mila@", "@", "12", "0" * 254, "+38111123456", "ж" * 254])
def test_contact_to_which_nothing_can_be_sent_is_a_mistake(
    visitor: Visitor, right: Right, given: str
) -> None:
    asks(visitor, right, contact=given, **NEEDED.get(right, {}))
    assert visitor.status == 422
    assert mistakes(visitor) == {"contact": NOWHERE if given else EMPTY}
    assert visitor.field("contact") == given
    (control,) = [one for _, one in visitor.read.elements if one.get("id") == "contact"]
    assert control["aria-invalid"] == "true"
    assert "contact-mistake" in str(control["aria-describedby"]).split()
    assert visitor.world.sent_messages() == []


def test_number_of_a_country_that_is_not_served_is_a_mistake(visitor: Visitor) -> None:
    asks(visitor, "access", contact="+8613812345678")
    assert mistakes(visitor)["contact"].startswith("We send no codes to numbers of this country.")


def test_what_was_typed_and_chosen_stays_beside_a_mistake(visitor: Visitor) -> None:
    asks(visitor, "restriction", contact="x", reason="\n Because.\nIt is wrong.", ground="c")
    assert visitor.field("reason").strip() == "Because.\nIt is wrong."
    assert visitor.field("ground") == "c"
    phone = a_phone()
    visitor.presses(SEND, contact=phone)
    enters_code(visitor, phone)
    assert request_on(visitor).reason == "Because.\nIt is wrong."


def test_correction_without_a_text_is_a_mistake_beside_the_text(visitor: Visitor) -> None:
    asks(visitor, "rectification", contact=a_phone())
    assert list(mistakes(visitor)) == ["reason"]
    assert visitor.world.sent_messages() == []


@pytest.mark.parametrize("kind", LONG)
def test_2000_characters_fit_into_the_cookie_and_the_request(visitor: Visitor, kind: str) -> None:
    phone = a_phone()
    asks(visitor, "objection", contact=phone, reason=LONG[kind])
    assert visitor.set_cookie is not None
    assert len(visitor.set_cookie) < 4096
    assert (AGAIN in visitor.buttons) == (kind == "letters")
    enters_code(visitor, phone)
    assert request_on(visitor).reason == LONG[kind]


def test_line_ends_of_a_browser_count_as_one_character(visitor: Visitor) -> None:
    phone, text = a_phone(), "line\n" * 399 + "last"
    asks(visitor, "objection", contact=phone, reason=text.replace("\n", "\r\n"))
    enters_code(visitor, phone)
    assert request_on(visitor).reason == text


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("kind", HOSTILE)
def test_markup_that_is_typed_comes_back_as_text(visitor: Visitor, kind: str) -> None:
    plain = asks(visitor, "rectification", contact="x", reason="y").read.elements
    asks(visitor, "rectification", contact=HOSTILE[kind], reason=HOSTILE[kind])
    assert [name for name, _ in visitor.read.elements] == [name for name, _ in plain]
    assert (visitor.field("contact"), visitor.field("reason")) == (HOSTILE[kind], HOSTILE[kind])


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("kind", INVISIBLE)
def test_character_that_misleads_comes_back_as_its_code_point(visitor: Visitor, kind: str) -> None:
    typed, shown = INVISIBLE[kind]
    asks(visitor, "rectification", contact=typed, reason=typed)
    assert (visitor.field("contact"), visitor.field("reason")) == (shown, shown)


def test_half_a_character_is_no_failure(visitor: Visitor) -> None:
    visitor.opens("/privacy/rights/rectification")
    visitor.sends_raw("/privacy/rights/rectification", b"contact=%ED%A0%80&reason=%ED%A0%80%FF")
    assert visitor.status == 422


@pytest.mark.parametrize("step", [{"code": "1" * 20}, {"code": "12345\uff16"}, {"code": "<b>"}])
def test_code_of_a_further_proof_that_is_no_code_is_a_mistake(visitor: Visitor, step: dict[str, str]) -> None:
    mila = visitor.world.a_user()
    mila.has_had_email("mila@example.com")
    requests(visitor, "erasure", contact="mila@example.com")
    visitor.presses(SEND, contact=mila.phone).presses(CONTINUE, **step)
    assert visitor.status == 422
    assert list(mistakes(visitor)) == ["code"]
    enters_code(visitor, mila.phone)
    assert "You can still cancel this." in visitor.shown


@pytest.mark.parametrize("given", ["", "mila", "0" * 100])
def test_contact_of_a_further_proof_that_is_none_is_a_mistake(visitor: Visitor, given: str) -> None:
    mila = visitor.world.a_user()
    requests(visitor, "erasure", contact=mila.phone)
    visitor.presses(SEND, contact=given)
    assert visitor.status == 422
    assert mistakes(visitor) == {"contact": NOWHERE}
    assert visitor.field("contact") == given


def test_contact_that_is_no_proof_leads_back_to_another_one(visitor: Visitor) -> None:
    mila, address = visitor.world.a_user(), an_address()
    mila.has_had_email("mila@example.com")
    requests(visitor, "erasure", contact=mila.phone)
    visitor.presses(SEND, contact=address)
    enters_code(visitor, address)
    assert mistakes(visitor)["contact"].startswith("This is no further proof")
    visitor.presses(SEND, contact="mila@example.com")
    enters_code(visitor, "mila@example.com")
    assert "You can still cancel this." in visitor.shown


def test_text_that_is_too_long_is_a_mistake_and_stays_typed(visitor: Visitor) -> None:
    asks(visitor, "rectification", contact=a_phone(), reason="x" * 2001)
    assert visitor.status == 422
    assert mistakes(visitor) == {"reason": "This field is longer than we can take."}
    assert visitor.field("reason") == "x" * 2001
