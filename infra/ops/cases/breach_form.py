"""The notification of a breach to an authority, as a document (Art. 33(3) GDPR, Art. 52 ZZPL).

It is made of what `breach show` has. What is not known yet is said in its place and in a list at the top, so
that an authority sees what will follow (Art. 33(4)). The texts of operators stay as they wrote them. It names
no member of staff. No command sends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.core.countries import EEA
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import instant, opening
from chalicelib.core.phrases import Phrasebook
from chalicelib.operations.breaches.clocks import HOME, authority_of
from chalicelib.privacy import words
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.privacy.purposes import Category
from chalicelib.privacy.serbian import PRIVACY
from infra.ops.cases.breach_form_serbian import FORM
from infra.ops.cases.tables import Case

_TITLE = "Notification of a personal data breach"
_UNKNOWN = "not known yet"
# What Art. 33(3) wants, by the field of a finding.
_WANTED = {
    "categories": "Categories of data",
    "people": "Categories of people",
    "people_count": "Approximate number of people",
    "record_count": "Approximate number of records",
    "consequences": "Likely consequences",
    "measures": "Measures taken or proposed",
}
_RISKS = {
    "unlikely": "A risk to people is unlikely.",
    "risk": "There is a risk to people.",
    "high": "There is a high risk to people.",
    "high_exempt": "The risk would be high; a condition of Art. 34(3) GDPR is met.",
}


def missing(breach: Case) -> list[str]:
    """Return what the law wants and no finding says yet, in English."""
    lacking = [name for field, name in _WANTED.items() if not _found(breach, field)]
    return [*lacking, *([] if breach["assessments"] else ["Assessment of the risk"])]


def document(breach: Case, country: str, language: Language) -> str:
    """Write the notification of the authority of a country."""
    say = Phrasebook(language, FORM, PRIVACY)
    parts = [tag("h1", say(_TITLE))]
    if lacking := missing(breach):
        named = ", ".join(map(say, lacking))
        parts.append(
            tag("p", say("Not known yet, and added later: {parts}.", parts=named), class_="note warn")
        )
    for title, entries in _sections(breach, country, say):
        said = pairs(*((say(name), value) for name, value in entries))
        parts.append(tag("section", tag("h2", say(title)), said, class_="card"))
    page = tag("main", tag("header", *parts), class_="page")
    return f"{opening(say(_TITLE), language)}{page}</body></html>\n"


_Entries = Iterator[tuple[str, str]]


def _sections(breach: Case, country: str, say: Phrasebook) -> Iterator[tuple[str, _Entries]]:
    yield "Who notifies whom", _parties(breach, country, say)
    yield "When", _times(breach, country, say)
    yield "What happened", (("Finding", fact["what"]) for fact in breach["facts"])
    yield "What is affected", _extent(breach, say)
    yield "Notice to the people affected", _people_notified(breach, say)


def _parties(breach: Case, country: str, say: Phrasebook) -> _Entries:
    authority = authority_of(country)
    yield "Authority", f"{say(authority.name)}, {authority.url}"
    yield "Law", say("Art. 52 ZZPL") if country == HOME else "Art. 33 GDPR" if country in EEA else ""
    yield "Controller", f"{CONTROLLER.name}, {say(CONTROLLER.address)}, {CONTROLLER.country}"
    yield "Contact for questions", breach["contact"]
    yield "Our reference", breach["id"]


def _times(breach: Case, country: str, say: Phrasebook) -> _Entries:
    (running,) = (one for one in breach["clocks"] if one["country"] == country)
    yield "We became aware", _at(breach["discovered_at"], say)
    yield "Notification is due", _at(running["due_at"], say)
    reports = [one for one in breach["reports"] if one["country"] == country]
    for one in reports:
        yield "Notified before", f"{_at(one['notified_at'], say)}, {one['reference']}"
        yield "Reasons for the delay", one.get("delay", "")
    if not reports and running.get("hours_left", 0) < 0:
        yield "Reasons for the delay", say(_UNKNOWN)


def _at(text: str, say: Phrasebook) -> str:
    return instant(datetime.fromisoformat(text), say.language)


def _extent(breach: Case, say: Phrasebook) -> _Entries:
    for field, title in _WANTED.items():
        values = _found(breach, field)
        if field == "categories":
            values = [say(words.category(Category(one))) for one in values]
        elif field == "people":
            values = [say(one.replace("_", " ")) for one in values]
        yield title, Html("<br>").join(values) or say(_UNKNOWN)


def _found(breach: Case, field: str) -> list[str]:
    """Return the values of a field in all findings, without repetitions; of a number only the newest."""
    values = [value for fact in breach["facts"] if (value := fact.get(field)) not in (None, [])]
    if field.endswith("_count"):
        values = values[-1:]
    flat = (one for value in values for one in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(map(str, flat)))


def _people_notified(breach: Case, say: Phrasebook) -> _Entries:
    assessed = (*reversed(breach["assessments"]), {})[0]
    yield "Assessment", say(_RISKS[assessed["risk"]]) if assessed else say(_UNKNOWN)
    yield "Reasons", assessed.get("reasons", "")
    begun = breach.get("notices_from")
    yield "Notices began", _at(begun, say) if begun else say("They have not begun.")
    yield "Accounts notified so far", str(breach["notices"]["mailed"] + breach["notices"]["shown"])
