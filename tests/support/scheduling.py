"""Decides which tests run in the same process, if several processes share the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from xdist.scheduler import LoadScopeScheduling

# Files of tests/e2e whose tests start a cloud of their own. All others share one cloud, so only one starts.
OWN_CLOUD = ("announcing", "key_rotation", "lifecycle", "rotation_under_traffic", "tour")


def group_of(nodeid: str) -> str:
    """Return the group of a test; tests of a group run in one process, one after the other."""
    file = nodeid.split("::", maxsplit=1)[0]
    if not file.startswith("tests/e2e/"):
        return nodeid
    return file if file.removeprefix("tests/e2e/test_").removesuffix(".py") in OWN_CLOUD else "cloud"


def numbered(nodeids: Sequence[str]) -> list[str]:
    """Number the names that several tests have."""
    seen: Counter[str] = Counter()
    names = []
    for nodeid in nodeids:
        seen[nodeid] += 1
        names.append(nodeid if seen[nodeid] == 1 else f"{nodeid}#{seen[nodeid]}")
    return names


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Starts the largest groups first, so that none runs alone at the end.

    pytest 9.2 no longer reads the name that plugins change. So xdist's own groups (`--dist loadgroup`) have
    no effect, and all routes of a schemathesis test have one name, so xdist would run only the first route.
    """

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        super().add_node_collection(node, numbered(collection))

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def scheduling(config: Any, log: Any) -> GroupScheduling | None:
    """Return the scheduling of this project, unless an option requests another one."""
    return GroupScheduling(config, log) if config.option.dist == "load" else None
