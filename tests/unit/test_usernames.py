"""Which usernames and passwords may be chosen, and which names are one (ACC-3, ADR 106)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.accounts import usernames
from chalicelib.accounts.passwords.common import COMMON
from chalicelib.accounts.passwords.model import NewPassword, check_password
from chalicelib.core.errors import InvalidRequest

pytestmark = pytest.mark.promise("ACC-3")

# Forms; then zero width, bidirectional, combining marks; then letters of other scripts, alone and mixed.
NAUGHTY = [
    "", "ab", "a" * 33, " mila", "mila ", "mi la", "mila\n", "mila\x00", "1mila", "_mila", ".mila", "mila#1",
    "mila@example.com", "mila/../x", "mila'; DROP TABLE users;--", "<script>", "${jndi:ldap}", "%00mila",
    "mila\u200b", "mi\u200dla", "mila\ufeff", "mi\u00adla", "\u202emila", "mila\u2066x",
    "m\u0301\u0302\u0303\u0304ila", "mila\u0336", "mila\U0001f600", "\ud83d\ude00",
    "m\u0456la", "mil\u0430", "\u043cila", "\u03bcila", "m\u0131la", "m\u0130la", "stra\u00dfe",
    "\u0627\u062d\u0645\u062f", "\u7c73\u62c9\u62c9",
    "undefined", "null", "admin", "Admin", "ADM1N", "ad.min", "\uff41\uff44\uff4d\uff49\uff4e", "support_",
    "supp\u043ert", "RU4M", "mila.ru4m", "админ", "помоћ",
]  # fmt: skip


@pytest.mark.parametrize("name", NAUGHTY, ids=ascii)
def test_naughty_or_reserved_username_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        usernames.checked(name)


@pytest.mark.parametrize("name", ["mila", "Mila.Petrovic-1990_", "m" * 32, "Đorđe", "Ђорђе", "милица.п"])
def test_name_of_one_script_is_kept_as_it_was_typed(name: str) -> None:
    assert usernames.checked(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mila", "mila"), ("mila", "mi1a"), ("zoran", "z0ran"), ("mila", "rnila"),
        ("mila", "\uff4d\uff49\uff4c\uff41"), ("mila", "\U0001d426\U0001d422\U0001d425\U0001d41a"),
        ("coka", "\u010doka"), ("c\u030coka", "\u010doka"),
        ("peta", "\u0440\u0435\u0442\u0430"), ("\u0421\u0410\u0422", "cat"),
    ],
    ids=ascii,
)  # fmt: skip
def test_names_that_read_alike_have_one_normal_form(one: str, other: str) -> None:
    assert usernames.normal_form(one) == usernames.normal_form(other)


def test_names_that_read_differently_have_two_normal_forms() -> None:
    names = ["mila", "mina", "mila.p", "mila_p", "milap", "\u043c\u0438\u043b\u0430", "zoran"]
    assert len({usernames.normal_form(name) for name in names}) == len(names)


@given(st.text(max_size=64))
def test_normal_form_accepts_any_text(text: str) -> None:
    assert usernames.normal_form(text) == usernames.normal_form(usernames.shown_form(text))


def refused(password: str, username: str = "mila") -> str | None:
    try:
        check_password(NewPassword(password=password).password, username)
    except InvalidRequest as problem:
        return str(problem.members["errors"][0]["code"])  # type: ignore[index]
    return None


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("seven77", "too_short"), ("e\u0301" * 4 + "abc", "too_short"),  # seven characters once composed
        ("Password123", "too_common"), ("LOZINKA123", "too_common"), ("abababababab", "too_common"),
        ("my name is MILA", "contains_username"), ("m1la is my name", "contains_username"),
    ],
)  # fmt: skip
def test_password_that_is_easily_guessed_is_refused(password: str, rule: str) -> None:
    assert refused(password) == rule


@pytest.mark.parametrize(
    "password",
    ["seven otters swim", "12 vidri!", "лозинка моја", "\U0001f9a6" * 5 + "abc", "x7" * 3 + "qz" + "k" * 120],
)
def test_password_needs_no_kinds_of_characters(password: str) -> None:
    assert refused(password) is None


@pytest.mark.parametrize(
    "password", ["a" * 129, "x" * 10_000, "otters\nswim", "otters\x00swim", "otters\ud800swim", ""]
)
def test_password_without_the_form_is_refused_before_it_is_hashed(password: str) -> None:
    with pytest.raises(ValidationError):
        NewPassword(password=password)


def test_password_is_the_same_however_a_keyboard_composes_it() -> None:
    assert (
        NewPassword(password="cafe\u0301 noir").password
        == NewPassword(password="caf\u00e9\u00a0noir").password
    )


def test_common_passwords_could_be_chosen_otherwise() -> None:
    assert all(len(one) >= 8 and one == one.casefold() for one in COMMON)
