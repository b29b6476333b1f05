"""The privacy policy and the terms of use state the facts that are declared, and no others (ADR 85).

For each fact, a declaration is changed in a copy. Exactly the clauses that bind it change or fail, in each
language and script: one that does not react is decoration, one that reacts unbound is a leak.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from string import Formatter

import pytest

from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_language, to_cyrillic
from chalicelib.core.settings import Settings, settings
from chalicelib.privacy import register
from chalicelib.privacy.accountability import Accountability, RepresentedLaw
from chalicelib.privacy.clauses import page, terms
from chalicelib.privacy.clauses.binding import Single, Untrue, phrasebook
from chalicelib.privacy.clauses.clause import Article, Chapter, Clause, citation, gdpr, zzpl
from chalicelib.privacy.clauses.fields import FIELDS
from chalicelib.privacy.clauses.policy import chapters
from chalicelib.privacy.declaration import DataSubject
from chalicelib.privacy.facts import Facts
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.request.deadline import LONGEST
from infra.build import ROOT
from infra.mutants.catalogue import LEAST, mutants
from infra.policy.facts import facts_of

GONE = "(left out)"
EXAMPLE = ROOT / "stages" / "example.toml"


@cache
def facts() -> Facts:
    named = {law.value: f"Example {law.name}" for law in RepresentedLaw}
    arranged = Accountability(named, "dpo@example.org")
    return facts_of(settings(), arranged, frozenset(Practice))


def clauses(of: Facts, *documents: Callable[[Facts], tuple[Chapter, ...]]) -> dict[str, Clause]:
    """The clauses of both documents, or of one."""
    found = [
        clause
        for document in documents or (chapters, terms.chapters)
        for chapter in document(of)
        for clause in chapter.clauses
    ]
    assert len({clause.id for clause in found}) == len(found)
    return {clause.id: clause for clause in found}


def said(of: Facts, language: Language, by_name: dict[str, Clause]) -> dict[str, str]:
    """What each of these clauses says in a language, or that it fails."""
    texts = {}
    for name, clause in by_name.items():
        try:
            title = clause.heading.said(of, phrasebook(language)) if clause.heading else ""
            texts[name] = title + clause.said(of, language)
        except Untrue as untrue:
            texts[name] = f"untrue: {untrue}"
    return texts


def bound_keys(of: Facts, by_name: dict[str, Clause]) -> dict[str, set[str]]:
    return {name: set(clause.keys(of)) for name, clause in by_name.items()}


def binding(keys: dict[str, set[str]], key: str) -> set[str]:
    return {name for name, bound in keys.items() if key in bound}


def changes() -> Iterator[tuple[str, str, str | None]]:
    """A change of each fact: its key, and its next value; None removes it."""
    for key, value in facts().items():
        kind = key.split("/")[0]
        if kind in {"held", "kind", "to", "gets", "right", "promise", "registered", "practice", "law"}:
            yield f"without {key}", key, None
        elif kind == "period" or value in {"P14D", "P24M", "P30D", "P35D", "P7D"}:
            yield f"longer {key}", key, "P11Y"
        elif kind == "for":
            other = "CONSENT" if value != "CONSENT" else "LEGITIMATE_INTERESTS"
            yield f"another basis {key}", key, other
        elif kind == "purpose":
            yield f"another purpose {key}", key, "service" if value != "service" else "security"
        elif kind == "kept":
            yield f"kept otherwise {key}", key, "period AUDIT" if value != "period AUDIT" else "period USAGE"
        else:
            yield f"another {key}", key, "something else"
    profile = "held/profile/shoe_size"
    yield "a new field", profile, "user.behavior PROVIDED"
    yield "a new kind of data of a recipient", "gets/STREAM/user.contact.email", "yes"
    yield "a new recipient", "registered/BROKER", "yes"
    yield "a new contact for rights", "recipient/STREAM/contact", "rights@example.org"
    yield "a new recipient of a kind", "to/account/STREAM", "yes"
    yield "a denied category is held", "held/profile/position", "user.location.precise OBSERVED"
    yield "a denied category is received", "gets/STREAM/user.location.precise", "yes"


STATED_BY_NONE = {"promise"}  # bound only where a clause needs it


@pytest.mark.parametrize("language", Language)
def test_exactly_the_clauses_that_bind_a_fact_react_to_its_change(language: Language) -> None:
    before, first = facts(), said(facts(), language, clauses(facts()))
    keys_before = bound_keys(before, clauses(before))
    for name, key, value in changes():
        kept = {one: text for one, text in before.items() if one != key}
        after = Facts(kept if value is None else kept | {key: value})
        changed = clauses(after)
        second = said(after, language, changed)
        reacted = {one for one in first | second if first.get(one, GONE) != second.get(one, GONE)}
        expected = binding(keys_before, key) | binding(bound_keys(after, changed), key)
        assert reacted == expected, f"{name}: {sorted(reacted ^ expected)}"
        assert expected or key.split("/")[0] in STATED_BY_NONE, name


@pytest.mark.parametrize(
    "kind",
    [
        "automated", "for", "gets", "held", "kept", "kind", "law", "measure", "period", "practice", "purpose",
        "recipient", "registered", "right", "setting", "source", "to",
    ],
)  # fmt: skip
def test_every_fact_of_a_kind_is_bound(kind: str) -> None:
    bound = {key for clause in clauses(facts(), chapters).values() for key in clause.keys(facts())}
    assert {key for key in facts() if key.startswith(f"{kind}/")} <= bound


def test_every_period_of_a_kind_that_is_held_is_bound() -> None:
    named = {
        f"period/{name}"
        for key, value in facts().items()
        if key.startswith("kept/") and value.startswith("period ")
        for name in value.split()[1:]
    }
    bound = {key for clause in clauses(facts(), chapters).values() for key in clause.keys(facts())}
    assert named <= bound


@cache
def texts() -> dict[str, dict[str, str]]:
    """The words of each clause without its slots, of each heading, and of each field, by language."""
    say = phrasebook(Language.SERBIAN_LATIN)
    headings = {f"heading.{one.id}": one.words for of in (chapters, terms.chapters) for one in of(facts())}
    fields = {f"field.{place}": {"en": words, "sr": say(words)} for place, words in FIELDS.items()}
    written = {name: clause.words for name, clause in clauses(facts()).items()} | headings | fields
    return {
        name: {one: " ".join(text for text, *_ in Formatter().parse(words[one])) for one in ("en", "sr")}
        for name, words in written.items()
    }


FORBIDDEN = re.compile(
    r"\d+|\b(?:days?|daily|hours?|hourly|weeks?|weekly|months?|monthly|years?|yearly|minutes?|seconds|dan|dana"
    r"|dnevn\w*|sat|sati|mesec\w*|godin\w*|nedelj\w*|sedmic\w*|minut\w*|sekund\w*)\b|\b(?:Stream|Amazon|AWS)"
)
ABSOLUTE = re.compile(
    r"\b(?:only|solely|exclusively|never|all|entire|whole|nothing|always|ever|no|not|nor|none|nobody|without|cannot"
    r"|refrain\w*|guarante\w+|at once|twice|(?<!of )two|three|four|five|six|ten"
    r"|samo|jedino|isključivo|nikad\w*|sv[aei]|svih|cel[aei]\w*|celokup\w+|ništa|uvek|ne|ni|nije|nisu|nismo|niste|niko|bez"
    r"|nema\w*|nijed\w+|nikak\w+|ikakv\w+|uzdrž\w+|garant\w+|odmah|dva|dvoje|tri|četiri|pet|šest|deset)\b|n't\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", texts())
def test_text_has_no_figure_and_no_name_of_its_own(name: str) -> None:
    assert [found for words in texts()[name].values() for found in FORBIDDEN.findall(words)] == []


@pytest.mark.promise("STR-4")
@pytest.mark.parametrize("language", Language)
def test_terms_say_that_messages_pass_through_stream(language: Language) -> None:
    said = clauses(facts(), terms.chapters)["through_stream"].said(facts(), language)
    assert "Stream.io, Inc." in said


# The words of each text that deny, count or leave nothing out, in both languages, and what proves them.
PROVEN = {
    "required": "without cannot bez ne = Held ACC-1",
    "no_position": "never nikada ne = Never",
    "usage": "never no nikada ne ne nijednog = USE-1 RET-4",
    "no_tracking": "never nikada ne = USE-9",
    "consents": "only samo = RestsOn RGT-7",
    "matching": "without not none only bez ne nijedan ne samo = ACC-7 ACC-10 MATCHING_CONTACTS",
    "only": "only only samo samo = Exactly SEC-2 NOT-6",
    "authorities": "only samo = NOT-3 NOT-5",
    "online": "only samo niste = STREAM STR-10 HIDING_STATUS",
    "reports": "without no not bez nije ne = STREAM Kept SAF-1 REPORTING",
    "barred_numbers": "two no dva ne ne = SAF-1 REPORTING",
    "backups": "cannot ne ni = backups key_backups",
    "pushes": "no cannot nema ne = APPLE GOOGLE CALL-2 NOTIFYING",
    "field.notification_choices/quiet_hours": "ne = ",
    "idle": "not two ne dva = idle CLOSING_IDLE_ACCOUNTS",
    "right.erasure": "ne = erasure RGT-3",
    "right.restriction": "without bez = restriction RGT-4",
    "right.objection": "two dvoje = objection RGT-5",
    "right.marketing_objection": "without at once bez odmah = marketing_objection RGT-6",
    "exercise": "no nije bez = contact answer RGT-10 RGT-11",
    "court": "not niste = ",
    "privacy": "not ne = RGT-7",
    "block": "not ne = block_list contact conversation",
    "unused": "not twice ne dva = idle CLOSING_IDLE_ACCOUNTS",
    "new_terms": "not ne = notice NOT-1 STR-4 erasure",
    "field.diagnostics_event/diagnostics": "nije = ",
    "field.held_record/document": "all = ",
    "field.purposes/wholly_restricted": "all = ",
}


def absolute(name: str) -> str:
    """The row of a text in `PROVEN`; the rules of conduct bind users, so that nothing proves them."""
    words = ABSOLUTE.findall(" ".join(texts()[name].values()).lower())
    if not words or name.startswith("rule."):
        return ""
    binds = clauses(facts())[name].binds() if name in clauses(facts()) else ()
    proofs = (one.key.split("/")[1] if isinstance(one, Single) else type(one).__name__ for one in binds)
    return f"{' '.join(words)} = {' '.join(proofs)}"


@pytest.mark.parametrize("name", texts())
def test_absolute_words_are_listed_with_what_proves_them(name: str) -> None:
    assert absolute(name) == PROVEN.get(name, "")


def test_promise_that_a_clause_binds_has_the_mutants_of_a_kept_one() -> None:
    bound = {key for clause in clauses(facts()).values() for key in clause.keys(facts())}
    counts = Counter(f"promise/{one.promise}" for one in mutants())
    assert not [key for key in bound if key.startswith("promise/") and counts[key] < LEAST]


def test_both_languages_have_the_same_slots() -> None:
    for clause in clauses(facts()).values():
        slots = {
            language: {slot for _, slot, *_ in Formatter().parse(words) if slot}
            for language, words in clause.words.items()
        }
        assert slots["en"] == slots["sr"] == set(clause.slots), clause.id


def test_both_scripts_say_the_same_words() -> None:
    for name, clause in clauses(facts()).items():
        both = (clause.said(facts(), one) for one in (Language.SERBIAN_LATIN, Language.SERBIAN_CYRILLIC))
        latin, cyrillic = (sorted(re.findall(r"\w+", to_cyrillic(text))) for text in both)
        assert latin == cyrillic, name


INFORMED_OF = [
    *((13, 1, point) for point in "abcdef"),
    *((13, 2, point) for point in "abcdef"),
    *((14, 1, point) for point in "abcdef"),
    *((14, 2, point) for point in "abcdefg"),
]
IN_SERBIA = [
    *((23, 1, str(point)) for point in range(1, 7)),
    *((23, 2, str(point)) for point in range(1, 7)),
    *((24, 1, str(point)) for point in range(1, 7)),
    *((24, 2, str(point)) for point in range(1, 8)),
]


@pytest.mark.parametrize(
    "article",
    [*(Article("GDPR", *place) for place in INFORMED_OF), *(Article("ZZPL", *place) for place in IN_SERBIA)],
    ids=str,
)
def test_a_clause_gives_each_information_that_the_law_requires(article: Article) -> None:
    assert [name for name, clause in clauses(facts(), chapters).items() if article in clause.law]


DOCUMENTS = {"policy": (chapters, page.POLICY), "terms": (terms.chapters, page.TERMS)}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_page_has_its_title_every_clause_and_no_script(document: str, language: Language) -> None:
    of, titles = DOCUMENTS[document]
    text = page.of(of(facts()), facts(), language, titles)
    assert f"<h1>{in_language(titles, language)}</h1>" in text
    assert all(f'id="{name}"' in text for name in clauses(facts(), of))
    assert "<script" not in text
    assert "http" not in text.replace('http-equiv="Content-Security-Policy"', "")


def test_clause_that_cites_the_gdpr_cites_the_zzpl_too() -> None:
    acts = {name: {one.act for one in clause.law} for name, clause in clauses(facts()).items()}
    # The ZZPL asks a controller in Serbia for no representative.
    of_gdpr = {name for name, cited in acts.items() if "GDPR" in cited and not name.startswith("represent")}
    assert [name for name in of_gdpr if "ZZPL" not in acts[name]] == []


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.SERBIAN_LATIN])
def test_line_that_names_the_gdpr_names_the_zzpl_too(language: Language) -> None:
    lines = [line for text in said(facts(), language, clauses(facts())).values() for line in text.split("\n")]
    assert [line for line in lines if "GDPR" in line and "ZZPL" not in line] == []


@pytest.mark.parametrize(
    ("language", "cited"),
    [
        (Language.ENGLISH, "Art. 13(1)(a), 13(1)(b) GDPR; Art. 23(1)(1) ZZPL"),
        (
            Language.SERBIAN_LATIN,
            "čl. 13. st. 1. tač. (a), čl. 13. st. 1. tač. (b) GDPR; čl. 23. st. 1. tač. 1) ZZPL",
        ),
    ],
)
def test_articles_of_one_act_are_cited_together(language: Language, cited: str) -> None:
    assert citation((*gdpr(13, 1, "a", "b"), *zzpl(23, 1, "1")), language) == cited


def test_article_that_clauses_in_a_row_fulfil_is_cited_once() -> None:
    text = page.of(chapters(facts()), facts(), Language.ENGLISH)
    assert text.count("Art. 23(2)(1), 24(1)(4) ZZPL") == 1


def test_clause_with_a_heading_is_shown_as_names_with_their_values() -> None:
    text = page.of(chapters(facts()), facts(), Language.ENGLISH)
    assert "<h3>Stream.io, Inc.</h3><dl><dt>Task</dt><dd>delivers chat messages" in text


def test_practice_that_is_off_is_not_stated() -> None:
    assert "closed" in clauses(facts())["automated"].said(facts(), Language.ENGLISH)
    without = facts_of(settings(), Accountability(), frozenset())
    assert not clauses(without)["idle"].said(without, Language.ENGLISH)
    assert not clauses(without)["unused"].said(without, Language.ENGLISH)
    assert not clauses(without)["counting_use"].said(without, Language.ENGLISH)
    assert "closed" not in clauses(without)["automated"].said(without, Language.ENGLISH)


def test_announcement_and_answer_take_as_long_as_the_code_allows() -> None:
    stated = [facts()[f"setting/{name}"] for name in ("notice", "answer")]
    assert stated == [f"P{time.days}D" for time in (Settings.notice_period, LONGEST)]


def test_facts_leave_out_no_field_recipient_or_category_of_users() -> None:
    found = [one.declaration for one in register.records() if one.declaration.subject is DataSubject.USER]
    declared = {f"held/{one.kind}/{field}" for one in found for field in one.personal()}
    sent = [(one.kind, to) for one in found if one.personal_fields() for to in one.recipients]
    declared |= {f"to/{kind}/{to.name}" for kind, to in sent if to is not Recipient.AWS}
    declared |= {f"gets/{to.name}/{category}" for to in Recipient for category in to.entry.collects}
    assert sorted(declared - facts().keys()) == []


OF_STAFF = {
    *("breach", "breach_fact", "breach_evidence", "staff_member", "staff_audit"),
    *("table_removal", "table_removal_evidence"),
}


def test_policy_for_users_leaves_out_no_kind_but_those_of_staff() -> None:
    records = {one.declaration.kind: one.declaration.subject for one in register.records()}
    others = {one.kind: one.subject for one in register.WITHOUT_RECORD}
    of_staff = {kind for kind, of in (records | others).items() if of is DataSubject.STAFF}
    assert of_staff == OF_STAFF


def test_words_of_a_field_name_a_field_that_is_held() -> None:
    assert {f"held/{place}" for place in FIELDS} <= facts().keys()


def words_of(of: Callable[[Facts], tuple[Chapter, ...]], language: Language) -> set[str]:
    """The words of a page; names, which have a capital, are the same in both languages."""
    shown = re.sub(r"(?s)<style>.*?</style>|<[^>]+>", " ", page.of(of(facts()), facts(), language))
    return set(re.findall(r"(?<![\w@.])[a-zčćđšž]{2,}\b(?![@.]\w)", shown))


SAME = {"bunar", "do", "kralja", "model", "on", "one", "region", "to"}  # in both languages, and in addresses


@pytest.mark.parametrize("of", [chapters, terms.chapters])
def test_serbian_page_has_no_english_word(of: Callable[[Facts], tuple[Chapter, ...]]) -> None:
    assert words_of(of, Language.ENGLISH) & words_of(of, Language.SERBIAN_LATIN) - SAME == set()
