"""What the page of a right says: what happens, how long it takes, what we need and may refuse.

Reasons of a refusal are those that the right declares, in the words that an answer gives them.
"""

from collections.abc import Iterable, Iterator

from chalicelib.core.markup import Html, tag
from chalicelib.core.phrases import in_language
from chalicelib.privacy import remedies
from chalicelib.privacy.facts import Facts
from chalicelib.rights.answers.words import REASONS
from chalicelib.rights.request import declaration
from chalicelib.rights.request.terms import RefusalReason, Right
from chalicelib.site.clauses import rights as clauses
from chalicelib.site.clauses.about import OTHER_AUTHORITIES
from chalicelib.site.layout import Reader, bullets, paragraphs, section
from chalicelib.site.pages import stated

_TWO_PROOFS = frozenset({Right.ACCESS, Right.PORTABILITY, Right.ERASURE})  # a test compares the intakes


def parts(reader: Reader, right: Right) -> Iterator[Html]:
    """Build what stands above the form of a right."""
    facts, say = stated.facts(), reader.say
    yield tag("div", stated.said(reader, (clauses.LEADS[right],), facts), class_="lead")
    if right is Right.ERASURE:
        from chalicelib.site.pages import deletion

        yield from deletion.parts(reader, facts)
    else:
        yield section(say("What happens"), stated.said(reader, clauses.HAPPENS[right], facts), id="happens")
    needs_two = right in _TWO_PROOFS
    time = (clauses.ANSWERED, *([clauses.WARNED] if needs_two else []), clauses.EVIDENCE)
    yield section(say("How long it takes"), stated.said(reader, time, facts), id="time")
    need = (clauses.CODE, *([clauses.SECOND_PROOF] if needs_two else []), clauses.LOST, clauses.RECEIPT)
    yield section(say("What we need"), stated.said(reader, need, facts), id="need")
    refusals = sorted(declaration.of(right).refusals)
    yield section(say("What we may refuse"), _refusals(reader, refusals, facts), id="refuse")
    yield section(
        say("Where to complain"),
        paragraphs(remedies.in_words(None, reader.language)),
        stated.said(reader, (OTHER_AUTHORITIES,), facts),
        id="complain",
    )


def _refusals(reader: Reader, reasons: Iterable[RefusalReason], facts: Facts) -> Html:
    found = [in_language(REASONS[reason], reader.language) for reason in reasons]
    if not found:
        return stated.said(reader, (clauses.NEVER_REFUSED,), facts)
    return Html().join([stated.said(reader, (clauses.REFUSED,), facts), bullets(*found)])
