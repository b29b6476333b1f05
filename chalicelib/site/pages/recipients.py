"""The recipients of personal data: by purpose, and each with what protects the data there."""

from collections.abc import Iterator

from chalicelib.core.markup import Html
from chalicelib.core.page import table
from chalicelib.privacy.clauses import families
from chalicelib.privacy.clauses.binding import For, phrasebook
from chalicelib.privacy.clauses.page import card
from chalicelib.privacy.facts import Facts
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.site.clauses.about import RECIPIENTS
from chalicelib.site.layout import Reader, section
from chalicelib.site.pages import stated

TITLE = "Who receives data"


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    say, facts = reader.say, stated.facts()
    yield stated.said(reader, RECIPIENTS, facts)
    heads = (say("Why"), say("Who receives it"), say("Data"))
    yield section(say("By purpose"), table(heads, _by_purpose(reader, facts)), id="purposes")
    cards = (card(one, facts, reader.language, "") for one in families.recipients(facts))
    yield section(say("Each recipient"), *cards, id="each")


def _by_purpose(reader: Reader, facts: Facts) -> Iterator[tuple[str, ...]]:
    """Yield each purpose, a recipient besides the one that stores all, and the titles of what it receives."""
    named = phrasebook(reader.language)
    for purpose in (one for one in Purpose if f"for/{one.value}" in facts):
        kinds = [kind for kind, of in facts.below("purpose/").items() if of == purpose.value]
        for recipient in Recipient:
            sent = [named(facts[f"kind/{kind}"]) for kind in kinds if f"to/{kind}/{recipient.name}" in facts]
            if sent:
                why = For(purpose).said(facts, named)
                yield (
                    why[:1].upper() + why[1:],
                    named(facts[f"recipient/{recipient.name}/name"]),
                    "; ".join(sorted(sent)),
                )
