"""Decides which tests run in the same process, if several processes share the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from xdist.scheduler import LoadScopeScheduling

# Files of tests/e2e whose tests start a cloud of their own. All other files share one cloud.
OWN_CLOUD = (
    "abuse",
    "alarms",
    "announcing",
    "key_rotation",
    "lifecycle",
    "restores",
    "rotation_under_traffic",
    "tour",
)

# Files whose tests share one long measurement, which each process would make anew.
ONE_MEASUREMENT = ("tests/budget/test_imports.py",)


def group_of(nodeid: str) -> str:
    """Return the group of a test; tests of a group run in one process, one after the other."""
    file = nodeid.split("::", maxsplit=1)[0]
    if not file.startswith("tests/e2e/"):
        return file if file in ONE_MEASUREMENT else nodeid
    return file if file.removeprefix("tests/e2e/test_").removesuffix(".py") in OWN_CLOUD else "cloud"


def with_numbers(nodeids: Sequence[str]) -> list[str]:
    """Append numbers to names that several tests have."""
    seen: Counter[str] = Counter()
    names = []
    for nodeid in nodeids:
        seen[nodeid] += 1
        names.append(nodeid if seen[nodeid] == 1 else f"{nodeid}#{seen[nodeid]}")
    return names


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Starts the largest groups first, so that none runs alone at the end.

    With pytest 9.2, names that plugins change have no effect. So xdist's own groups (`--dist loadgroup`) do
    not work, and all routes of a schemathesis test have one name, of which xdist would run only the first.
    """

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        super().add_node_collection(node, with_numbers(collection))

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def scheduling(config: Any, log: Any) -> GroupScheduling | None:
    """Return the scheduling of this project, unless an option requests another one."""
    return GroupScheduling(config, log) if config.option.dist == "load" else None
