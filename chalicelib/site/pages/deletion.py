"""What the page of an erasure says: what goes, what stays by which law and how long, and what others keep.

The kinds of data are those of the facts. A kind goes unless one of the lists names it; a test compares the
lists with the plan of an erasure.
"""

from collections.abc import Iterator

from chalicelib.core.markup import Html
from chalicelib.core.page import table
from chalicelib.core.settings import settings
from chalicelib.privacy.clauses.binding import Kept, phrasebook
from chalicelib.privacy.facts import Facts
from chalicelib.site.clauses import deletion as clauses
from chalicelib.site.layout import Reader, bullets, link, paragraphs, section
from chalicelib.site.pages import stated

STAYS = (
    "abuse_report", "abuse_report_evidence", "certificate", "complaint", "complaint_evidence", "disclosure",
    "disclosure_evidence", "evidence",
    "held_record", "hold", "hold_evidence", "invoice", "invoice_evidence", "request_evidence",
    "number_objection", "rights_request", "safety_decision", "support_message_evidence", "tombstone",
)  # fmt: skip
# They expire by themselves; what our chat provider keeps of them is said apart.
EXPIRES = (
    "challenge",
    "erasure_inputs",
    "guest_draft",
    "push_proof",
    "report_draft",
    "session_link",
    "support_draft",
)
AT_STREAM = ("chat_protection", "conversation_name")


def goes(facts: Facts) -> Iterator[str]:
    """Yield the kinds of data that an erasure deletes."""
    yield from (kind for kind in facts.below("kind/") if kind not in (*STAYS, *EXPIRES, *AT_STREAM))


def parts(reader: Reader, facts: Facts) -> Iterator[Html]:
    """Build the parts of the page that other rights do not have."""
    say, named = reader.say, phrasebook(reader.language)
    deleted = sorted(named(facts[f"kind/{kind}"]) for kind in goes(facts))
    kept = (
        (named(facts[f"kind/{kind}"]), Kept(kind).said(facts, named))
        for kind in STAYS
        if f"kind/{kind}" in facts
    )
    check = link(reader, "/privacy/verify", say("Check a certificate"))
    yield stated.said(reader, (clauses.WAYS,), facts)
    yield section(say("What happens"), stated.said(reader, clauses.HAPPENS, facts), paragraphs(check))
    yield section(say("What is deleted"), bullets(*deleted), id="goes")
    yield section(
        say("What stays, and how long"),
        stated.said(reader, clauses.STAYS, facts),
        table((say("Data, if there is any"), say("How long we keep it")), kept),
        stated.said(reader, clauses.HASHES, facts),
        id="stays",
    )
    others = (clauses.OTHERS[settings().stream_erasure], *clauses.ELSEWHERE)
    yield section(say("What others keep"), stated.said(reader, others, facts), id="others")
    yield section(say("Backups"), stated.said(reader, clauses.BACKUPS, facts), id="backups")
