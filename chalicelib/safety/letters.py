"""What both sides of a report read: as a mail, as a text message, and in the app.

A letter to the reporter does not say what follows for the other person, and one to the person concerned
nothing about a reporter. Neither has a name, a number or a text of a person: the app shows the facts.
Subjects and text messages say only that there is a decision: a lock screen must not disclose a report.
"""

from collections.abc import Callable, Mapping
from functools import partial

from chalicelib.core.clock import day_of
from chalicelib.core.languages import Language
from chalicelib.core.phrases import in_language
from chalicelib.core.settings import settings
from chalicelib.messages.letters import Letters, ShortTexts, Words, WrittenMessage
from chalicelib.privacy import accountability
from chalicelib.safety.decisions.model import SafetyDecision, SafetyMeasure, appeal_until
from chalicelib.safety.model import Appeal, AppealOutcome, TermsRule
from chalicelib.safety.numbers.model import NumberObjection
from chalicelib.safety.reports.model import AbuseReport

_RULES: Mapping[TermsRule, str] = {
    TermsRule.CHILD_SAFETY: "decu nije dozvoljeno seksualno iskorišćavati",
    TermsRule.VIOLENCE: "bez nasilja i bez pretnji nasiljem",
    TermsRule.HARASSMENT: "bez uznemiravanja",
    TermsRule.HATE: "bez mržnje prema ljudima zbog onoga što jesu",
    TermsRule.SEXUAL_CONTENT: "bez seksualnog sadržaja bez pristanka",
    TermsRule.IMPERSONATION: "bez lažnog predstavljanja",
    TermsRule.FRAUD: "bez prevare",
    TermsRule.SPAM: "bez neželjenih masovnih poruka",
    TermsRule.ILLEGAL_GOODS: "bez trgovine onim što zakon zabranjuje",
    TermsRule.OTHER_LAW: "ništa što zakon zabranjuje",
    TermsRule.ABUSIVE_REPORTS: "bez očigledno neosnovanih prijava",
}
_MEASURES: Mapping[SafetyMeasure, Mapping[str, str]] = {
    SafetyMeasure.REMOVE_MESSAGES: {"en": "we remove messages of yours", "sr": "uklanjamo Vaše poruke"},
    SafetyMeasure.REMOVE_AVATAR: {"en": "we remove your picture", "sr": "uklanjamo Vašu sliku"},
    SafetyMeasure.WARN: {"en": "we warn you", "sr": "upozoravamo Vas"},
    SafetyMeasure.SUSPEND: {
        "en": "we suspend your account (number of days: {days})",
        "sr": "suspendujemo Vaš nalog (broj dana: {days})",
    },
    SafetyMeasure.PAUSE_REPORTS: {
        "en": (
            "we take no reports from you, except about dangers to children or life (number of days: {days})"
        ),
        "sr": "ne primamo Vaše prijave, osim o opasnosti po decu ili život (broj dana: {days})",
    },
}
_SUBJECT = {"en": "RU4M: we have decided", "sr": "RU4M: doneli smo odluku"}
_REMEDIES = {
    "en": (
        "A person decided this. If you disagree, you can appeal once in the app, until {until}: another "
        "person answers within 14 days. You can also go to court.{body}"
    ),
    "sr": (
        "O ovome je odlučio čovek. Ako se ne slažete, možete jednom da se žalite u aplikaciji, do {until}. "
        "godine: drugo lice odgovara u roku od 14 dana. Možete i da se obratite sudu.{body}"
    ),
}
_REMEDIES_BY_MAIL = {
    "en": (
        "A person decided this. If you disagree, you can appeal once, until {until}: write why on {page}, "
        "with the number {report}. Another person answers within 14 days. You can also go to court.{body}"
    ),
    "sr": (
        "O ovome je odlučio čovek. Ako se ne slažete, možete jednom da se žalite, do {until}. godine: "
        "napišite zašto na {page}, uz broj {report}. Drugo lice odgovara u roku od 14 "
        "dana. Možete i da se obratite sudu.{body}"
    ),
}
_DECIDED_AGAIN = {
    "en": (
        "A person decided this again after your appeal. You cannot appeal a second time, but you can go to "
        "court.{body}"
    ),
    "sr": (
        "O ovome je posle Vaše žalbe ponovo odlučio čovek. Ne možete da se žalite drugi put, ali možete "
        "da se obratite sudu.{body}"
    ),
}
_COURT = {
    "en": "This answer is final for us. You can go to court.{body}",
    "sr": "Ovaj odgovor je za nas konačan. Možete da se obratite sudu.{body}",
}
# Only if the controller takes part in one.
_BODY = {
    "en": " Out of court, you can turn to: {body}.",
    "sr": " Van suda možete da se obratite ovom telu: {body}.",
}

