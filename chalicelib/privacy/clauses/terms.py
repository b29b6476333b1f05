"""Our terms of use, chapter by chapter, in the order in which a person reads them.

They state what the service does today: blocks between users, and answers to mail. Reports and suspensions are
stated once there are any. Liability and law follow what binds us anyway (Art. 14 DSA, the law on consumers).
"""

from __future__ import annotations

from chalicelib.privacy.clauses.binding import (
    Kept,
    Single,
    practice,
    promise,
    registered,
    right,
    setting,
)
from chalicelib.privacy.clauses.clause import Article, Chapter, Clause, clause
from chalicelib.privacy.facts import Facts
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.recipients import Recipient


def chapters(facts: Facts) -> tuple[Chapter, ...]:  # noqa: ARG001 - built as the policy is
    """Build the terms of the facts."""
    return (
        Chapter("service", {"en": "The service", "sr": "Usluga"}, _SERVICE),
        Chapter("account", {"en": "Your account", "sr": "Vaš nalog"}, _ACCOUNT),
        Chapter("conduct", {"en": "Rules of conduct", "sr": "Pravila ponašanja"}, _CONDUCT),
        Chapter("chat", {"en": "Chat", "sr": "Ćaskanje"}, _CHAT),
        Chapter(
            "breaches",
            {"en": "If a user breaks these rules", "sr": "Ako korisnik prekrši ova pravila"},
            _BREACHES,
        ),
        Chapter("price", {"en": "Price", "sr": "Cena"}, _PRICE),
        Chapter("end", {"en": "The end of the contract", "sr": "Prestanak ugovora"}, _END),
        Chapter("law", {"en": "Liability and law", "sr": "Odgovornost i merodavno pravo"}, _LAW),
        Chapter("changes", {"en": "Changes of these terms", "sr": "Izmene ovih uslova"}, _CHANGES),
        Chapter("contact", {"en": "Contact", "sr": "Kontakt"}, _CONTACT),
    )


def _dsa(number: int, paragraph: int) -> tuple[Article, ...]:
    return (Article("DSA", number, paragraph),)


def _rule(name: str, english: str, serbian: str) -> Clause:
    """A rule of conduct; decisions about a breach name it by its id."""
    return clause(f"rule.{name}", _dsa(14, 1), english, serbian)


_SERVICE = (
    clause(
        "provider",
        (),
        "The service is offered by {name}, {address}, {country}. These terms are the contract between you "
        "and that company.",
        "Uslugu pruža {name}, {address}, {country}. Ovi uslovi su ugovor između Vas i tog društva.",
        name=setting("controller"),
        address=setting("address"),
        country=setting("country"),
    ),
    clause(
        "offer",
        (),
        "In the app you have a profile and contacts, and you chat in conversations of two and in groups.",
        "U aplikaciji imate profil i kontakte i ćaskate u razgovorima udvoje i u grupama.",
        Single("kind/profile"),
        Single("kind/contact"),
        Single("kind/conversation"),
        Single("kind/conversation_name"),
    ),
    clause(
        "privacy",
        (),
        "Our privacy policy states how we process your data. Where we need your consent, we ask for it "
        "separately: accepting these terms does not give it.",
        "Kako obrađujemo Vaše podatke navodi naša politika privatnosti. Kada nam je potreban Vaš pristanak, "
        "tražimo ga posebno: prihvatanjem ovih uslova ga ne dajete.",
        promise("RGT-7"),
    ),
)

_ACCOUNT = (
    clause(
        "capacity",
        (),
        "You may use the service if the law of the country where you live allows you to enter into this "
        "contract. If that law requires the consent of a parent or guardian, obtain it first.",
        "Uslugu možete da koristite ako Vam pravo države u kojoj živite dozvoljava da zaključite ovaj "
        "ugovor. Ako to pravo zahteva saglasnost roditelja ili staratelja, prethodno je pribavite.",
    ),
    clause(
        "number",
        (),
        "An account belongs to one mobile number, which a code verifies before the account is created. Use "
        "a number of your own, and change it in the app before you give it up.",
        "Nalog pripada jednom broju mobilnog telefona, koji se potvrđuje kodom pre nego što se nalog otvori. "
        "Koristite sopstveni broj i promenite ga u aplikaciji pre nego što prestanete da ga koristite.",
        promise("ACC-1"),
        promise("ACC-2"),
    ),
    clause(
        "care",
        (),
        "Keep your codes secret. If another person uses your account, sign that device out in the app, or "
        "write to {contact}.",
        "Čuvajte svoje kodove u tajnosti. Ako drugo lice koristi Vaš nalog, odjavite taj uređaj u aplikaciji "
        "ili pišite na {contact}.",
        promise("ACC-5"),
        contact=setting("contact"),
    ),
)

