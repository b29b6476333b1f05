"""What the pages state of our processing: clauses over the facts of the privacy policy in effect (ADR 85).

A version without frozen facts, as that of 2024, is stated by the declarations and the practices that it
describes. The waits of requests are settings and no facts of a policy; they are added as `wait/<name>`. A
clause that states what the facts do not say raises `Untrue`: a test builds each page over the facts of each
version.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from chalicelib.accounts.profiles.model import MAILBOX_SETTLES
from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.durations import Duration, Unit
from chalicelib.core.markup import Html, tag
from chalicelib.core.phrases import in_language
from chalicelib.core.settings import settings
from chalicelib.privacy.clauses.clause import Chapter, Clause, citation
from chalicelib.privacy.facts import Facts
from chalicelib.rights.request.deadline import LONGEST, LONGEST_EXTENSION
from chalicelib.site.layout import Reader, paragraphs, section

_STREAM_EXPORTS_KEPT = 60 * DAY  # as certificates of erasures state it; a test compares both


def facts(more: Mapping[str, str] | None = None) -> Facts:
    """Return the facts that the policy in effect states, the waits of requests, and facts of a page."""
    waits = {f"wait/{name}": str(length) for name, length in _waits()}
    return Facts({**_of_policy(), **waits, **(more or {})})


def said(reader: Reader, clauses: Iterable[Clause], over: Facts) -> Html:
    """Say clauses as paragraphs, and below them in one line the law that they state."""
    clauses = tuple(clauses)
    law = citation((article for one in clauses for article in one.law), reader.language)
    cited = [tag("p", law, class_="quiet")] if law else []
    return Html().join([paragraphs(*(one.said(over, reader.language) for one in clauses)), *cited])


def sections(reader: Reader, chapters: Iterable[Chapter], over: Facts) -> Iterator[Html]:
    """Say chapters, each under its heading."""
    for chapter in chapters:
        heading = in_language(chapter.words, reader.language)
        yield section(heading, said(reader, chapter.clauses, over), id=chapter.id)


def _of_policy() -> Mapping[str, str]:
    # A page without facts loads neither the versions nor the declarations.
    from chalicelib.consents.notices import frozen, versions
    from chalicelib.consents.notices.model import NoticeKind

    policy = versions.in_effect(NoticeKind.PRIVACY, clock.now(), versions.every())
    if policy.digest:
        found: dict[str, str] = json.loads((frozen.folder(policy.version) / frozen.FACTS).read_text("utf-8"))
        return found
    from chalicelib.privacy import accountability
    from chalicelib.privacy.facts import declared

    arranged = accountability.of_stage(settings().environment)
    return declared(settings(), arranged, practices=policy.practices, rights={}, promises=(), answer=LONGEST)


def _waits() -> Iterator[tuple[str, Duration]]:
    erasure, choices, periods = settings().erasure, settings().choices, settings().periods
    yield "grace", _length(erasure.grace_hours * HOUR)
    yield "waived_grace", _length(erasure.waived_grace_hours * HOUR)
    yield "recovery", _length(erasure.recovery_hours * HOUR)
    yield "lifting", _length(choices.lifting_notice_hours * HOUR)
    yield "weighing", _length(choices.weighing_days * DAY)
    yield "mailbox", _length(MAILBOX_SETTLES)
    yield "extension", _length(LONGEST_EXTENSION)
    yield "stream_exports", _length(_STREAM_EXPORTS_KEPT)
    yield "quarantine", periods["quarantine"]
    yield "suppression", periods["suppression"]


def _length(of: timedelta) -> Duration:
    """Count it in whole days, or else in hours."""
    return Duration(of // HOUR, Unit.HOUR) if of % DAY else Duration(of // DAY, Unit.DAY)
