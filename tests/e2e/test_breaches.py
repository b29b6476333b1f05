"""A breach on the deployed stack: recorded, reported late, and announced to the people affected."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.phrases import to_cyrillic
from infra.local.cloud import LocalCloud
from infra.local.tour.erasure import GRACE
from infra.local.tour.phone import Phone, codes_in
from infra.local.waiting import until
from tests.support.cases.breaches import TEXTS

ADDRESS = "nada.breach@inbox.local.ru4m.example"
TIMEOUT = 120  # seconds; the machine may be busy
DELAY = "The analysis took three days."
IN_EACH_SCRIPT = {
    "en": TEXTS["en"],
    "sr-Latn": TEXTS["sr"],
    "sr-Cyrl": {name: to_cyrillic(text) for name, text in TEXTS["sr"].items()},
}
RIGHTS, ACCOUNTS = "ru4m-local-rights", "ru4m-local-accounts"


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def breach_of(discovered_at: str) -> str:
    return (
        f'discovered_at = {discovered_at}\nwhat = "A contractor had access to a backup."\npeople_count = 2\n'
    )


def notification_of(notified_at: str, delay: str = "") -> str:
    reasons = f'delay = "{delay}"\n' if delay else ""
    return f'country = "RS"\nnotified_at = {notified_at}\nreference = "073-12"\ncomplete = true\n{reasons}'


def assessment() -> str:
    lines = ['risk = "high"', 'reasons = "Numbers became known."', 'audience = "listed"']
    for language, said in TEXTS.items():
        lines += [f"[texts.{language}]", *(f'{name} = "{text}"' for name, text in said.items())]
    return "\n".join(lines)


def item(cloud: LocalCloud, table: str, pk: str, sk: str) -> dict[str, Any]:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    return dict(cloud.account.client("dynamodb").get_item(TableName=table, Key=key).get("Item", {}))


def notice(cloud: LocalCloud, phone: Phone, breach_id: str) -> dict[str, Any]:
    return item(cloud, ACCOUNTS, f"A#{phone.account_id}", f"account_notice#breach#{breach_id}")


def rounds(cloud: LocalCloud, breach_id: str) -> int:
    found = item(cloud, RIGHTS, f"B#{breach_id}", "shard#list-0001")
    return int(found["rounds"]["N"]) if found else 0


def end_the_pause(cloud: LocalCloud, breach_id: str) -> None:
    """Let the pause between the rounds be over."""
    cloud.account.client("dynamodb").update_item(
        TableName=RIGHTS,
        Key={"pk": {"S": f"B#{breach_id}"}, "sk": {"S": "shard#list-0001"}},
        UpdateExpression="SET round_ended_at = :at",
        ExpressionAttributeValues={":at": {"S": clock.to_text(clock.now() - HOUR)}},
    )


def freeze(cloud: LocalCloud, phone: Phone) -> None:
    """Ask for the erasure of the phone's account, and wait until it is frozen; then sign in again."""
    phone.step_up()
    account_id = phone.account_id
    assert phone.call("POST", "/v1/rights-requests", {"right": "erasure"}).status == 202
    until(
        lambda: item(cloud, ACCOUNTS, f"A#{account_id}", "account")["state"] == {"S": "frozen"},
        "the freeze",
        TIMEOUT,
    )
    phone.sign_up()


