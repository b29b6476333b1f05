"""The settings `[app]`: what is refused, what is passed on, and what the preflight warns of (ADR 82, 84)."""

from __future__ import annotations

import re

import pytest

from chalicelib.accounts.challenges.messages import code_text
from chalicelib.core.apps import Apps, of_stage
from chalicelib.core.languages import Language
from infra.build import ROOT, Package
from infra.deployment import app_links
from infra.deployment.preflight import stage_checks
from infra.deployment.rollout import deploy
from infra.deployment.target import DeploymentTarget, SettingRefused
from infra.packaging.groups import routes_by_group
from infra.packaging.split import logical_id
from tests.infra.fakes import REGION, FakeAccount, FakeCloudFormation
from tests.infra.templates import Template
from tests.infra.test_deploy import a_target, outputs_of, parameters
from tests.infra.test_deploy_command import severities
from tests.support.pages.reading import parts_of
from tests.support.world.contract import committed

FINGERPRINT = ":".join(["5F"] * 32)
APPS = {
    "app_domain": "ru4m.example",
    "app_apple_ids": "ABCDE12345.com.ru4m.app,ABCDE12345.com.ru4m.beta",
    "app_android_package": "com.ru4m.app",
    "app_android_certificates": f"{FINGERPRINT},{FINGERPRINT}",
    "app_android_hash": "FA+9qCX9VSu",
    "app_minimum_ios": "1.4.0",
    "app_minimum_android": "2",
}
CODE_SENDERS = {"profiles", "rights", "sessions", "signup"}


def test_settings_are_passed_to_the_stack(package: Package) -> None:
    account = FakeAccount(REGION, formation=FakeCloudFormation(outputs=outputs_of))
    for given in ({}, APPS):
        deploy(account, package, a_target(**given), report=lambda _: None)
        passed = parameters(account.formation.asked[-1])
        assert {name: passed[logical_id(name)] for name in APPS} == {
            name: given.get(name, "") for name in APPS
        }


def test_template_takes_what_the_settings_take(service: Template) -> None:
    a_target(**APPS)
    for name, value in APPS.items():
        parameter = service["Parameters"][logical_id(name)]
        most = app_links.FORMS[name.removeprefix("app_")].most
        assert re.fullmatch(parameter["AllowedPattern"], value)
        assert re.fullmatch(parameter["AllowedPattern"], "")
        assert parameter.get("MaxLength", most) == most


def test_functions_read_the_apps_of_the_stage(functions: dict[str, Template]) -> None:
    for name in ("DOMAIN", "ANDROID_HASH"):
        variable = f"RU4M_APP_{name}"
        assert {
            f for f, one in functions.items() if variable in one["Environment"]["Variables"]
        } == CODE_SENDERS
    for name in ("APPLE_IDS", "ANDROID_PACKAGE", "ANDROID_CERTIFICATES"):
        variable = f"RU4M_APP_{name}"
        assert [f for f, one in functions.items() if variable in one["Environment"]["Variables"]] == ["about"]
    paths = committed()["paths"]
    refusing = {
        group
        for group, routes in routes_by_group(ROOT).items()
        if any(
            "426" in paths.get(path, {}).get(method.lower(), {}).get("responses", {})
            for path, method in routes
        )
    }
    for name in ("MINIMUM_IOS", "MINIMUM_ANDROID"):
        variable = f"RU4M_APP_{name}"
        assert {f for f, one in functions.items() if variable in one["Environment"]["Variables"]} == refusing
    given = {
        variable: APPS[f"app_{variable.removeprefix('RU4M_APP_').lower()}"]
        for function in ("about", "signup", "chat")
        for variable in functions[function]["Environment"]["Variables"]
        if variable.startswith("RU4M_APP_")
    }
    assert of_stage(given) == a_target(**APPS).apps


MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "address in place of a host": ({"app_domain": "https://ru4m.example"}, "app.domain"),
    "capitals": ({"app_domain": "RU4M.example"}, "app.domain"),
    "other host": ({"app_domain": "ru4n.example"}, "app.domain is refused: it has to be api.ru4m.example"),
    "half of a label": ({"app_domain": "u4m.example"}, "app.domain"),
    "second line": ({"app_domain": "ru4m.example\n@x.example"}, "app.domain"),
    "id without a team": ({"app_apple_ids": "com.ru4m.app"}, "app.apple_ids"),
    "one bad id of two": ({"app_apple_ids": "ABCDE12345.com.ru4m.app,x"}, "app.apple_ids"),
    "many ids": ({"app_apple_ids": ",".join(["ABCDE12345.com.ru4m.app"] * 9)}, "more than 160 characters"),
    "package without a dot": ({"app_android_package": "ru4m"}, "app.android_package"),
    "package alone": ({"app_android_certificates": ""}, "app.android_package need each other"),
    "certificates alone": ({"app_android_package": ""}, "app.android_package need each other"),
    "small letters": ({"app_android_certificates": FINGERPRINT.lower()}, "app.android_certificates"),
    "SHA-1": ({"app_android_certificates": FINGERPRINT[:59]}, "app.android_certificates"),
    "ten characters": ({"app_android_hash": "FA+9qCX9VS"}, "app.android_hash"),
    "version of four numbers": ({"app_minimum_ios": "1.4.0.1"}, "app.minimum_ios"),
    "version with a name": ({"app_minimum_android": "2-beta"}, "app.minimum_android"),
    "base64 for addresses": ({"app_android_hash": "FA-9qCX9VSu"}, "app.android_hash"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_malformed_setting_is_refused_in_one_line(mistake: str) -> None:
    changes, said = MISTAKES[mistake]
    with pytest.raises(SettingRefused, match=re.escape(said)) as refused:
        a_target(**APPS | changes)
    assert "\n" not in str(refused.value)


def target_with(domain: str, android_hash: str = APPS["app_android_hash"]) -> DeploymentTarget:
    return a_target(issuer=f"https://{domain}", app_domain=domain, app_android_hash=android_hash)


def test_host_with_which_a_text_would_have_two_parts_is_refused() -> None:
    """As long as the host of production; without the hash there is room for twelve more characters."""
    assert target_with("api.ru4m.com").apps.domain == "api.ru4m.com"
    with pytest.raises(SettingRefused, match=r"app\.domain is refused: a text .* has 71 characters"):
        target_with("api.ru4m.comm")
    assert target_with("a" * 19 + ".ru4m", "").apps.android_hash == ""
    with pytest.raises(SettingRefused, match=r"app\.domain is refused: a text .* has 71 characters"):
        target_with("a" * 20 + ".ru4m", "")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("apps", [("api.ru4m.com", "FA+9qCX9VSu"), ("a" * 19 + ".ru4m", ""), ("", "+" * 11)])
def test_longest_texts_that_settings_permit_have_one_part(apps: tuple[str, str], language: Language) -> None:
    text = code_text("888888", language, Apps(*apps))
    assert parts_of(text) == 1
    assert len(text.encode()) <= 140


def test_preflight_warns_production_of_each_missing_setting() -> None:
    account = FakeAccount(REGION)
    found = list(stage_checks.apps(account, a_target(stage="production")))
    wanted = [f"app.{name}" for name in app_links.FORMS if not name.startswith("minimum_")]
    assert [one.text.partition(" ")[0] for one in found] == wanted
    assert severities(iter(found)) == ["warning"] * len(wanted)
    assert severities(stage_checks.apps(account, a_target(stage="production", **APPS))) == ["ok"]
    assert severities(stage_checks.apps(account, a_target())) == ["ok"]
