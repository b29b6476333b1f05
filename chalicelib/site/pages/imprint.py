"""The company, how to reach it, its representatives, and the authority that supervises it (NOT-4)."""

from collections.abc import Iterator

from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.settings import settings
from chalicelib.privacy import accountability, remedies
from chalicelib.privacy.clauses.clause import Article, citation
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.recipients import Recipient
from chalicelib.site.clauses.about import CONTROLLER as THE_CONTROLLER
from chalicelib.site.clauses.about import DSA, OTHER_AUTHORITIES
from chalicelib.site.layout import Reader, paragraphs, section
from chalicelib.site.pages import stated

TITLE = "Imprint and contact"


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    say, facts, contact = reader.say, stated.facts(), settings().contact_email
    company_number, tax_number = settings().imprint()
    yield section(
        say("Company"),
        pairs(
            (say("Name"), CONTROLLER.name),
            (say("Address"), f"{say(CONTROLLER.address)}, {say(Recipient.BELGRADE_OFFICE.country)}"),
            (say("Company number"), company_number),
            (say("Tax number"), tax_number),
            (say("Contact"), tag("a", contact, href=f"mailto:{contact}")),
        ),
        stated.said(reader, (THE_CONTROLLER,), facts),
        id="company",
    )
    yield from _appointed(reader)
    heading = say("Point of contact under the Digital Services Act")
    yield section(heading, stated.said(reader, (DSA,), facts), id="dsa")
    (authority,) = CONTROLLER.authorities
    yield section(
        say("Supervisory authority"),
        pairs(
            (say("Name"), say(authority.name)),
            (say("Address"), say(authority.address)),
            (say("Phone"), authority.phone),
            (say("Web"), tag("a", authority.url, href=authority.url, rel="noreferrer")),
        ),
        paragraphs(remedies.in_words(None, reader.language)),
        stated.said(reader, (OTHER_AUTHORITIES,), facts),
        id="authority",
    )


def _appointed(reader: Reader) -> Iterator[Html]:
    """Build the parts on people whom the stage names; it may name none so far."""
    say, arranged = reader.say, accountability.of_stage(settings().environment)
    if officer := arranged.data_protection_officer:
        yield section(say("Data protection officer"), paragraphs(officer), id="officer")
    if named := tuple(arranged.represented()):
        law = {one: citation((Article(one.act, one.number),), reader.language) for one, _ in named}
        rows = ((f"{say(one.plainly)} ({law[one]})", contact) for one, contact in named)
        yield section(say("Representatives"), pairs(*rows), id="representatives")
