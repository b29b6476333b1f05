"""Clauses: sentences in both languages, with the facts that they bind and the law that they fulfil."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_language, in_script
from chalicelib.privacy.clauses.binding import Fact, Single, Untrue, phrasebook
from chalicelib.privacy.facts import Facts


@dataclass(frozen=True)
class Article:
    """A provision that a clause states or fulfils: act, article, paragraph and point."""

    act: str
    number: int
    paragraph: int | None = None
    point: str = ""

    def place(self, language: Language) -> str:
        """Name its place in the act, as lawyers do in the language."""
        if not language.is_serbian:
            paragraph = f"({self.paragraph})" if self.paragraph else ""
            return f"{self.number}{paragraph}{f'({self.point})' if self.point else ''}"
        parts = [f"čl. {self.number}."]
        parts += [f"st. {self.paragraph}."] if self.paragraph else []
        parts += (
            [f"tač. ({self.point})" if self.point.isalpha() else f"tač. {self.point})"] if self.point else []
        )
        return " ".join(parts)


def citation(articles: Iterable[Article], language: Language) -> str:
    """Cite articles, those of one act together."""
    acts: dict[str, list[str]] = {}
    for article in articles:
        acts.setdefault(article.act, []).append(article.place(language))
    sign = "" if language.is_serbian else "Art. "
    cited = (f"{sign}{', '.join(dict.fromkeys(places))} {act}" for act, places in acts.items())
    return in_script("; ".join(cited), language)


def gdpr(number: int, paragraph: int | None = None, *points: str) -> tuple[Article, ...]:
    """Articles of the GDPR, one for each point."""
    return tuple(Article("GDPR", number, paragraph, point) for point in points or ("",))


def zzpl(number: int, paragraph: int | None = None, *points: str) -> tuple[Article, ...]:
    """Articles of the ZZPL, the Serbian law on personal data protection."""
    return tuple(Article("ZZPL", number, paragraph, point) for point in points or ("",))


@dataclass(frozen=True)
class Clause:
    """A sentence of the policy, in English ("en") and Serbian ("sr", Latin script).

    Attributes:
        id: names it in reports and tests; it never changes.
        law: what the clause states or fulfils.
        words: with named slots, the same in both languages; under a heading, lines of a name and a value.
        slots: the fact of each slot.
        holds: facts without a slot.
        where: the clause is left out where this is no fact: a practice, or a setting that a stage may lack.
        heading: what it is about, where that is a fact.
    """

    id: str
    law: tuple[Article, ...]
    words: Mapping[str, str]
    slots: Mapping[str, Fact] = field(default_factory=dict)
    holds: tuple[Fact, ...] = ()
    where: Single | None = None
    heading: Single | None = None

    def binds(self) -> Iterator[Fact]:
        """All facts that it states or rests on."""
        yield from self.slots.values()
        yield from self.holds
        yield from filter(None, (self.where, self.heading))

    def keys(self, facts: Facts) -> set[str]:
        """The keys of the facts that it binds."""
        return {key for fact in self.binds() for key in fact.keys(facts)}

    def said(self, facts: Facts, language: Language) -> str:
        """Say it; nothing if it is left out.

        Raises:
            Untrue: a fact that it binds is not so; the text names the clause and the fact.
        """
        if self.where and self.where.key not in facts:
            return ""
        say = phrasebook(language)
        try:
            for fact in self.holds:
                fact.said(facts, say)
            said = {slot: fact.said(facts, say) for slot, fact in self.slots.items()}
        except Untrue as untrue:
            raise Untrue(f"clause {self.id}: {untrue}") from None
        return in_language(self.words, language).format(**said).replace("..", ".")  # after a name in "Inc."


@dataclass(frozen=True)
class Chapter:
    """A heading, in English and Serbian, and its clauses."""

    id: str
    words: Mapping[str, str]
    clauses: tuple[Clause, ...]


def clause(
    name: str,
    law: tuple[Article, ...],
    english: str,
    serbian: str,
    /,
    *holds: Fact,
    where: Single | None = None,
    **slots: Fact,
) -> Clause:
    """Build a clause from its English and Serbian words; each further name is a slot."""
    return Clause(
        id=name, law=law, words={"en": english, "sr": serbian}, slots=slots, holds=holds, where=where
    )
