"""`python -m infra.ops breach` makes signed calls of the internal API and prints results."""

import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.clock import HOUR
from chalicelib.operations.breaches import record
from infra.ops.cases import breach_preview
from infra.ops.cases.breach_form_serbian import FORM
from tests.support.cases.breaches import TEXTS
from tests.support.world.commands import Commands, Wire
from tests.support.world.limits import configure
from tests.support.world.world import World

BREACH = """
discovered_at = 2026-11-24T11:00:00+01:00
what = "A contractor had access to a backup."
categories = ["user.contact.phone_number"]
people = ["users"]
people_count = 120
countries = ["DE"]
"""
NOTIFICATION = """
country = "RS"
notified_at = 2026-11-24T12:30:00+01:00
reference = "073-12-2026"
complete = true
"""


@pytest.fixture
def run(world: World) -> Commands:
    return Commands("breach", Wire(world))


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def to_file(text: str) -> str:
        path = tmp_path / "fields"
        path.write_text(text)
        return str(path)

    return to_file


def assessment(risk: str, **more: str) -> str:
    lines = [f'risk = "{risk}"', 'reasons = "Numbers of many people."']
    lines += [f'{name} = "{value}"' for name, value in more.items()]
    if risk == "high":
        for language, said in TEXTS.items():
            lines += [f"[texts.{language}]", *(f'{name} = "{text}"' for name, text in said.items())]
    return "\n".join(lines)


@pytest.fixture
def opened(run: Commands, write: Any) -> str:
    return run("alice", "open", "--text-file", write(BREACH)).output.split()[0]


@pytest.mark.promise("SEC-4")
def test_two_operators_handle_a_breach_from_the_command_line(
    run: Commands, opened: str, write: Any, world: World
) -> None:
    shown = run("bob", "show", opened).output
    for text in ("A contractor had access", "user/alice", "2026-11-27 11:00 CET", "www.poverenik.rs"):
        assert text in shown
    reported = run("alice", "notify-authority", opened, "--text-file", write(NOTIFICATION))
    assert reported.output == f"{opened}  open  version 2  needs: authority DE, assessment"
    world.a_user()
    proposal = write(assessment("high", audience="all"))
    assert run("alice", "decide", opened, "--text-file", proposal).exit_code == 0
    assert run("alice", "approve", opened, "--version", "3").output.startswith("refused: 403 own_proposal")
    assert run("bob", "approve", opened, "--version", "3").exit_code == 0
    assert "Would notify: all accounts" in run("alice", "notify-subjects", opened, "--dry-run").output
    begun = run("alice", "notify-subjects", opened, "--yes")
    assert begun.output == f"{opened}  open  version 5  needs: authority DE, subjects"
    closing = run("alice", "close", opened, "--text-file", write("The cause is removed."))
    assert closing.output.startswith("refused: 409 breach_unfinished")
    listed = run("bob", "list").output
    assert (opened in listed, "contractor" in listed) == (True, False)


def test_facts_affected_users_and_withdrawal_have_commands(
    run: Commands, opened: str, write: Any, world: World
) -> None:
    users = "\n".join(world.a_user().user_id for _ in range(2))
    added = run("bob", "add", opened, "--text-file", write('what = "300 people."\npeople_count = 300'))
    assert "version 2" in added.output
    run("alice", "decide", opened, "--text-file", write(assessment("unlikely")))
    assert "version 4" in run("bob", "withdraw", opened).output
    run("alice", "decide", opened, "--text-file", write(assessment("high", audience="listed")))
    assert run("bob", "approve", opened, "--version", "5").exit_code == 0
    assert "version 7" in run("bob", "add-affected", opened, "--ids-file", write(users)).output
    assert run("bob", "add-affected", opened, "--ids-file", write("mila@test.example")).exit_code == 2
    assert "finding 2" in run("alice", "show", opened).output


def test_breach_without_a_risk_is_closed_from_the_command_line(
    run: Commands, opened: str, write: Any
) -> None:
    run("alice", "decide", opened, "--text-file", write(assessment("unlikely")))
    assert run("bob", "approve", opened, "--version", "2").exit_code == 0
    closed = run("bob", "close", opened, "--text-file", write("No harm was possible."))
    assert closed.output == f"{opened}  closed  version 4"


@pytest.mark.parametrize("instant", ["2026-11-24", "2026-11-24T11:00:00", '"yesterday"'])
def test_instant_without_an_offset_is_refused_before_a_call(run: Commands, write: Any, instant: str) -> None:
    refused = run("alice", "open", "--text-file", write(f'discovered_at = {instant}\nwhat = "x"'))
    assert refused.exit_code == 2
    assert "2026-12-01T09:30:00+01:00" in " ".join(refused.output.split())


def test_id_of_another_kind_is_refused_before_a_call(run: Commands) -> None:
    assert run("alice", "show", f"d_{'0' * 26}").exit_code == 2


@pytest.fixture
def proposed(run: Commands, opened: str, write: Any) -> str:
    """Return a breach whose notice to all people is proposed."""
    assert (
        run("alice", "decide", opened, "--text-file", write(assessment("high", audience="all"))).exit_code
        == 0
    )
    return opened


def test_proposed_assessment_is_shown_in_words(run: Commands, proposed: str) -> None:
    shown = run("bob", "show", proposed).output
    for text in (
        "the authorities and the people affected are notified",
        "all accounts",
        "advice, in Serbian",
    ):
        assert text in shown
    assert "{" not in shown
    assert f"breach notify-subjects {proposed} --dry-run" in shown


