"""The clauses about rights, and how people exercise them."""

from __future__ import annotations

from chalicelib.privacy.clauses.binding import Fact, Kept, lasts, practice, promise, right, setting
from chalicelib.privacy.clauses.clause import Article, Clause, clause, gdpr, zzpl
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Practice


def _right(name: str, law: tuple[Article, ...], english: str, serbian: str, /, *holds: Fact) -> Clause:
    informing = (*gdpr(13, 2, "b"), *gdpr(14, 2, "c"), *zzpl(23, 2, "2"), *zzpl(24, 2, "3"))
    return clause(f"right.{name}", (*law, *informing), english, serbian, right(name), *holds)


RIGHTS = (
    _right(
        "access",
        (
            *gdpr(15),
            *zzpl(26),
        ),
        "You have the right to know which data about you we process, and to get a copy of it.",
        "Imate pravo da saznate koje podatke o Vama obrađujemo i da dobijete njihovu kopiju.",
    ),
    _right(
        "portability",
        (
            *gdpr(20),
            *zzpl(36),
        ),
        "You have the right to get the data that you gave us in a format for other services, or to have "
        "it sent to one.",
        "Imate pravo da podatke koje ste nam dali dobijete u formatu za druge usluge ili da ih pošaljemo "
        "drugoj usluzi.",
    ),
    _right(
        "rectification",
        (
            *gdpr(16),
            *zzpl(29),
        ),
        "You have the right to have wrong data corrected and incomplete data completed.",
        "Imate pravo da se netačni podaci isprave i da se nepotpuni dopune.",
    ),
    _right(
        "erasure",
        (
            *gdpr(17),
            *zzpl(30),
        ),
        "You have the right to have your account and your data deleted. What we keep for a law, a "
        "claim or an order is locked until that ends, and we name it to you, unless an order is secret.",
        "Imate pravo da se Vaš nalog i Vaši podaci obrišu. Ono što čuvamo zbog zakona, "
        "pravnog zahteva ili naloga ostaje zaključano dok to ne prestane, i navodimo Vam šta je to, osim "
        "ako je nalog tajan.",
        promise("RGT-3"),
    ),
    _right(
        "restriction",
        (
            *gdpr(18),
            *zzpl(31),
        ),
        "You have the right to have your data stored without any other use, on grounds that the law names.",
        "Imate pravo da se Vaši podaci čuvaju bez druge upotrebe, iz razloga koje zakon navodi.",
        promise("RGT-4"),
    ),
    _right(
        "objection",
        (
            *gdpr(21, 1),
            *zzpl(37, 1),
        ),
        "You have the right to object to processing on the basis of our legitimate interests. We then stop "
        "it, unless two of our staff find compelling grounds and give you the reasons.",
        "Imate pravo da podnesete prigovor na obradu koju zasnivamo na svojim legitimnim interesima. Tada "
        "obustavljamo obradu, osim ako dvoje naših zaposlenih utvrde ubedljive razloge i obrazlože Vam ih.",
        promise("RGT-5"),
    ),
    _right(
        "marketing_objection",
        (
            *gdpr(21, 2),
            *zzpl(37, 2),
        ),
        "You have the right to object to direct marketing without giving a reason. It stops at once.",
        "Imate pravo da bez navođenja razloga podnesete prigovor na direktno oglašavanje. Ono odmah "
        "prestaje.",
        promise("RGT-6"),
    ),
    _right(
        "consent_withdrawal",
        (
            *gdpr(7, 3),
            *gdpr(13, 2, "c"),
            *gdpr(14, 2, "d"),
            *zzpl(15, 3),
            *zzpl(23, 2, "3"),
            *zzpl(24, 2, "4"),
        ),
        "You have the right to withdraw a consent as easily as you gave it. What we did before stays lawful.",
        "Imate pravo da opozovete pristanak jednako lako kao što ste ga dali. Ono što smo radili pre toga "
        "ostaje zakonito.",
        promise("RGT-7"),
    ),
)

EXERCISE = (
    clause(
        "exercise",
        (*gdpr(12, 2), *gdpr(12, 3), *gdpr(12, 5), *zzpl(21)),
        "Use the app, or write to {contact}. You need no account: a code to your number or mailbox is "
        "enough to ask. We answer within {answer}, free of charge. If an answer needs longer, we say so "
        "and why.",
        "Koristite aplikaciju ili pišite na {contact}. Nalog Vam nije potreban: za zahtev je dovoljan kod "
        "poslat na Vaš broj ili imejl adresu. Odgovaramo u roku od {answer}, bez naknade. Ako je za "
        "odgovor potrebno više vremena, to saopštavamo i navodimo razlog.",
        promise("RGT-10"),
        promise("RGT-11"),
        contact=setting("contact"),
        answer=setting("answer"),
    ),
    clause(
        "identity_papers",
        (*gdpr(12, 6), *zzpl(21)),
        "If a request waits for proof of your identity, you can upload papers that you choose. How "
        "long we keep them: {papers}.",
        "Ako zahtev čeka na dokaz o Vašem identitetu, možete da pošaljete dokumente koje sami izaberete. "
        "Koliko dugo ih čuvamo: {papers}.",
        where=practice(Practice.IDENTITY_PAPERS),
        papers=Kept("identity_paper"),
    ),
    clause(
        "proof",
        (*gdpr(5, 2), *zzpl(5, 2)),
        "We keep evidence of your request for {evidence}.",
        "Dokaze o Vašem zahtevu čuvamo {evidence}.",
        evidence=lasts(Period.RIGHTS_EVIDENCE),
    ),
    clause(
        "complaint",
        (*gdpr(13, 2, "d"), *gdpr(14, 2, "e"), *gdpr(77), *zzpl(23, 2, "4"), *zzpl(24, 2, "5"), *zzpl(82)),
        "You can complain to this authority: {authority}, {address}. You can also complain to the authority "
        "of the country where you live or work, or where the law was broken.",
        "Pritužbu možete da podnesete ovom organu: {authority}, {address}. Možete da je podnesete i organu "
        "države u kojoj živite ili radite ili u kojoj je došlo do povrede prava.",
        promise("RGT-9"),
        authority=setting("authority"),
        address=setting("authority_address"),
    ),
    clause(
        "court",
        (*gdpr(79), *zzpl(84)),
        "You can also go to court, whether you complained or not.",
        "Možete da se obratite i sudu, bilo da ste podneli pritužbu ili niste.",
    ),
)