_ACTED: Letters = {
    "en": (
        _SUBJECT["en"],
        (
            (
                "You sent us a report on {day}. What you reported breaks a rule of our terms ({rule}), and "
                "we acted on it."
            ),
        ),
    ),
    "sr": (
        _SUBJECT["sr"],
        (
            (
                "Dana {day}. godine poslali ste nam prijavu. Ono što ste prijavili krši pravilo naših uslova "
                "({rule}), i postupili smo po prijavi."
            ),
        ),
    ),
}
_DISMISSED: Letters = {
    "en": (
        _SUBJECT["en"],
        (
            (
                "You sent us a report on {day}. We looked at it and took no measure: either no rule of our "
                "terms is broken, or that account no longer exists."
            ),
        ),
    ),
    "sr": (
        _SUBJECT["sr"],
        (
            (
                "Dana {day}. godine poslali ste nam prijavu. Razmotrili smo je i nismo preduzeli mere: ili "
                "nijedno pravilo naših uslova nije prekršeno, ili taj nalog više ne postoji."
            ),
        ),
    ),
}
# The same whether or not an operator found an account: its reader must not learn who has a number.
_DISMISSED_UNNAMED: Letters = {
    "en": (
        _SUBJECT["en"],
        (
            (
                "You sent us a report on {day}. We looked at it and took no measure: either we could not "
                "find the account that you mean, or no rule of our terms is broken. If you can describe the "
                "account better, write that in an appeal."
            ),
        ),
    ),
    "sr": (
        _SUBJECT["sr"],
        (
            (
                "Dana {day}. godine poslali ste nam prijavu. Razmotrili smo je i nismo preduzeli mere: ili "
                "nismo mogli da pronađemo nalog na koji mislite, ili nijedno pravilo naših uslova nije "
                "prekršeno. Ako možete bliže da opišete nalog, napišite to u žalbi."
            ),
        ),
    ),
}
_DECIDED: Letters = {
    "en": (
        _SUBJECT["en"],
        (
            (
                "On {day} we decided about your account, because a rule of our terms was broken ({rule}). "
                "What follows: {measures}."
            ),
            "{cause}",
        ),
    ),
    "sr": (
        _SUBJECT["sr"],
        (
            (
                "Dana {day}. godine doneli smo odluku o Vašem nalogu, jer je prekršeno pravilo naših uslova "
                "({rule}). Posledice: {measures}."
            ),
            "{cause}",
        ),
    ),
}
_UPHELD: Letters = {
    "en": (
        "RU4M: your appeal was upheld",
        ("Another person looked at your appeal and agrees with you. {shown} {follows}",),
    ),
    "sr": (
        "RU4M: Vaša žalba je usvojena",
        ("Drugo lice je razmotrilo Vašu žalbu i slaže se sa Vama. {shown} {follows}",),
    ),
}
_REJECTED: Letters = {
    "en": (
        "RU4M: our answer to your appeal",
        ("Another person looked at your appeal and does not agree. {shown}", _COURT["en"]),
    ),
    "sr": (
        "RU4M: naš odgovor na Vašu žalbu",
        (
            "Drugo lice je razmotrilo Vašu žalbu i ne slaže se sa Vama. {shown}",
            _COURT["sr"],
        ),
    ),
}
_IN_APP = {"en": "The app shows the answer.", "sr": "Odgovor prikazuje aplikacija."}
_BELOW = {"en": "The answer is below.", "sr": "Odgovor je u nastavku."}
_REVERSED = {
    "en": ("We lift what still lasts of this decision. What was removed is gone, but you can send it again."),
    "sr": (
        "Ukidamo ono što od ove odluke još traje. Ono što je uklonjeno više ne postoji, ali možete da ga "
        "pošaljete ponovo."
    ),
}
_AGAIN = {
    "en": "A person decides about your report again, within 24 hours.",
    "sr": "O Vašoj prijavi ponovo odlučuje čovek, u roku od 24 sata.",
}
_REPORTED = {
    "en": (
        "We decided because of one or more reports. The app shows the facts: you can sign in even while your "
        "account is suspended."
    ),
    "sr": (
        "Odluku smo doneli na osnovu jedne ili više prijava. Činjenice prikazuje aplikacija: u nju možete da "
        "uđete i dok je nalog suspendovan."
    ),
}
_REPORTING = {
    "en": "We found this when we examined reports that you sent. The app shows the facts.",
    "sr": "To smo utvrdili razmatrajući Vaše prijave. Činjenice prikazuje aplikacija.",
}
_SHORT: ShortTexts = {
    "en": "RU4M: we have decided. Open the app: it shows the decision and how to appeal.",
    "sr": "RU4M: doneli smo odluku. Otvorite aplikaciju: tu su odluka i kako da se žalite.",
}
_SHORT_ANSWER: ShortTexts = {
    "en": "RU4M: we answered your appeal. Open the app to read the answer.",
    "sr": "RU4M: odgovorili smo na Vašu žalbu. Odgovor je u aplikaciji.",
}
_FREE: ShortTexts = {
    "en": "RU4M: your objection was upheld. You can open an account with this number now.",
    "sr": "RU4M: Vaš prigovor je usvojen. Sada možete da otvorite nalog sa ovim brojem.",
}
_BARRED: ShortTexts = {
    "en": (
        "RU4M: a person looked at your objection and does not agree. Reasons: {contact}. You can complain: "
        "{complaints}, or go to court."
    ),
    "sr": (
        "RU4M: čovek je razmotrio Vaš prigovor i ne slaže se sa Vama. Razlozi: {contact}. Možete da se "
        "pritužite: {complaints}, ili da se obratite sudu."
    ),
}


