"""The page of a version of the privacy policy or the terms, in one language (core/page)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import opening
from chalicelib.core.phrases import in_language
from chalicelib.privacy.clauses.binding import phrasebook
from chalicelib.privacy.clauses.clause import Article, Chapter, Clause, citation
from chalicelib.privacy.facts import Facts

POLICY = {"en": "Privacy policy", "sr": "Politika privatnosti"}
TERMS = {"en": "Terms of use", "sr": "Uslovi korišćenja"}
_CONTENTS = {"en": "On this page", "sr": "Na ovoj strani"}


def of(
    chapters: Iterable[Chapter],
    facts: Facts,
    language: Language,
    titles: Mapping[str, str] = POLICY,
    *lead: Html,
) -> Html:
    """Render the chapters of a document, below its title and what leads to them.

    Raises:
        Untrue: a clause states what the facts do not say.
    """
    title, chapters = in_language(titles, language), tuple(chapters)
    links = (tag("li", tag("a", in_language(one.words, language), href=f"#{one.id}")) for one in chapters)
    heading = tag("h2", in_language(_CONTENTS, language), id="contents")
    return Html().join(
        [
            opening(title, language),
            Html('<div class="page">'),
            tag("header", tag("h1", title), *lead),
            tag("nav", heading, tag("ul", *links), aria_labelledby="contents"),
            tag("main", *(_chapter(one, facts, language) for one in chapters)),
            Html("</div></body></html>\n"),
        ]
    )


def _chapter(chapter: Chapter, facts: Facts, language: Language) -> Html:
    """Render the clauses; an article that several clauses in a row fulfil is cited once, at the first one."""
    parts, cited = [tag("h2", in_language(chapter.words, language), id=chapter.id)], set[Article]()
    for clause in chapter.clauses:
        new = tuple(article for article in clause.law if article not in cited)
        parts.append(card(clause, facts, language, citation(new, language)))
        cited = set(clause.law)
    return Html().join(parts)


def card(clause: Clause, facts: Facts, language: Language, law: str) -> Html:
    """Render a clause; one with a heading has lines of a name and a value. `law`: its citation."""
    if not (said := clause.said(facts, language)):
        return Html()
    parts = [tag("p", said)]
    if clause.heading:
        lines = (line.split(": ", 1) for line in said.split("\n"))
        parts = [tag("h3", clause.heading.said(facts, phrasebook(language)))]
        parts += [pairs(*((name, value) for name, value in lines))]
    parts += [tag("p", law, class_="quiet")] if law else []
    return tag("section", *parts, class_="card", id=clause.id)
