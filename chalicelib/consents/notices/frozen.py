"""The frozen pages of versions: one for each language, with the facts that they state (ADR 90).

`python -m infra.policy` writes the folder of a version once. From then on it is only read: its digest is
declared with the version, two people approve it, and a test compares it.
"""

import json
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings

FACTS, CLAUSES, CHANGES = "facts.json", "clauses.json", "changes.json"
_FOLDERS = Path(__file__).with_name("texts")
PAGES = {NoticeKind.TERMS: "/terms", NoticeKind.PRIVACY: "/privacy/policy"}


def folder(version: NoticeVersion) -> Path:
    """The folder of a version; those without frozen pages have none."""
    return _FOLDERS / version


def digest(of: Path) -> str:
    """The SHA-256 of a folder, in hexadecimal: of the names and the contents of its files."""
    contents = (f"{path.name} {sha256(path.read_bytes()).hexdigest()}\n" for path in sorted(of.iterdir()))
    return sha256("".join(contents).encode()).hexdigest()


def page_name(language: Language) -> str:
    """The name of the page in a language."""
    return f"{language.value}.html"


@cache
def page(version: NoticeVersion, language: Language) -> str:
    """The page of a version with frozen pages."""
    return (folder(version) / page_name(language)).read_text(encoding="utf-8")


def url_of(notice: Notice) -> str:
    """The address of the page of a version."""
    return notice.url or f"{settings().issuer}{PAGES[notice.kind]}/{notice.version}"


def changes_of(notice: Notice, language: Language) -> str:
    """What a version changes; in the language of its author if it has no frozen pages."""
    return notice.changes or _changes(notice.version)[language]


def in_language(notices: Iterable[Notice], language: Language) -> tuple[Notice, ...]:
    """Versions with their addresses and their changes."""
    return tuple(
        notice.model_copy(update={"url": url_of(notice), "changes": changes_of(notice, language)})
        for notice in notices
    )


@cache
def _changes(version: NoticeVersion) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder(version) / CHANGES).read_text(encoding="utf-8"))
    return found