def to_objector(objection: NumberObjection) -> WrittenMessage:
    """The text message that answers an objection to the bar of a number."""
    return WrittenMessage({}, _FREE if objection.lifted else _BARRED, {})


def to_reporter(report: AbuseReport) -> WrittenMessage:
    """What the reporter reads about a decided report, or about the answer to an appeal."""
    shown = _IN_APP if report.reporter else _BELOW
    if not report.is_decided_again and (answer := _of_appeal(report.appeal, _AGAIN, shown)):
        return answer
    decided = report.decided_at or report.reported_at
    words: Words = {
        "day": day_of(report.reported_at),
        "rule": partial(_rule, report.rule),
        "until": day_of(appeal_until(decided)),
    }
    remedies = _REMEDIES_BY_MAIL if report.described else _REMEDIES
    dismissed = _DISMISSED_UNNAMED if report.described else _DISMISSED
    letters = _ending(
        _ACTED if report.acted else dismissed, _DECIDED_AGAIN if report.is_decided_again else remedies
    )
    page = f"{settings().issuer}/privacy/report"
    return WrittenMessage(
        letters, _SHORT, {**words, "report": report.abuse_report_id, "page": page, "body": _body}
    )


def to_subject(decision: SafetyDecision) -> WrittenMessage:
    """What the person reads whom a decision concerns."""
    if answer := _of_appeal(decision.appeal, _REVERSED, _IN_APP):
        return answer
    decided = decision.decided_at or decision.proposed_at
    cause = _REPORTING if decision.rule is TermsRule.ABUSIVE_REPORTS else _REPORTED
    words: Words = {
        "day": day_of(decided),
        "rule": partial(_rule, decision.rule),
        "measures": _measures(decision),
        "cause": partial(in_language, cause),
        "until": day_of(appeal_until(decided)),
        "body": _body,
    }
    return WrittenMessage(_ending(_DECIDED, _REMEDIES), _SHORT, words)


def in_app(message: WrittenMessage, locale: str | None) -> str:
    """The paragraphs of a letter, as the app shows them."""
    return "\n\n".join(message.paragraphs(locale))


def _of_appeal(
    appeal: Appeal | None, follows: Mapping[str, str], shown: Mapping[str, str]
) -> WrittenMessage | None:
    if appeal is None or appeal.outcome is None:
        return None
    letter = _UPHELD if appeal.outcome is AppealOutcome.UPHELD else _REJECTED
    words: Words = {
        "follows": partial(in_language, follows),
        "shown": partial(in_language, shown),
        "body": _body,
    }
    return WrittenMessage(letter, _SHORT_ANSWER, words)


def _ending(letters: Letters, last: Mapping[str, str]) -> Letters:
    """Letters with one more paragraph."""
    return {name: (subject, (*said, last[name])) for name, (subject, said) in letters.items()}


def _body(language: Language) -> str:
    """The sentence about the out-of-court body, if the controller names one."""
    body = accountability.of_stage(settings().environment).dispute_body
    return in_language(_BODY, language).format(body=body) if body else ""


def _rule(rule: TermsRule | None, language: Language) -> str:
    return in_language({"en": rule.plainly, "sr": _RULES[rule]}, language) if rule else ""


def _measures(decision: SafetyDecision) -> Callable[[Language], str]:
    def said(language: Language) -> str:
        each = (in_language(_MEASURES[one], language) for one in decision.measures)
        return "; ".join(text.format(days=decision.days) for text in each)

    return said
