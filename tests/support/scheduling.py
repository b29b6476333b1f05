"""Which tests run in one process, where several share the work."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

# Files of tests/e2e whose tests start a cloud of their own. All others share one, so that there is one.
OWN_CLOUD = ("announcing", "key_rotation", "lifecycle", "rotation_under_traffic", "tour")


def group_of(nodeid: str) -> str:
    """The tests with the same group run in one process, one after the other."""
    file = nodeid.split("::", maxsplit=1)[0]
    if not file.startswith("tests/e2e/"):
        return nodeid.split("[", maxsplit=1)[0]  # a test, with all its parameters
    return file if file.removeprefix("tests/e2e/test_").removesuffix(".py") in OWN_CLOUD else "cloud"


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Starts the largest groups first, so that none is left alone at the end.

    xdist's own groups (`--dist loadgroup`) have no effect under pytest 9.2: they change a name of the test
    that pytest no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def scheduling(config: Any, log: Any) -> GroupScheduling | None:
    """The scheduling of this project, unless another one was asked for."""
    return GroupScheduling(config, log) if config.option.dist == "load" else None
