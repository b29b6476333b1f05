"""What the roles of deployed functions may do, found out by trying it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class TriedRoles(Mapping[str, dict[str, Any]]):
    """The result of a probe under the role of each function.

    A role is tried when its result is first read, so a test of one role that runs alone tries only that one.
    """

    def __init__(
        self, functions: Any, names: tuple[str, ...], probe: Path, event: Mapping[str, object]
    ) -> None:
        self._functions, self._names, self._event = functions, names, json.dumps(event)
        self._found: dict[str, dict[str, Any]] = {}
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.write(probe, probe.name)
        self._code, self._handler = code.getvalue(), f"{probe.stem}.handler"

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in self._found:
            self._found[name] = self._try_role_of(name)
        return self._found[name]

    def _try_role_of(self, name: str) -> dict[str, Any]:
        deployed = self._functions.get_function_configuration(FunctionName=f"ru4m-local-{name}")
        self._functions.create_function(
            FunctionName=f"probe-{name}",
            Runtime=deployed["Runtime"],
            Role=deployed["Role"],
            Handler=self._handler,
            Code={"ZipFile": self._code},
            Timeout=29,
        )
        try:
            answer = self._functions.invoke(FunctionName=f"probe-{name}", Payload=self._event)
            found: dict[str, Any] = json.load(answer["Payload"])
        finally:
            self._functions.delete_function(FunctionName=f"probe-{name}")
        return found
