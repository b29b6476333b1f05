"""Tests that an environment is whole, whatever happened to earlier installations."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from infra import environments

# An installation whose second command kills it.
_INSTALLATION = """
import sys
from pathlib import Path
from infra import environments

home, pins = map(Path, sys.argv[1:])
environments.HOME = pins.with_name("home")
environments.installed(home, pins, create=("mkdir", str(home)), fill=("sh", "-c", "kill -9 $PPID"))
"""


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environments, "HOME", tmp_path / "home")
    file = tmp_path / "pins.txt"
    file.write_text("one==1\n")
    return file


def install(*pins: Path, failing: bool = False) -> list[str]:
    """Install into a folder whose commands write a line each; return the lines that it has."""
    home = pins[0].parent / "environment"
    environments.installed(
        home,
        *pins,
        create=("sh", "-c", f"rm -rf {home}; mkdir {home}; echo created > {home}/lines"),
        fill=("sh", "-c", f"echo filled >> {home}/lines; {'false' if failing else 'true'}"),
    )
    return (home / "lines").read_text().split()


def test_whole_environment_is_not_installed_again(pins: Path) -> None:
    assert install(pins) == ["created", "filled"]
    assert install(pins) == ["created", "filled"]


def test_changed_pins_are_installed_over_the_old_ones(pins: Path) -> None:
    install(pins)
    pins.write_text("one==2\n")
    assert install(pins) == ["created", "filled", "filled"]


def test_pins_of_more_packages_are_enough(pins: Path) -> None:
    fewer = pins.with_name("fewer.txt")
    fewer.write_text("")
    install(pins)
    assert install(fewer, pins) == ["created", "filled"]
    assert install(fewer) == ["created", "filled", "filled"]


def test_killed_installation_of_more_packages_does_not_count_for_fewer(pins: Path) -> None:
    more = pins.with_name("more.txt")
    more.write_text("two==1")
    install(pins)
    with pytest.raises(subprocess.CalledProcessError):
        install(more, failing=True)
    assert install(pins, more) == ["created", "filled"]


def test_failed_installation_begins_again_from_an_empty_folder(pins: Path) -> None:
    install(pins)
    pins.write_text("one==2\n")
    with pytest.raises(subprocess.CalledProcessError):
        install(pins, failing=True)
    assert install(pins) == ["created", "filled"]


def test_killed_installation_begins_again_from_an_empty_folder(pins: Path) -> None:
    home = pins.parent / "environment"
    killed = subprocess.run(
        [sys.executable, "-c", _INSTALLATION, home, pins], check=False, cwd=environments.ROOT
    )
    assert killed.returncode == -signal.SIGKILL
    assert home.exists()
    assert install(pins) == ["created", "filled"]


def test_two_commands_at_once_install_once(pins: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert [*pool.map(install, [pins, pins])] == [["created", "filled"]] * 2


def test_installation_prints_its_seconds_once(pins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(pins)
    install(pins)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(" s  install environment")


def test_local_cloud_imports_only_what_make_run_installs() -> None:
    program = (
        "import json, sys; import infra.local.__main__, infra.stream_emulator.__main__;"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=environments.ROOT, capture_output=True, text=True, check=True
    )
    known = packages_distributions()
    needed = {canonicalize_name(name) for module in json.loads(done.stdout) for name in known.get(module, ())}
    pins = (environments.ROOT / "requirements-run.txt").read_text().splitlines()
    installed = {canonicalize_name(line.partition("==")[0]) for line in pins if "==" in line}
    assert needed
    assert needed - installed == set()
