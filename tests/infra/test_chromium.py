"""Tests finding a browser, and installing one on a CI machine."""

import os
from pathlib import Path

import pytest

from infra.local import chromium
from infra.local.chromium import ChromiumFailed, NoChromium


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the only one in PATH, on a machine whose user is root."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def a_program(path: Path, script: str = "exit 0") -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_browser_on_the_path_is_used(machine: Path, name: str) -> None:
    program = a_program(machine / name)
    assert chromium.found() == program


def test_variable_names_another_browser(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_program(machine / "chromium")
    monkeypatch.setenv("CHROMIUM", mine := a_program(machine / "mine"))
    assert chromium.found() == mine


def test_missing_browser_that_the_variable_names_is_an_error(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_program(machine / "chromium")
    a_program(machine / "apt-get")
    monkeypatch.setenv("CHROMIUM", str(machine / "gone"))
    with pytest.raises(NoChromium, match="set CHROMIUM"):
        chromium.find_or_install()


def test_root_on_a_bare_debian_installs_the_package(machine: Path) -> None:
    calls = machine / "calls"
    program = machine / "chromium"
    a_program(
        machine / "apt-get",
        f'echo "$@" >> {calls}; case "$*" in *install*) : > {program}; /bin/chmod +x {program};; esac',
    )
    assert chromium.find_or_install() == str(program)
    steps = calls.read_text()
    assert steps.index("update") < steps.index("install -y --no-install-recommends chromium")


def test_error_states_what_to_install_if_packages_cannot_be_reached(machine: Path) -> None:
    a_program(machine / "apt-get", "exit 100")
    with pytest.raises(NoChromium, match=r"apt-get update failed .* apt-get install chromium"):
        chromium.find_or_install()


def test_error_states_what_to_install_if_the_user_is_not_root(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_program(machine / "apt-get", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoChromium, match=r"^no Chromium was found"):
        chromium.find_or_install()


def test_error_of_a_browser_that_does_not_start_is_shown_without_a_wait(machine: Path) -> None:
    a_program(machine / "chromium", "echo no usable sandbox >&2")
    with pytest.raises(ChromiumFailed, match=r"did not start .*: no usable sandbox"), chromium.browser():
        pass
