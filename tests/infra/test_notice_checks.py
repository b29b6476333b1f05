"""The preflight of the notices: their pages are approved, and say what the stage does (ADR 90)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.consents.notices import frozen, versions
from chalicelib.consents.notices.model import Notice, NoticeKind
from chalicelib.core import clock
from chalicelib.privacy.purposes import Practice
from infra.deployment import preflight
from infra.deployment.preflight import notice_checks
from infra.ops.internal_api import CallRefused, InternalApi
from infra.policy.facts import beyond, of_target, stated_by
from infra.policy.pages import files_of
from tests.infra.test_deploy import a_target
from tests.support.world.notices import DAY, a_version

pytestmark = pytest.mark.promise("NOT-1")


@pytest.fixture
def ours(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notice:
    """Publish a version that was frozen from the settings of `a_target`, and takes effect in a month."""
    kind = getattr(request, "param", NoticeKind.PRIVACY)
    monkeypatch.setattr(frozen, "_FOLDERS", tmp_path)
    link = a_version(f"{clock.now() + 30 * DAY:%Y-%m-%d}", kind, announced_for=20 * DAY)
    folder = frozen.folder(link.version)
    folder.mkdir()
    for name, text in files_of(kind, of_target(a_target(), frozenset(Practice)), None).items():
        (folder / name).write_text(text)
    own = {"url": "", "changes": "", "digest": frozen.digest(folder), "practices": frozenset(Practice)}
    notice = Notice(**{**dict(link), **own})
    monkeypatch.setattr(versions, "FROZEN", (notice,))
    return notice


@pytest.fixture
def deployed(ours: Notice, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Return what sets the answer of the deployed service about the version; at first it is approved."""

    def answers(found: Any) -> None:
        def call(method: str, path: str) -> Any:
            assert (method, path) == ("GET", f"/notices/{ours.version}/approval")
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(InternalApi, "of", lambda *_: SimpleNamespace(call=call))

    monkeypatch.setattr(
        notice_checks, "Stacks", lambda _: SimpleNamespace(status=lambda _: "CREATE_COMPLETE")
    )
    answers({"approved": {"digest": ours.digest, "by": "boris"}})
    return answers


def found(**target: Any) -> list[str]:
    return [str(one) for one in notice_checks.notices(None, a_target(**target))]  # type: ignore[arg-type]


def test_approved_version_that_says_what_the_stage_does_is_in_order(
    ours: Notice, deployed: Callable[[Any], None]
) -> None:
    assert found(stage="production") == [f"ok       notices: approved and true: {ours.version}"]


@pytest.mark.parametrize(
    "answer", [{}, {"approved": {"digest": "0" * 64, "by": "boris"}}, CallRefused("403 forbidden")], ids=str
)
def test_version_that_is_not_approved_stops_production_and_warns_staging(
    deployed: Callable[[Any], None], answer: Any
) -> None:
    deployed(answer)
    (stops,), (warns,) = found(stage="production"), found()
    assert (stops.split()[0], warns.split()[0]) == ("refused", "warning")
    assert "approved" in stops


def test_notices_are_a_check_of_each_deployment() -> None:
    assert preflight._CHECKS["notices"] is notice_checks.notices


def test_new_stage_has_no_ledger_to_ask(ours: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_checks, "Stacks", lambda _: SimpleNamespace(status=lambda _: None))
    assert found(stage="production")[0].startswith("ok")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"periods": "invitation=P60D"}, "period/INVITATION: P30D -> P60D"),
        (
            {"contact_email": "other@ru4m.example"},
            "setting/contact: privacy@ru4m.example -> other@ru4m.example",
        ),
        ({"figures": "idle_after_months=18"}, "setting/idle: P24M -> P18M"),
        ({"figures": "backups_other_days=90"}, "setting/backups: P35D -> P90D"),
        ({"figures": "backups_keys_days=8"}, "setting/key_backups: P7D -> P8D"),
    ],
    ids=str,
)
def test_stage_that_does_more_than_its_version_says_is_refused(
    deployed: Callable[[Any], None], changed: dict[str, str], said: str
) -> None:
    (line,) = found(stage="production", **changed)
    assert (line.split()[0], said in line) == ("refused", True)


@pytest.mark.parametrize("ours", [NoticeKind.TERMS], indirect=True)
def test_stage_that_departs_from_its_terms_is_refused(ours: Notice, deployed: Callable[[Any], None]) -> None:
    assert found(stage="production")[0].startswith("ok")
    (line,) = found(stage="production", figures="idle_after_months=18")
    said = f"the stage departs from {ours.version}: setting/idle: P24M -> P18M"
    assert (line.split()[0], said in line) == ("refused", True)


def test_page_that_was_edited_after_it_was_frozen_is_refused_on_each_stage(
    ours: Notice, deployed: Callable[[Any], None]
) -> None:
    page = frozen.folder(ours.version) / "en.html"
    page.write_text(page.read_text().replace("never", "sometimes"))
    assert found()[0].startswith(f"refused  notices: the pages of {ours.version} were changed")


def test_version_that_another_one_replaced_is_not_compared(
    ours: Notice, deployed: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.now() - DAY
    newer = a_version(f"{today:%Y-%m-%d}", NoticeKind.PRIVACY)
    past = ours.model_copy(update={"effective_at": newer.effective_at - DAY})
    monkeypatch.setattr(versions, "FROZEN", (past, newer))
    assert found(stage="production", contact_email="other@ru4m.example")[0].startswith("ok")


OWN = list(versions.FROZEN)


@pytest.mark.parametrize("notice", OWN, ids=lambda one: one.version)
def test_committed_version_has_the_digest_that_is_declared(notice: Notice) -> None:
    assert frozen.digest(frozen.folder(notice.version)) == notice.digest


@pytest.mark.parametrize("notice", OWN, ids=lambda one: one.version)
def test_committed_version_is_declared_as_its_pages_state(notice: Notice) -> None:
    facts = stated_by(notice.version)
    assert notice.effective_at.date() == notice.version.day
    if notice.kind is NoticeKind.PRIVACY:
        assert {one.name for one in notice.practices} == facts.below("practice/").keys()
        assert notice.offers <= facts.below("for/").keys()
        assert str(notice.messages_kept) == facts["period/CHAT_MESSAGES"]


@pytest.mark.parametrize("kind", NoticeKind)
def test_newest_version_says_what_the_code_does_by_default(kind: NoticeKind) -> None:
    newest = max((one for one in OWN if one.kind is kind), key=lambda one: one.effective_at)
    contact = stated_by(newest.version)["setting/contact"]
    found = list(beyond(a_target(contact_email=contact), newest))
    assert not found, found
