"""The clauses of the pages of rights: what happens, how long it takes, what we need (Art. 12 GDPR)."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.privacy.clauses.binding import Kept, RestsOn, Single, lasts, registered, setting
from chalicelib.privacy.clauses.clause import Clause, clause, gdpr, zzpl
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import LegalBasis
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.request.terms import Right


def wait(name: str) -> Single:
    """A wait of a request, which is a setting of the stage."""
    return Single(f"wait/{name}")


# What each right is for: the first sentence of its page, and its line on the first page.
LEADS: Mapping[Right, Clause] = {
    Right.ACCESS: clause(
        "site.access",
        (*gdpr(15), *zzpl(26)),
        "Learn which data about you we process, why, for how long and who receives it, and get a copy.",
        "Saznajte koje podatke o Vama obrađujemo, zašto, koliko dugo i ko ih prima, i dobijte njihovu "
        "kopiju.",
    ),
    Right.PORTABILITY: clause(
        "site.portability",
        (*gdpr(20), *zzpl(36)),
        "Get the data that you gave us, or that your use of the service created, in a format that other "
        "services can read.",
        "Dobijte podatke koje ste nam dali ili koji su nastali dok ste koristili uslugu, u obliku koji "
        "druge usluge mogu da čitaju.",
    ),
    Right.RECTIFICATION: clause(
        "site.rectification",
        (*gdpr(16), *zzpl(29)),
        "Have wrong data corrected, and incomplete data completed.",
        "Tražite da ispravimo netačne podatke i da dopunimo nepotpune.",
    ),
    Right.ERASURE: clause(
        "site.erasure",
        (*gdpr(17), *zzpl(30)),
        "Have your account and your data deleted, at RU4M and at the company that delivers our chat.",
        "Obrišite svoj nalog i svoje podatke, kod RU4M i kod kompanije koja isporučuje poruke našeg "
        "ćaskanja.",
    ),
    Right.RESTRICTION: clause(
        "site.restriction",
        (*gdpr(18, 1), *zzpl(31)),
        "Have your data only stored, and used for little else, on grounds that the law names.",
        "Tražite da Vaše podatke samo čuvamo, gotovo bez druge upotrebe, iz razloga koje zakon navodi.",
    ),
    Right.OBJECTION: clause(
        "site.objection",
        (*gdpr(21, 1), *zzpl(37)),
        "Object to a use of your data that rests on our legitimate interests.",
        "Podnesite prigovor na obradu podataka koju zasnivamo na svojim legitimnim interesima.",
    ),
    Right.MARKETING_OBJECTION: clause(
        "site.marketing_objection",
        (*gdpr(21, 2), *zzpl(37)),
        "Stop marketing messages, without giving a reason.",
        "Zaustavite oglasne poruke, bez navođenja razloga.",
    ),
    Right.CONSENT_WITHDRAWAL: clause(
        "site.consent_withdrawal",
        (*gdpr(7, 3), *zzpl(15)),
        "Withdraw a consent that you gave, as easily as you gave it.",
        "Opozovite pristanak koji ste dali, jednako lako kao što ste ga dali.",
    ),
}

_COPY = (
    clause(
        "site.copy.file",
        (),
        "We collect your data from our databases and from {stream}, which delivers our chat, and put it "
        "into one file: a page to read, and the same data for programs. If something cannot be included, "
        "the file says what is missing, and why.",
        "Vaše podatke prikupljamo iz naših baza podataka i od kompanije {stream}, koja isporučuje poruke "
        "našeg ćaskanja, i stavljamo ih u jednu datoteku: stranicu za čitanje i iste podatke za programe. "
        "Ako nešto ne može da se uključi, u datoteci piše šta nedostaje i zašto.",
        stream=registered(Recipient.STREAM, "name"),
    ),
    clause(
        "site.copy.kept",
        (),
        "Your receipt lets you download the file for {kept} after it was made. Then we delete it.",
        "Uz potvrdu o prijemu datoteku možete da preuzmete {kept} nakon što je napravljena. Zatim je "
        "brišemo.",
        kept=lasts(Period.EXPORT),
    ),
)

# By right, what happens with a request for it. The page of an erasure has more: `site/clauses/deletion`.
HAPPENS: Mapping[Right, tuple[Clause, ...]] = {
    Right.ACCESS: _COPY,
    Right.PORTABILITY: _COPY,
    Right.RECTIFICATION: (
        clause(
            "site.rectification.profile",
            (),
            "In the app you change your profile yourself, at once. What you write here changes no value: "
            "{recovery} after we notified the account, we store it beside your data as your statement. To "
            "have a value changed without the app, write to {contact}.",
            "U aplikaciji svoj profil menjate sami, odmah. Ono što napišete ovde ne menja nijednu vrednost: "
            "{recovery} pošto obavestimo nalog, čuvamo ga uz Vaše podatke kao Vašu izjavu. Za izmenu bez "
            "aplikacije pišite na {contact}.",
            recovery=wait("recovery"),
            contact=setting("contact"),
        ),
        clause(
            "site.rectification.reviewed",
            (*gdpr(18, 1, "a"), *zzpl(31)),
            "Other data that you contest in the app, or by writing to us, is checked by two of our staff. "
            "Until they decide, the use for which it matters is restricted.",
            "Druge podatke koje osporavate u aplikaciji ili porukom proverava dvoje naših zaposlenih. Dok "
            "ne odluče, upotreba za koju su ti podaci važni je ograničena.",
        ),
        clause(
            "site.rectification.recipients",
            (*gdpr(19), *zzpl(33)),
            "We notify each recipient of the corrected data, unless this is impossible.",
            "O ispravci obaveštavamo svakog primaoca tih podataka, osim ako je to nemoguće.",
        ),
    ),
    Right.RESTRICTION: (
        clause(
            "site.restriction.grounds",
            (*gdpr(18, 1), *zzpl(31)),
            "The grounds are: you contest the accuracy of the data; its use is unlawful, and you do not "
            "want deletion; you need data for a legal claim that we no longer need; you objected, and we "
            "have not decided yet.",
            "Razlozi su: osporavate tačnost podataka; njihova obrada je nezakonita, a ne želite brisanje; "
            "podaci koji nama više nisu potrebni potrebni su Vama za pravni zahtev; podneli ste prigovor, a "
            "još nismo odlučili.",
        ),
        clause(
            "site.restriction.effect",
            (*gdpr(18, 2), *zzpl(31)),
            "A request on this page stops all use, chat too: we then store your data, and use it otherwise "
            "only to sign you in, for your privacy rights, legal claims, security and legal duties.",
            "Zahtev sa ove stranice zaustavlja svu upotrebu, i ćaskanje: tada Vaše podatke čuvamo, a inače "
            "ih koristimo samo za prijavu, Vaša prava, pravne zahteve, bezbednost i zakonske obaveze.",
        ),
        clause(
            "site.restriction.preserved",
            (),
            "If its use is unlawful or you need the data for a claim, we also delete nothing of it while "
            "the restriction lasts.",
            "Ako je obrada nezakonita ili su Vam podaci potrebni za pravni zahtev, dok ograničenje traje "
            "ništa od njih i ne brišemo.",
        ),
        clause(
            "site.restriction.end",
            (*gdpr(18, 3), *zzpl(31)),
            "You can end the restriction at any time, in the app or by writing to {contact}. Before we end "
            "it, we announce that {notice} ahead.",
            "Ograničenje možete da prekinete u svakom trenutku, u aplikaciji ili porukom na {contact}. Ako "
            "ga prekidamo mi, to najavljujemo {notice} ranije.",
            contact=setting("contact"),
            notice=wait("lifting"),
        ),
    ),
    Right.OBJECTION: (
        clause(
            "site.objection.interests",
            (),
            "Our legitimate interests are: {purposes}.",
            "Na osnovu svojih legitimnih interesa podatke obrađujemo: {purposes}.",
            purposes=RestsOn(LegalBasis.LEGITIMATE_INTERESTS),
        ),
        clause(
            "site.objection.effect",
            (*gdpr(21, 1), *zzpl(37)),
            "What you object to stops with your objection. Only security and what legal claims may need go "
            "on while we decide.",
            "Ono na šta podnesete prigovor prestaje čim ga podnesete. Dok odlučujemo, nastavlja se samo ono "
            "što služi bezbednosti ili može da bude potrebno za pravne zahteve.",
        ),
        clause(
            "site.objection.decision",
            (),
            "Two of our staff decide whether compelling grounds override your interests, as a rule within "
            "{weighing}. Without such grounds the use stays stopped. With them you get the reasons, and the "
            "use begins again {notice} after we announced that, at the earliest.",
            "Dvoje naših zaposlenih odlučuje da li zakonski razlozi pretežu nad Vašim interesima, po "
            "pravilu za {weighing}. Ako takvih razloga nema, obrada ostaje prekinuta. Ako ih ima, dobijate "
            "obrazloženje, a obrada se nastavlja najranije {notice} nakon što to najavimo.",
            weighing=wait("weighing"),
            notice=wait("lifting"),
        ),
    ),
    Right.MARKETING_OBJECTION: (
        clause(
            "site.marketing.effect",
            (*gdpr(21, 3), *zzpl(37)),
            "Marketing to you stops at once. A message that is already on its way may still arrive. Codes, "
            "and messages about your account and your rights, are not marketing: they still come.",
            "Oglasne poruke Vam odmah prestajemo da šaljemo. Poruka koja je već poslata može još da stigne. "
            "Kodovi i poruke o Vašem nalogu i pravima nisu oglasne poruke: oni i dalje stižu.",
        ),
        clause(
            "site.marketing.remembered",
            (),
            "The objection outlasts your account: we remember the number and the email address as keyed "
            "hashes for {suppressed} after its deletion, or after an objection without an account.",
            "Prigovor traje duže od naloga: broj i imejl adresu pamtimo kao heš-vrednosti zaštićene ključem "
            "još {suppressed} posle brisanja naloga ili posle prigovora bez naloga.",
            suppressed=wait("suppression"),
        ),
    ),
    Right.CONSENT_WITHDRAWAL: (
        clause(
            "site.withdrawal.effect",
            (*gdpr(7, 3), *zzpl(15)),
            "The withdrawal takes effect at once. What we did before stays lawful. Data that we hold on the "
            "basis of this consent only is deleted.",
            "Opoziv deluje odmah. Ono što smo radili pre toga ostaje zakonito. Podaci koje imamo samo na "
            "osnovu tog pristanka brišu se.",
        ),
        clause(
            "site.withdrawal.app",
            (),
            "The app has a switch for each consent.",
            "Aplikacija za svaki pristanak ima prekidač.",
        ),
    ),
}

ANSWERED = clause(
    "site.answered",
    (*gdpr(12, 3), *gdpr(12, 5), *zzpl(21)),
    "We answer within {answer} or one month, whichever ends first, free of charge. If requests are complex "
    "or many, we may need up to {extension} more: then we inform you within the first period, with the "
    "reason.",
    "Odgovaramo u roku od {answer} ili od mesec dana, koji god istekne ranije, bez naknade. Ako su zahtevi "
    "složeni ili ih je mnogo, može nam biti potrebno još najviše {extension}: tada Vas u prvom roku "
    "obaveštavamo o razlogu.",
    answer=setting("answer"),
    extension=wait("extension"),
)
WARNED = clause(
    "site.warned",
    (),
    "Without the app, two of our staff check who made the request, because your codes went to every contact "
    "that we could warn: write to {contact} once you have entered both. We notify the account and wait "
    "{recovery}, so that its owner can stop what another person requested.",
    "Bez aplikacije, dvoje naših zaposlenih proverava ko je podneo zahtev, jer su Vaši kodovi poslati na "
    "svaki kontakt koji bismo mogli da upozorimo: kada unesete oba, pišite na {contact}. Obaveštavamo nalog "
    "i čekamo {recovery}, da bi vlasnik mogao da zaustavi ono što je zatražilo drugo lice.",
    contact=setting("contact"),
    recovery=wait("recovery"),
)
EVIDENCE = clause(
    "site.evidence",
    (*gdpr(5, 2), *zzpl(5)),
    "How long we keep your request: {kept}.",
    "Koliko dugo čuvamo Vaš zahtev: {kept}.",
    kept=Kept("rights_request"),
)

CODE = clause(
    "site.code",
    (*gdpr(12, 6), *zzpl(21)),
    "A code to your mobile number or your email address. You need no account: if no account has that number "
    "or address, we answer so. Messages to our support that belong to no account are not found in this way: "
    "for these, write to {contact}.",
    "Kod koji šaljemo na Vaš broj mobilnog telefona ili imejl adresu. Nalog Vam nije potreban: ako nijedan "
    "nalog nema taj broj ili adresu, tako i odgovaramo. Poruke podršci koje ne pripadaju nalogu tako se ne "
    "pronalaze: za njih pišite na {contact}.",
    contact=setting("contact"),
)
SECOND_PROOF = clause(
    "site.second_proof",
    (),
    "For this right, without the app, two codes: one to the number and one to the email address of your "
    "account. One stolen phone or mailbox is then not enough. An address counts after {mailbox} in the "
    "account, and a changed number after {recovery}. If your account has no email address, write to "
    "{contact}.",
    "Za ovo pravo, bez aplikacije, dva koda: jedan na broj i jedan na imejl adresu Vašeg naloga. Tako jedan "
    "ukraden telefon ili jedno sanduče nisu dovoljni. Adresa važi kada je u nalogu {mailbox}, a promenjeni "
    "broj nakon {recovery}. Ako Vaš nalog nema imejl adresu, pišite na {contact}.",
    contact=setting("contact"),
    mailbox=wait("mailbox"),
    recovery=wait("recovery"),
)
RECEIPT = clause(
    "site.receipt",
    (),
    "You get a receipt: a link that shows your request, and cancels it while that is possible. Keep it. "
    "Anyone who has it can do the same.",
    "Dobijate potvrdu o prijemu: vezu koja prikazuje Vaš zahtev i otkazuje ga dok je to moguće. Sačuvajte "
    "je. Ko god je ima, može isto.",
)
LOST = clause(
    "site.lost",
    (*gdpr(12, 2), *zzpl(21)),
    "If you cannot get these codes, write to {contact}: we check in another way that it is you. Send no "
    "copy of an identity document unless we ask for it.",
    "Ako ne možete da dobijete te kodove, pišite na {contact}: na drugi način proveravamo da ste to Vi. Ne "
    "šaljite kopiju ličnog dokumenta ako je ne zatražimo.",
    contact=setting("contact"),
)

REFUSED = clause(
    "site.refused",
    (*gdpr(12, 4), *zzpl(21)),
    "A refusal says why, and where you can complain. It gives one of these reasons:",
    "Odbijanje navodi razlog i kome možete da podnesete pritužbu. Razlog je jedan od ovih:",
)
NEVER_REFUSED = clause(
    "site.never_refused",
    (),
    "Nothing: this right takes effect without an assessment.",
    "Ništa: ovo pravo deluje bez ikakve procene.",
)
