"""Decides which tests run in the same process, if several processes share the work."""

from __future__ import annotations

import re
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

# Files whose tests share a long measurement or a browser, which each process would make anew.
ONE_PROCESS = (
    "tests/api/test_site_pages.py",
    "tests/budget/test_imports.py",
    "tests/infra/test_certificate_page.py",
    "tests/infra/test_export_page.py",
    "tests/infra/test_handlers.py",
    "tests/infra/test_mutants.py",
    "tests/infra/test_receipt_links.py",
    "tests/infra/test_reference_page.py",
    "tests/infra/test_year_page.py",
)


# Its tests of a flow compare with the flow's undisturbed play, which each process would play anew.
CRASHES = "tests/faults/test_every_crash.py"
_FLOW = re.compile(r"\[[a-z_]+")


def group_of(nodeid: str) -> str:
    """Return the group of a test; tests of a group run in one process, one after the other."""
    file = nodeid.split("::", maxsplit=1)[0]
    if file == CRASHES and (flow := _FLOW.search(nodeid)):
        return f"{file}{flow[0]}"
    if not file.startswith("tests/e2e/"):
        return file if file in ONE_PROCESS else nodeid
    return file if file.removeprefix("tests/e2e/test_").removesuffix(".py") in OWN_CLOUD else "cloud"


def with_numbers(nodeids: Sequence[str]) -> list[str]:
    """Append numbers to names that several tests have."""
    seen: Counter[str] = Counter()
    names = []
    for nodeid in nodeids:
        seen[nodeid] += 1
        names.append(nodeid if seen[nodeid] == 1 else f"{nodeid}#{seen[nodeid]}")
    return names


class _Places(list[str]):
    """Names with their places, which xdist looks up for each test."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self._places = {name: place for place, name in enumerate(names)}

    def index(self, name: str, *_: Any) -> int:
        return self._places[name]


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Starts the largest groups first, so that none runs alone at the end.

    With pytest 9.2, names that plugins change have no effect. So xdist's own groups (`--dist loadgroup`) do
    not work, and all routes of a schemathesis test have one name, of which xdist would run only the first.
    """

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        super().add_node_collection(node, with_numbers(collection))
        if node in self.registered_collections:
            self.registered_collections[node] = _Places(self.registered_collections[node])

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Forget a group when it is complete; xdist would go through all groups of a node at each test."""
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][scope].values()):
            del self.assigned_work[node][scope]

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def scheduling(config: Any, log: Any) -> GroupScheduling | None:
    """Return the scheduling of this project, unless an option requests another one."""
    return GroupScheduling(config, log) if config.option.dist == "load" else None