_CONDUCT = (
    _rule(
        "child_abuse",
        "Do not show, share or solicit the sexual abuse of children, and do not approach children for it.",
        "Ne prikazujte, ne delite i ne tražite seksualno zlostavljanje dece i ne stupajte u kontakt sa decom "
        "radi toga.",
    ),
    _rule(
        "threats",
        "Do not threaten people, and do not call for violence against them.",
        "Ne pretite ljudima i ne pozivajte na nasilje nad njima.",
    ),
    _rule(
        "harassment",
        "Do not harass, stalk or degrade people, and do not incite hatred against groups of people.",
        "Ne uznemiravajte, ne uhodite i ne ponižavajte ljude i ne podstičite mržnju prema grupama ljudi.",
    ),
    _rule(
        "intimate_images",
        "Do not share intimate images of a person who did not agree to it.",
        "Ne delite intimne snimke lica koje na to nije pristalo.",
    ),
    _rule(
        "spam",
        "Do not send advertisements or mass messages that their recipients did not ask for.",
        "Ne šaljite reklame ni masovne poruke koje primaoci nisu tražili.",
    ),
    _rule(
        "impersonation",
        "Do not pretend to be another person or organisation, and do not deceive people to obtain money, "
        "codes or data.",
        "Ne predstavljajte se kao drugo lice ili organizacija i ne obmanjujte ljude da biste došli do novca, "
        "kodova ili podataka.",
    ),
    _rule(
        "data_of_others",
        "Do not collect or publish the data of other people, unless you have the right to do so.",
        "Ne prikupljajte i ne objavljujte tuđe podatke ako na to nemate pravo.",
    ),
    _rule(
        "illegal",
        "Do not share content or offer goods that are illegal, and respect the rights of others to their "
        "works.",
        "Ne delite nezakonit sadržaj, ne nudite nezakonitu robu i poštujte tuđa autorska prava.",
    ),
    _rule(
        "attacks",
        "Do not attack or overload the service, evade its limits, or use it through programs that we did not "
        "make or permit. You may report a weakness to us.",
        "Ne napadajte i ne preopterećujte uslugu, ne zaobilazite njena ograničenja i ne koristite je kroz "
        "programe koje nismo napravili ni dozvolili. Bezbednosni propust smete da prijavite nama.",
    ),
    clause(
        "content",
        (),
        "What you write and share remains yours. You permit us to store it and to deliver it to the members "
        "of the conversation, as far as the service needs it.",
        "Ono što napišete i podelite ostaje Vaše. Dozvoljavate nam da to čuvamo i isporučimo članovima "
        "razgovora, koliko je potrebno za uslugu.",
        Single("kind/chat_message"),
    ),
)

_CHAT = (
    clause(
        "through_stream",
        (),
        "Messages, files and reactions pass through {provider}, an external service ({role}), which stores "
        "them for a limited time. You accept these terms before you can chat.",
        "Poruke, datoteke i reakcije prolaze kroz {provider}, spoljnu uslugu ({role}), koja ih čuva "
        "ograničeno vreme. Ove uslove prihvatate pre nego što možete da ćaskate.",
        promise("STR-4"),
        promise("STR-11"),
        provider=registered(Recipient.STREAM, "name"),
        role=registered(Recipient.STREAM, "role"),
    ),
)

