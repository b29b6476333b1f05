"""Names that others see insult nobody, and no name of a person is refused (ADR 120)."""

import pytest

from chalicelib.core.insults import is_insulting


@pytest.mark.parametrize(
    "text", ["Pička", "ПИЧКА ти материна", "Jebem ti", "picka", "Fuck You", "fück", "kurva 1", "Dva kurca"]
)
def test_insult_is_found_in_each_script_and_language(text: str) -> None:
    assert is_insulting(text)


@pytest.mark.parametrize(
    "name",
    ["Analía", "Anal Patel", "Dick Cheney", "De Cock", "Peder Ås", "Fuk Li", "Kösemen", "Alan Cumming",
     "Áss", "Đorđe Kurtović", "Dragan Sukić", "Pizdarić", "Puča", "Scunthorpe", "Phuc Nguyen", "Lolita",
     "Мила Пићан", "Gay Talese", "Cassandra", "Mila K", "Jovan Šerem", "Ali Butt",
     "Poon Li", "Negro", "XX Team", "x" * 50, "👩\u200d🚀"],
)  # fmt: skip
def test_name_of_a_person_is_not_refused(name: str) -> None:
    assert not is_insulting(name)
