"""Runs the JavaScript of pages of docs as it stands, and checks its types.

All blocks ```js of the pages become one module with as many lines as the pages, so that an error has its
place on a page. A block may use the names of the blocks before it, and declare them anew. prelude.mjs has the
names that a phone has from the beginning.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from infra import environments
from infra.client import generate

ROOT = Path(__file__).parents[2]
_STREAM = ROOT / "infra" / "local" / "js"
_PRELUDE = Path(__file__).with_name("prelude.mjs")
_NAMES = "baseUrl, storage, phone, friendPhone, askForCode, cropped, show, ask"
_IMPORT = re.compile(r"^import\s[^;]*?from\s+'[^']+';?$", re.MULTILINE)
_OPTIONS = {
    "strict": True, "allowJs": True, "checkJs": True, "noEmit": True, "skipLibCheck": True, "types": [],
    "target": "es2022", "module": "nodenext", "lib": ["es2022", "dom", "dom.iterable"],
}  # fmt: skip
_SECONDS = 300


class SnippetFailed(AssertionError):
    """A snippet has an error; the text names its page and line."""


# Pages in Markdown by their names, in the order in which a reader reads them.
Pages = Mapping[str, str]


def module(pages: Pages) -> str:
    """Return the module of the pages' snippets, with the lines of the pages."""
    lines, inside, opened = list[str](), False, 0
    for line in chain.from_iterable(text.splitlines() for text in pages.values()):
        if line == "```js":
            lines, inside, opened = [*lines, "{"], True, opened + 1
        elif line == "```":
            lines, inside = [*lines, ""], False
        else:
            lines.append(line if inside else "")
    text = "\n".join(lines)
    imports = dict.fromkeys(_IMPORT.findall(text))
    text = _IMPORT.sub(lambda found: "\n" * found[0].count("\n"), text)
    first = " ".join([f"import {{ {_NAMES} }} from './prelude.mjs';", *imports]).replace("\n", " ")
    return f"{first}{text}\n{'}' * opened}\n/** @type {{any}} */ (globalThis).process.exit();\n"


def _place(pages: Pages, line: int) -> str:
    for name, text in pages.items():
        if line <= (lines := len(text.splitlines())):
            return f"{name}:{line}"
        line -= lines
    return "after the last page"


def check(pages: Pages) -> None:
    """Check the types of the pages' snippets.

    Raises:
        SnippetFailed: one has a wrong type.
    """
    with _written(pages) as folder:
        (folder / "tsconfig.json").write_text(
            json.dumps({"compilerOptions": _OPTIONS, "files": ["page.mjs"]})
        )
        try:
            generate.node("typescript/bin/tsc", "--project", folder)
        except RuntimeError as error:
            found = re.sub(r"\S*page\.mjs\((\d+),\d+\)", lambda at: _place(pages, int(at[1])), str(error))
            raise SnippetFailed(found) from None


def run(pages: Pages, given: Mapping[str, str]) -> str:
    """Run the pages' snippets on a phone, and return what they show.

    Args:
        pages: the pages.
        given: `baseUrl`, `phone`, `friendPhone`, and `aws`, the address of the emulator with the messages.

    Raises:
        SnippetFailed: one threw an error, or did not end.
    """
    with _written(pages) as folder:
        try:
            done = subprocess.run(
                ["node", folder / "page.mjs"],
                env=os.environ | {"GIVEN": json.dumps(given)},
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SnippetFailed(f"the snippets did not end: {error.stdout!r}") from None
    if done.returncode:
        lines = re.findall(r"page\.mjs:(\d+)", done.stderr)
        place = _place(pages, int(lines[0])) if lines else "in the background"
        raise SnippetFailed(f"{place}: {done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def _written(pages: Pages) -> Iterator[Path]:
    """Write the module beside what it imports."""
    packages = {
        "ru4m-client": generate.HERE,
        "stream-chat": environments.node_packages(_STREAM) / "stream-chat",
    }
    environments.node_packages(generate.HERE)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.mjs").write_text(module(pages))
        (folder / _PRELUDE.name).write_text(_PRELUDE.read_text())
        (folder / "node_modules").mkdir()
        for package, place in packages.items():
            (folder / "node_modules" / package).symlink_to(place)
        yield folder
