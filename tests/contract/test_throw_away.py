"""Which app at Stream the contract tests admit, and that they run on one; an emulator stands for Stream."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
import pytest

from infra.stream_emulator import Emulator, Options, running_emulator
from tests.contract import throw_away
from tests.contract.throw_away import Names, Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.emulated_app import App

ROOT = Path(__file__).parents[2]


@pytest.fixture
def stock() -> Iterator[Emulator]:
    """Return a new app, with Stream's own settings."""
    with running_emulator(options=Options(grants="stock")) as emulator:
        yield emulator


def run(*paths: str, **variables: str) -> tuple[int, str]:
    """Run the command; return its status and output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RU4M_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract", *paths],
        cwd=ROOT,
        env=kept | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def named(stream: Emulator) -> dict[str, str]:
    return {
        throw_away.KEY: stream.api_key,
        throw_away.SECRET: stream.secret,
        throw_away.ADDRESS: stream.url,
    }


@pytest.mark.parametrize("missing", [throw_away.KEY, throw_away.SECRET])
def test_without_both_variables_nothing_runs_and_nothing_counts_as_passed(missing: str) -> None:
    given = {throw_away.KEY: "key", throw_away.SECRET: "secret"} | {missing: ""}
    assert run(**given) == (
        0,
        f"not run: set {throw_away.KEY} and {throw_away.SECRET} to those of a throw-away app at Stream\n",
    )


def test_app_with_a_webhook_is_refused(app: App) -> None:
    hook = {
        "hook_type": "webhook",
        "webhook_url": "https://api.ru4m.example/v1/hooks/stream",
        "enabled": True,
    }
    app.server.update_app_settings(event_hooks=[hook])
    status, said = run(**named(app.emulator))
    assert (status, said) == (1, "not run: the app has event_hooks, so a stage uses it\n")


def test_app_with_other_users_is_refused_and_keeps_them(app: App) -> None:
    app.people("jelena")
    status, said = run(**named(app.emulator))
    assert (status, said) == (1, "not run: the app has 1 users that these tests did not make\n")
    assert app.emulator.user("jelena")["id"] == "jelena"


def test_app_whose_secret_is_another_one_is_refused(app: App) -> None:
    status, said = run(**named(app.emulator) | {throw_away.SECRET: "another"})
    assert status == 1
    assert said.startswith("not run: ")


def test_users_that_an_earlier_run_left_are_admitted_and_deleted(stock: Emulator) -> None:
    with throw_away.throw_away_app(named(stock)) as first:
        first.direct.upsert_users([{"id": "mila-0a1b0001", "name": "Mila"}])
        throw_away.admit(first.direct)
        first.direct.channel("messaging", "talk-0a1b0001", {"members": ["mila-0a1b0001"]}).create(
            "mila-0a1b0001"
        )
    assert "deleted_at" in stock.user("mila-0a1b0001")
    assert stock.state()["channels"] == {}


def test_each_test_has_ids_of_its_own_and_reads_them_without_their_ending() -> None:
    names = Names()
    text = '{"id": "mila", "cid": "messaging:talk", "text": "mila and Mila, milana"}'
    first = names.lengthen(text)
    names.change()
    assert first != names.lengthen(text)
    assert names.shorten(names.lengthen(text)) == text
    assert f'"mila{names.ending} and Mila, milana"' in names.lengthen(text)


def test_relay_signs_valid_tokens_only() -> None:
    relay = Relay("https://stream.test", "s" * 32, Names())
    own = jwt.encode({"user_id": "mila", "iat": 5}, "s" * 32, "HS256")
    signed = jwt.decode(relay._sign_again(own), "s" * 32, ["HS256"])
    assert signed == {"user_id": f"mila{relay.names.ending}", "iat": 5}
    forged = jwt.encode({"user_id": "mila"}, "t" * 32, "HS256")
    assert relay._sign_again(forged) == forged


@pytest.mark.proof
@pytest.mark.node
def test_tests_run_on_a_named_app_and_leave_nothing_there(stock: Emulator) -> None:
    files = [f"tests/contract/test_{name}.py" for name in ("js_chat", "settings", "user_writes")]
    status, said = run(*files, **named(stock))
    assert status == 0, said
    assert "tests settings of the app" in said
    assert "Stream has no control like the emulator's GET state" in said
    state = stock.state()
    assert state["channels"] == {}
    users = state["users"].values()
    assert len(users) > 10
    assert all("deleted_at" in user for user in users)