_BREACHES = (
    clause(
        "block",
        _dsa(14, 1),
        "If you do not want messages from a user, block that user: your contact and your conversation of two "
        "end. In a group both of you stay, and you can leave it.",
        "Ako ne želite poruke nekog korisnika, blokirajte ga: prestaju vaš kontakt i vaš razgovor udvoje. U "
        "grupi ostajete oboje, a možete da je napustite.",
        Single("kind/block_list"),
        Single("kind/contact"),
        Single("kind/conversation"),
    ),
    clause(
        "write_to_us",
        (*_dsa(12, 1), *_dsa(14, 1)),
        "Write to {contact} about a breach of these rules. A member of our staff reads your mail and answers "
        "it.",
        "O kršenju ovih pravila pišite na {contact}. Naš zaposleni čita Vaš imejl i odgovara na njega.",
        contact=setting("contact"),
    ),
    clause(
        "danger",
        (),
        "If you are in danger, call the police. We give data to an authority on a valid request, and record "
        "each disclosure.",
        "Ako ste u opasnosti, pozovite policiju. Organu vlasti dajemo podatke na osnovu valjanog zahteva, a "
        "svako otkrivanje beležimo.",
        promise("NOT-3"),
    ),
)

_PRICE = (
    clause(
        "price",
        (),
        "A paid service needs your order, after we state its price. How long we keep the invoice: {kept}.",
        "Za uslugu koja se plaća potrebna je Vaša narudžbina, pošto navedemo cenu. Koliko dugo čuvamo račun: "
        "{kept}.",
        promise("USE-7"),
        kept=Kept("invoice"),
    ),
)

_END = (
    clause(
        "leaving",
        (),
        "You can end this contract at any time: delete your account in the app. Our privacy policy states "
        "which data remains, why, and until when.",
        "Ovaj ugovor možete da raskinete u svakom trenutku: obrišite svoj nalog u aplikaciji. Koji podaci "
        "ostaju, zašto i do kada navodi naša politika privatnosti.",
        right("erasure"),
        promise("RGT-3"),
    ),
    clause(
        "unused",
        (),
        "If you do not use your account for {unused}, we warn you twice and then close it, which ends this "
        "contract. If you sign in, it stays open.",
        "Ako svoj nalog ne koristite {unused}, dva puta Vas upozoravamo, a zatim ga zatvaramo, čime ovaj "
        "ugovor prestaje. Ako se prijavite, nalog ostaje otvoren.",
        where=practice(Practice.CLOSING_IDLE_ACCOUNTS),
        unused=setting("idle"),
    ),
)

_LAW = (
    clause(
        "liability",
        (),
        "We are liable as the law provides. Faults and maintenance can interrupt the service.",
        "Odgovaramo u skladu sa zakonom. Usluga može da bude prekinuta zbog kvarova i održavanja.",
    ),
    clause(
        "consumers",
        (),
        "The law of {country}, where our seat is, applies. As a consumer you also keep the rights that the "
        "mandatory law of the country where you live gives you, and you can go to its courts where that law "
        "says so.",
        "Merodavno je pravo države našeg sedišta ({country}). Kao potrošač zadržavate i prava koja Vam daju "
        "prinudni propisi države u kojoj živite i možete da se obratite njenim sudovima kada ti propisi to "
        "predviđaju.",
        country=setting("country"),
    ),
)

_CHANGES = (
    clause(
        "new_terms",
        _dsa(14, 2),
        "We announce new terms {notice} before they apply to you, by mail or in the app, with what changes. "
        "From then on, you accept them before you can chat. If you do not agree, you can delete your "
        "account.",
        "Nove uslove najavljujemo {notice} pre nego što počnu da važe za Vas, imejlom ili u aplikaciji, i "
        "navodimo šta se menja. Od tada ih prihvatate pre nego što možete da ćaskate. Ako se ne slažete, "
        "možete da obrišete svoj nalog.",
        promise("NOT-1"),
        promise("STR-4"),
        right("erasure"),
        notice=setting("notice"),
    ),
)

_CONTACT = (
    clause(
        "reach",
        _dsa(12, 1),
        "Write to {contact}, or to {name}, {address}, {country}.",
        "Pišite na {contact} ili na adresu: {name}, {address}, {country}.",
        promise("NOT-4"),
        contact=setting("contact"),
        name=setting("controller"),
        address=setting("address"),
        country=setting("country"),
    ),
)
