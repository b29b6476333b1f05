"""The pages of a version, rendered from facts, and their freezing (ADR 90)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from chalicelib.consents.notices import frozen, versions
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.markup import Html, tag
from chalicelib.core.phrases import in_language, in_script
from chalicelib.core.settings import Settings
from chalicelib.privacy.clauses import page, policy, terms
from chalicelib.privacy.clauses.binding import Untrue, phrasebook
from chalicelib.privacy.clauses.clause import Chapter, Clause
from chalicelib.privacy.facts import Facts
from infra.ops.refused import CommandRefused
from infra.policy.facts import stated_by

_CHAPTERS: Mapping[NoticeKind, Callable[[Facts], tuple[Chapter, ...]]] = {
    NoticeKind.PRIVACY: policy.chapters,
    NoticeKind.TERMS: terms.chapters,
}
_TITLES = {NoticeKind.PRIVACY: page.POLICY, NoticeKind.TERMS: page.TERMS}
_FIRST = {
    NoticeKind.PRIVACY: {
        "en": "The whole text is new. It states what the service does, and names each kind of data, each "
        "purpose, each period and each recipient.",
        "sr": "Ceo tekst je nov. On navodi šta usluga radi, svaku vrstu podataka, svaku svrhu, svaki rok i "
        "svakog primaoca.",
    },
    NoticeKind.TERMS: {
        "en": "The whole text is new. It has rules of conduct, and says how messages travel and how the "
        "contract ends.",
        "sr": "Ceo tekst je nov. On sadrži pravila ponašanja i navodi kojim putem idu poruke i kako ugovor "
        "prestaje.",
    },
}
_VERSION = {
    "en": "Version {version}, which takes effect on {day}",
    "sr": "Verzija {version}, koja stupa na snagu {day}.",
}
_DRAFT = {"en": "Draft", "sr": "Nacrt"}
_NAMES = {Language.ENGLISH: "English", Language.SERBIAN_LATIN: "srpski", Language.SERBIAN_CYRILLIC: "српски"}
_NEW = {"en": "New: {}", "sr": "Novo: {}"}
_CHANGED = {"en": "Changed: {}", "sr": "Izmenjeno: {}"}
_GONE = {"en": "No longer in it: {}", "sr": "Više ne sadrži: {}"}

Said = Mapping[str, str]  # what each clause says, by its id


def files_of(
    kind: NoticeKind, facts: Facts, before: Mapping[str, Said] | None, version: NoticeVersion | None = None
) -> dict[str, str]:
    """Render the files of a version: facts, clauses, changes, and a page for each language.

    Args:
        kind: terms or privacy policy.
        facts: of the stage; the terms state only some of them.
        before: the clauses of the version before, by language; None if that has no frozen pages.
        version: None for a draft.

    Raises:
        Untrue: a clause states what the facts do not say.
    """
    chapters = _CHAPTERS[kind](facts)
    stated = facts
    clauses = [clause for chapter in chapters for clause in chapter.clauses]
    if kind is NoticeKind.TERMS:
        bound = {key for clause in clauses for key in clause.keys(facts)}
        stated = Facts({key: facts[key] for key in bound & facts.keys()})
    said = {language: dict(_said(clauses, facts, language)) for language in Language}
    begun = {clause.id for clause in clauses if clause.where and clause.where.key.startswith("practice/")}
    changed = {
        one: _changes(before[one], said[one], one) if before else _first(kind, begun, said[one], one)
        for one in Language
    }
    pages = {
        frozen.page_name(one): page.of(chapters, facts, one, _TITLES[kind], *_lead(kind, version, one))
        for one in Language
    }
    data = {frozen.FACTS: stated, frozen.CLAUSES: said, frozen.CHANGES: changed}
    return pages | {name: json.dumps(of, indent=1, ensure_ascii=False) + "\n" for name, of in data.items()}


def bindings(facts: Facts) -> Iterator[tuple[str, int, int]]:
    """Yield each kind of fact, how many of it a clause of the policy binds, and how many there are."""
    clauses = (clause for chapter in policy.chapters(facts) for clause in chapter.clauses)
    bound = {key for clause in clauses for key in clause.keys(facts)}
    kinds = Counter(key.split("/")[0] for key in facts)
    named = Counter(key.split("/")[0] for key in bound & facts.keys())
    yield from ((kind, named[kind], number) for kind, number in kinds.items())


def _lead(kind: NoticeKind, version: NoticeVersion | None, language: Language) -> Iterator[Html]:
    """The version and its day, the other languages, and the other document."""
    if version and version.day:
        day = in_script(day_in_words(version.day, language), language)
        yield tag("p", in_language(_VERSION, language).format(version=version, day=day), class_="quiet")
    else:
        yield tag("p", in_language(_DRAFT, language), class_="quiet")
    others = [one for one in Language if one is not language]
    links = [tag("a", _NAMES[one], href=f"?language={one}", lang=one, hreflang=one) for one in others]
    (other,) = (one for one in NoticeKind if one is not kind)
    links.append(
        tag("a", in_language(_TITLES[other], language), href=f"{frozen.PAGES[other]}?language={language}")
    )
    yield tag("p", Html(" · ").join(links))


def _said(clauses: Iterable[Clause], facts: Facts, language: Language) -> Iterator[tuple[str, str]]:
    for clause in clauses:
        if said := clause.said(facts, language):
            heading = clause.heading.said(facts, phrasebook(language)) if clause.heading else ""
            yield clause.id, f"{heading.rstrip('.')}. {said}" if heading else said


def _first(kind: NoticeKind, begun: Collection[str], said: Said, language: Language) -> str:
    """What a first version changes: the whole text, and the practices that it begins."""
    return "\n".join([in_language(_FIRST[kind], language), *(said[name] for name in said if name in begun)])


def _changes(before: Said, after: Said, language: Language) -> str:
    named = [(_NEW, text) for one, text in after.items() if one not in before]
    named += [(_CHANGED, text) for one, text in after.items() if before.get(one, text) != text]
    named += [(_GONE, text) for one, text in before.items() if one not in after]
    return "\n".join(in_language(kind, language).format(text) for kind, text in named)


def freeze(version: NoticeVersion, facts: Facts) -> Path:
    """Write the folder of a version, with its changes since the version before.

    Raises:
        CommandRefused: the version would take effect before the notice period has passed (NOT-1).
        Untrue: a clause states what the facts do not say.
    """
    effective_on, earliest = version.day, (clock.now() + Settings.notice_period).date() + timedelta(days=1)
    if effective_on is None or effective_on < earliest:
        raise CommandRefused(f"{version} cannot be announced in time: name a day from {earliest} on")
    files = files_of(version.kind, facts, _before(version, effective_on), version)
    folder = frozen.folder(version)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def edited(version: NoticeVersion) -> list[str]:
    """The files of a version that its facts do not render: a person edited them, or the code has other words.

    Raises:
        CommandRefused: a clause states what the facts of the version do not say.
    """
    found = {path.name: path.read_text(encoding="utf-8") for path in frozen.folder(version).iterdir()}
    try:
        before = _before(version, version.day or date.max)
        files = files_of(version.kind, stated_by(version), before, version)
    except Untrue as untrue:
        raise CommandRefused(f"{version} is not true: {untrue}") from None
    return sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))


def _before(version: NoticeVersion, effective_on: date) -> Mapping[str, Said] | None:
    """The clauses of the newest version before, by language; None if that is a link."""
    earlier = (one for one in versions.committed() if one.kind is version.kind and one.version != version)
    known = [one for one in earlier if one.effective_at.date() < effective_on]
    newest = max(known, key=lambda one: one.effective_at)
    if not newest.digest:
        return None
    found: Mapping[str, Said] = json.loads(
        (frozen.folder(newest.version) / frozen.CLAUSES).read_text("utf-8")
    )
    return found
