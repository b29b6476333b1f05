"""The first page of the privacy centre: what a person can do here without the app."""

from collections.abc import Iterator

from chalicelib.core.markup import Html, tag
from chalicelib.privacy.facts import Facts
from chalicelib.rights.request.terms import Right
from chalicelib.site.clauses.rights import LEADS
from chalicelib.site.clauses.titles import TITLES, path_of
from chalicelib.site.layout import Reader, link, paragraphs, section

TITLE = "Privacy centre"

_MORE = {
    "/privacy/request": (
        "I have a receipt",
        "See your request, cancel it, or fetch what we prepared for you.",
    ),
    "/privacy/verify": ("Check a certificate", "Check that the certificate of a deletion is ours."),
    "/privacy/support": ("Write to us", "Ask about your data or about the service."),
    "/privacy/report": ("Report abuse", "If somebody uses RU4M to hurt you or others."),
    "/privacy/versions": ("Policy and terms", "Read what we process, why, and for how long."),
    "/privacy/imprint": ("Complain to the authority", "If you think that we broke the law."),
}


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    say, over = reader.say, Facts({})  # the leads bind no fact
    yield tag("p", say("Use your rights over your data here, with or without the RU4M app."), class_="lead")
    delete = link(reader, path_of(Right.ERASURE), say(TITLES[Right.ERASURE]), class_="button main")
    yield Html().join([tag("p", delete), paragraphs(LEADS[Right.ERASURE].said(over, reader.language))])
    rights = (
        (path_of(right), say(TITLES[right]), LEADS[right].said(over, reader.language))
        for right in Right
        if right is not Right.ERASURE
    )
    yield section(say("Your rights"), *(_way(reader, *one) for one in rights), id="rights")
    more = ((path, say(title), say(line)) for path, (title, line) in _MORE.items())
    yield section(say("More"), *(_way(reader, *one) for one in more), id="more")


def _way(reader: Reader, path: str, title: str, line: str) -> Html:
    return Html().join([tag("h3", link(reader, path, title)), paragraphs(line)])