@pytest.mark.promise("SEC-4")
def test_dry_run_shows_the_notice_of_each_language_and_counts_the_people(
    run: Commands, proposed: str, world: World, tmp_path: Path
) -> None:
    world.a_user()
    out = tmp_path / "mails"
    shown = run("bob", "notify-subjects", proposed, "--dry-run", "--out", str(out)).output
    assert "no country declared" in shown
    for text in ("We withdrew the access.", "Pristup smo ukinuli.", "Приступ смо укинули.", "Subject: "):
        assert shown.count(text) >= 2  # in the mail and in the app
    assert "Приступ смо укинули." in (out / "sr-Cyrl.html").read_text()
    digest = shown.split("SHA-256 of the notice: ")[1].split()[0]
    assert digest in run("bob", "show", proposed).output.replace("\n", "")


def test_dry_run_of_another_notice_than_proposed_says_so(run: Commands, proposed: str) -> None:
    assert (
        "NOT the notice that was proposed" not in run("bob", "notify-subjects", proposed, "--dry-run").output
    )
    configure(CONTACT_EMAIL="other@test.example")
    assert "NOT the notice that was proposed" in run("bob", "notify-subjects", proposed, "--dry-run").output
    refused = run("bob", "approve", proposed, "--version", "2")
    assert refused.output.startswith("refused: 409 rendering_changed")


def test_dry_run_stops_at_its_limit_and_names_where_to_continue(
    run: Commands, proposed: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "COUNTED_AT_ONCE", 1)
    monkeypatch.setattr(breach_preview, "_MAX_CALLS", 1)
    for _ in range(2):
        world.a_user()
    first = run("bob", "notify-subjects", proposed, "--dry-run").output
    after = first.split("`--after ")[1].split("`")[0]
    assert "1 accounts read" in first
    assert "1 accounts read" in run("bob", "notify-subjects", proposed, "--dry-run", "--after", after).output


def test_texts_in_another_language_than_their_readers_are_asked_back(
    run: Commands, opened: str, write: Any
) -> None:
    whole = assessment("high", audience="all")
    swapped = write(
        whole.replace("texts.en", "texts.").replace("texts.sr", "texts.en").replace("s.]", "s.sr]")
    )
    decide = ("decide", opened, "--text-file", swapped)
    refused = run("alice", *decide)
    assert "`texts.en` is in English, and the text in Serbian in Latin script" in refused.output
    assert (refused.exit_code, "proposal" in run("bob", "show", opened).output) == (1, False)
    assert run("alice", *decide, typed="y\ny\n").exit_code == 0


@pytest.mark.parametrize("texts", ['"x"', '{ en = "x" }', "[1]"])
def test_malformed_texts_are_refused_by_the_api(run: Commands, opened: str, write: Any, texts: str) -> None:
    file = write(f'risk = "high"\nreasons = "x"\naudience = "all"\ntexts = {texts}\n')
    assert run("alice", "decide", opened, "--text-file", file).output.startswith(
        "refused: 400 invalid_request"
    )


# --- the form of an authority


@pytest.mark.promise("SEC-4")
@pytest.mark.parametrize(
    ("language", "unknown"),
    [("en", "Likely consequences"), ("sr-Latn", "Moguće"), ("sr-Cyrl", "Могуће")],
)
def test_form_of_an_authority_says_what_is_known_and_what_is_not(
    run: Commands, opened: str, tmp_path: Path, language: str, unknown: str
) -> None:
    out = tmp_path / "form.html"
    done = run("alice", "form", opened, "--out", str(out), "--language", language)
    assert "Not known yet: Approximate number of records, Likely consequences" in done.output
    form = out.read_text()
    for text in ("A contractor had access to a backup.", "120", "privacy@test.example", opened, unknown):
        assert text in form
    assert "user/alice" not in form
    assert run("alice", "form", opened, "--out", str(out)).output.startswith("refused:")


def test_form_states_the_reasons_for_a_delay_and_the_earlier_notification(
    run: Commands, opened: str, write: Any, world: World, tmp_path: Path
) -> None:
    world.advance(73 * HOUR)
    late = NOTIFICATION.replace("24T12:30:00+01:00", "27T13:30:00+01:00") + 'delay = "The portal was down."'
    assert run("alice", "notify-authority", opened, "--text-file", write(late)).exit_code == 0
    out = tmp_path / "form.html"
    run("alice", "form", opened, "--out", str(out), "--language", "en")
    assert "The portal was down." in out.read_text()
    assert "073-12-2026" in out.read_text()


def test_form_for_a_country_that_the_breach_does_not_concern_is_refused(
    run: Commands, opened: str, tmp_path: Path
) -> None:
    assert run("alice", "form", opened, "--out", str(tmp_path / "form"), "--country", "AT").exit_code == 2


def test_each_label_of_the_form_has_a_serbian_one(
    run: Commands, opened: str, write: Any, world: World, tmp_path: Path
) -> None:
    world.advance(73 * HOUR)
    run("alice", "decide", opened, "--text-file", write(assessment("unlikely")))
    run("bob", "approve", opened, "--version", "2")
    run("alice", "form", opened, "--out", str(tmp_path / "form"), "--language", "en")
    labels = set(re.findall("<(?:h1|h2|dt)>(.*?)</", (tmp_path / "form").read_text()))
    assert len(labels) > 15
    assert labels - FORM.keys() == set()
