"""All commands of operators: what each calls, what is audited, and which options they share (issue 21)."""

from __future__ import annotations

import importlib
import inspect
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import typer

from chalicelib.core.http import contract
from chalicelib.core.ids import (
    AbuseReportId,
    BreachId,
    DisclosureId,
    HoldId,
    NumberObjectionId,
    RightsRequestId,
    SafetyDecisionId,
    SupportMessageId,
    TableRemovalId,
    UserId,
)
from chalicelib.operations import admin
from chalicelib.privacy import rewrites
from chalicelib.rights.complaints.model import ComplaintId
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.terms import RefusalReason
from infra.build import ROOT
from infra.deployment.account import AwsAccount
from infra.ops.__main__ import app
from infra.ops.cases import tables
from infra.ops.internal_api import InternalApi
from infra.ops.refused import CommandRefused

IDS: dict[str, Any] = {
    "request": RightsRequestId,
    "report": AbuseReportId,
    "objection": NumberObjectionId,
    "safety_decision": SafetyDecisionId,
    "disclosure": DisclosureId,
    "complaint": SimpleNamespace(new=lambda: ComplaintId(f"{RightsRequestId.new()}.person")),
    "message": SupportMessageId,
    "hold": HoldId,
    "breach": BreachId,
    "user": UserId,
    "removal": TableRemovalId,
}
WORDS = {
    "stage": "staging", "region": "eu-central-1", "on": "2026-11-20", "restored": "accounts=x",
    "version": "1", "at": "2026-11-20T10:00:00Z", "kind": "session", "queue": "hooks-dead",
    "name": "no-purge", "days": "30", "number": "0", "table": "rights", "status": "completed",
    "first": "2026-01-01", "last": "2026-03-31", "of": "2026", "right": "access", "by": "letter",
    "reason": "JustificationA12Complexity", "outcome": "mistake", "why": "replaced",
    "notice": "terms-2027-01-15", "decision": "upheld", "appeal": "upheld",
    "chain": "purge#2026-11-26", "function": "admin", "which": "1",
    "team_id": "TEAM123456", "key_id": "KEY1234567", "topic": "com.ru4m.app",
}  # fmt: skip

# Commands that reach no internal route, each with the reason why no entry is needed.
UNAUDITED = {
    **dict.fromkeys(
        (
            "alarms list", "alarms test", "alarms check", "queues list", "queues show", "queues redrive",
            "queues purge",
        ),
        "counts and ids of messages, no subject; CloudTrail keeps a purge and a test for 90 days",
    ),
    "logs": "ids, numbers and fixed words, no subject",
    **dict.fromkeys(
        ("chat-settings diff", "chat-settings apply", "chat-settings check"),
        "settings of the app, no subject; the job records the outcome in chat_settings#DATE",
    ),
    "desk": "each page makes the call of its command, which knows the operator",
    "tables backups": "names and times of backups, no subject",
    "tables remove": "a table that no function uses; two operators approve one of the stage, and the Ledger "
    "names them; CloudTrail has each call",
    "chat-settings confirm-placement": "settings of the app; it appends to the Ledger itself",
    **dict.fromkeys(
        (
            "keys signing rotate", "keys signing retire", "keys stage rotate", "keys stage retire",
            "keys lookup rotate", "keys lookup retire", "keys staff rotate", "keys push apple",
            "keys push google",
        ),
        "keys of the stage, no subject; CloudTrail keeps the changes for 90 days",
    ),
    **dict.fromkeys(
        ("keys stage rewrap", "keys stage reseal", "keys lookup rekey", "records migrate"),
        "records of all subjects under another key or in another shape, none is shown or changed in meaning",
    ),
    **dict.fromkeys(
        ("retention redate", "idle-accounts watch"),
        "the ends of records of all subjects by the rules, none is shown",
    ),
    "purge run": "the job records what it deletes in purge#DATE",
    **dict.fromkeys(("reconcile run", "reconcile release"), "the job records in reconciliation#DATE"),
    **dict.fromkeys(("idle-accounts run", "idle-accounts release"), "the job records each erasure it opens"),
    "replay-erasures": "it repeats erasures that the Ledger has, by the tombstones",
    "switch-tables": "parameters of the stack; CloudTrail keeps the change for 90 days",
    "ledger verify": "entries by pseudonym, of which only numbers and findings are shown",
    "rights verify": "the same",
    "report prove": "a file of the operator; the Ledger's signature over its hash",
    "report verify": "a file of the operator",
    "plots": "published figures, no subject",
    "recipients list": "the register in the code",
    "recipients reviews": "the register in the code",
    "rights wording": "the texts in the code",
}  # fmt: skip
# Commands that change or destroy something and have no dry run, each with the reason.
WITHOUT_PREVIEW = {
    "alarms test": "it asks, and its only effect is the notification",
    **dict.fromkeys(
        ("keys signing rotate", "keys stage rotate", "keys lookup rotate", "keys staff rotate"),
        "it only adds a version"
    ),
    **dict.fromkeys(("keys push apple", "keys push google"), "the value before stays readable as a version"),
    **dict.fromkeys(
        ("reconcile release", "idle-accounts release"), "the next run after it only counts"
    ),
    "chat-settings check": "it reads, and emits the figure",
    "chat-settings confirm-placement": "it shows the place, and asks",
}  # fmt: skip
# Those that destroy, or that cannot be taken back.
CONFIRMED = {
    "alarms test", "breach notify-subjects", "chat-settings apply", "chat-settings confirm-placement",
    "holds lift", "keys lookup retire", "keys signing retire", "keys stage retire", "queues purge",
    "queues redrive", "replay-erasures", "retention redate", "switch-tables", "tables remove",
}  # fmt: skip


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield each command with its name, such as `keys stage rotate`."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