@dataclass
class BreachRoom:
    """Two operators who handle one breach from the command line."""

    run: Callable[..., Any]
    folder: Path
    breach_id: str = ""

    def breach(self, name: str, *words: str, text: str = "", option: str = "--text-file") -> str:
        """Run a command that has to succeed; return its output."""
        done = self.tries(name, *words, text=text, option=option)
        assert done.exit_code == 0, done.output
        return str(done.output)

    def tries(self, name: str, *words: str, text: str = "", option: str = "--text-file") -> Any:
        """Run a command; `text` is the content of its file."""
        file = (option, written(self.folder / "fields", text)) if text else ()
        command, *more = words
        about = (self.breach_id,) if self.breach_id else ()
        return self.run(name, command, *about, *more, *file, group="breach")

    def opens_and_reports_late(self) -> None:
        """Open a breach of four days ago, whose deadline passed a day ago, and record the notification."""
        discovered_at = clock.to_text(clock.now() - 4 * DAY)
        self.breach_id = self.breach("alice", "open", text=breach_of(discovered_at)).split()[0]
        now = clock.to_text(clock.now() - timedelta(minutes=1))
        refused = self.tries("alice", "notify-authority", text=notification_of(now))
        assert refused.output.startswith("refused: 400"), refused.output
        self.breach("alice", "notify-authority", text=notification_of(now, DELAY))

    def decides_to_tell(self, *phones: Phone) -> None:
        """Let two operators decide that the owners of phones are notified, and begin it."""
        user_ids = "\n".join(phone.user_id for phone in phones)
        proposed = self.breach("alice", "decide", text=assessment())
        seen = self.breach("bob", "notify-subjects", "--dry-run")
        assert IN_EACH_SCRIPT["sr-Cyrl"]["advice"] in seen
        version = re.search(r"version (\d+)", proposed)
        assert version
        assert self.tries("alice", "approve", "--version", version[1]).exit_code == 1
        self.breach("bob", "approve", "--version", version[1])
        self.breach("alice", "add-affected", text=user_ids, option="--ids-file")
        self.breach("bob", "notify-subjects", "--yes")

    def finishes(self, cloud: LocalCloud) -> None:
        """Let the second round and the record of the end follow."""
        end_the_pause(cloud, self.breach_id)
        cloud.run("watch_breaches")
        until(lambda: rounds(cloud, self.breach_id) == 2, "the second round", TIMEOUT)
        cloud.run("watch_breaches")
        record = partial(item, cloud, RIGHTS, f"B#{self.breach_id}", "breach")
        until(lambda: "notices_done_at" in record(), "the record of the end", TIMEOUT)


@pytest.fixture
def nada(cloud: LocalCloud, a_phone: Callable[[], Phone]) -> Phone:
    """Return a user with a verified address."""
    phone = a_phone()
    phone.sign_up()
    challenge = phone.ask_for_email(ADDRESS).body["challenge_id"]
    assert phone.give_mailed_code(challenge, codes_in(cloud.mails_to(ADDRESS))[-1]).status == 200
    return phone


@pytest.mark.proof
@pytest.mark.promise("SEC-4")
def test_breach_is_reported_late_with_reasons_and_told_to_a_frozen_account_too(
    cloud: LocalCloud, run: Callable[..., Any], nada: Phone, a_phone: Callable[[], Phone], tmp_path: Path
) -> None:
    frozen, room = a_phone(), BreachRoom(run, tmp_path)
    frozen.sign_up()
    with cloud.configured("erase_accounts", GRACE):
        freeze(cloud, frozen)
        room.opens_and_reports_late()
        room.decides_to_tell(nada, frozen)
        cloud.run("watch_breaches")
        until(lambda: rounds(cloud, room.breach_id) == 1, "the first round", TIMEOUT)
        assert notice(cloud, nada, room.breach_id)["channel"] == {"S": "email"}
        assert notice(cloud, frozen, room.breach_id)["channel"] == {"S": "in_app"}
        assert TEXTS["en"]["nature"] in str(cloud.mails_to(ADDRESS)[-1])
        for phone in (nada, frozen):
            (shown,) = phone.call("GET", "/v1/breach-notices").body["items"]
            assert (shown["breach_notice_id"], shown["texts"]) == (room.breach_id, IN_EACH_SCRIPT)
        room.finishes(cloud)
    assert len(cloud.mails_to(ADDRESS)) == 2  # the code, and one notice

    room.breach("alice", "close", text="The access is withdrawn.")
    seen = room.breach("bob", "show")
    for text in (DELAY, "user/alice", "user/bob", "subjects_notified"):
        assert text in seen
    verified = run("root", "verify", "--chain", f"breach#{room.breach_id}", group="ledger")
    assert "0 findings" in verified.output, verified.output
    logs = "\n".join(cloud.log_lines())
    for text in (ADDRESS, "contractor", nada.number.removeprefix("+"), DELAY):
        assert text not in logs
