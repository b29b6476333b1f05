"""A plugin of pytest: a refused call fails its test, and a pattern that no call uses fails the whole suite.

Unused patterns are judged only where the whole suite passed, by the process to which the others report.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from tests.support.roles import judge

_WHOLE = frozenset({"", "not proof"})  # the marks that `make shuffled` and `make test` select
_UNUSED = pytest.StashKey[list[judge.Pattern]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Fail a test that swallowed the failure of a refused call."""
    try:
        yield
    finally:
        refused = judge.take_refused()
    if refused:
        pytest.fail("\n".join(refused))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what the tests of a worker used."""
    judge.used().update(map(tuple, getattr(node, "workeroutput", {}).get("used_patterns", ())))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Report what was used to the controlling process; there, judge what was not."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["used_patterns"] = sorted(judge.used())
    elif exitstatus == pytest.ExitCode.OK and is_whole(config):
        config.stash[_UNUSED] = judge.unused()
        if config.stash[_UNUSED]:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def is_whole(config: pytest.Config) -> bool:
    """Return whether a run executes all tests but those of the proof, or all."""
    option = config.option
    partial = option.keyword or option.deselect or option.collectonly or getattr(option, "lf", False)
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    return option.markexpr in _WHOLE and not partial and not named


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the unused patterns."""
    if unused := config.stash.get(_UNUSED, []):
        terminalreporter.section("patterns of policies that no call used", red=True)
        for function, statement, pattern in unused:
            terminalreporter.line(f"policy-{function}.json, {statement}: {pattern}", red=True)