ALL = dict(commands())


def word_for(parameter: Any, folder: Path) -> str:
    """Return a valid value of a parameter."""
    name = parameter.name
    if name in IDS:
        return str(IDS[name].new())
    if name == "out":
        return str(folder / UserId.new())  # a file that does not exist
    if name.endswith("file"):
        text = {"file": "{}", "ids_file": str(UserId.new())}.get(name, 'note = "x"')
        (file := folder / name).write_text(text)
        return str(file)
    return WORDS[name]


def call_of(name: str, folder: Path) -> str | None:
    """Run a command with made-up values until its first call; return that call of the API, or None."""
    if name == "desk":  # a server, which makes no call until a browser asks
        return None
    words: list[str] = []
    for parameter in ALL[name].params:
        if parameter.required or parameter.name in {"phone", "yes"}:
            is_flag = getattr(parameter, "is_flag", False)
            value = [] if is_flag else [word_for(parameter, folder)]
            words += [*([parameter.opts[0]] if parameter.param_type_name == "option" else []), *value]
    seen: list[str] = []

    class Api:
        def call(self, method: str, path: str, *_: object, **__: object) -> None:
            seen.append(f"{method} {path}")
            raise CommandRefused("seen")

    def refuse(*_: object) -> None:
        raise CommandRefused("reached AWS")

    with (
        patch.dict(os.environ),
        patch.object(InternalApi, "of", lambda *_: Api()),
        patch.object(AwsAccount, "_new_client", refuse),
        patch.object(AwsAccount, "patient_client", refuse),
        patch.object(sys, "stdin", io.StringIO("+381601234567\n")),
        patch.object(rewrites, "find_migratable", rewrites.find_redatable),  # no kind has two shapes yet
        suppress(CommandRefused, SystemExit),
    ):  # any other error is a wrong call of this test
        ALL[name].main(words, prog_name="ops", standalone_mode=False)
    return seen[0] if seen else None


def admin_routes() -> dict[str, Any]:
    """Return the views of the internal routes, by method and path."""
    modules = [
        importlib.import_module(f"chalicelib.operations.admin.{one.name}")
        for one in iter_modules(admin.__path__)
    ]
    views = {name: view for module in modules for name, view in vars(module).items()}
    return {f"{one.method} {one.path}": views[one.name] for one in contract.routes() if one.internal}


def route_of(call: str) -> str | None:
    """Return the route that serves a call."""
    method, _, rest = call.partition(" ")
    parts = rest.partition("?")[0].strip("/").split("/")
    for route in admin_routes():
        wanted = route.removeprefix(f"{method} /admin/v1/").split("/")
        fits = len(wanted) == len(parts) and route.startswith(f"{method} ")
        if fits and all(one == two or one[0] == "{" for one, two in zip(wanted, parts, strict=True)):
            return route
    return None


@pytest.mark.promise("RGT-10", "SEC-1")
def test_each_command_about_a_subject_calls_a_route_that_knows_the_operator(tmp_path: Path) -> None:
    calls = {name: call_of(name, tmp_path) for name in ALL}
    assert {name for name, call in calls.items() if call is None} == UNAUDITED.keys()
    routes = {name: route_of(call) for name, call in calls.items() if call}
    assert [name for name, route in routes.items() if route is None] == []
    # A service takes a pseudonym, so that its evidence names the person; `tests/api` reads that evidence.
    nameless = [route for route, view in admin_routes().items() if not registers_the_operator(view)]
    assert nameless == []


def registers_the_operator(view: Any) -> bool:
    return "staff.register(operator.arn)" in inspect.getsource(inspect.unwrap(view))


def options_of(name: str) -> set[str]:
    return {opt for parameter in ALL[name].params for opt in parameter.opts}


def test_each_command_that_changes_the_stage_has_a_dry_run(tmp_path: Path) -> None:
    reads = {
        name
        for name in UNAUDITED
        if name.split()[-1]
        in {"list", "show", "diff", "verify", "check", "wording", "prove", "backups", "reviews"}
    }
    changing = UNAUDITED.keys() - reads - {"plots", "logs", "desk"} | CONFIRMED
    without = {name for name in changing if "--dry-run" not in options_of(name)}
    assert without == WITHOUT_PREVIEW.keys() - {"chat-settings check"}


def test_commands_that_destroy_ask_for_a_confirmation() -> None:
    assert {name for name in ALL if "--yes" in options_of(name)} == CONFIRMED


def test_no_command_prints_past_the_format_that_was_chosen() -> None:
    printed = re.compile(r"\bconsole\.print|\btyper\.echo|(?<!\.)\bprint\(")
    files = set((ROOT / "infra/ops").rglob("*.py"))
    assert {
        Path(str(one.__file__)) for name, one in sys.modules.items() if name.startswith("infra.ops")
    } <= files
    printing = [
        f"{file.name}: {line.strip()}"
        for file in sorted(files)
        for line in file.read_text(encoding="utf-8").splitlines()
        if printed.search(line) and file.name not in {"operator_console.py", "refusals.py"}
    ]
    assert printing == ["__main__.py: console.print(version_of_project())"]


def test_each_reason_has_plain_words_beside_its_code() -> None:
    for reason in (*RefusalReason, *ExtensionReason):
        code, _, words = str(tables.with_words(reason.value)).partition(": ")
        assert (code, len(words.split()) > 3, words.startswith("Reason")) == (reason.value, True, False)


def test_statuses_are_documented() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for status in ("`0`", "`1`", "`2`", "`3`"):
        assert f"| {status} |" in page
