"""The clauses of the page of an erasure: what goes, what stays, and until when it can be cancelled."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core.settings import ErasureExtent
from chalicelib.privacy.clauses.binding import Kept, lasts, registered, setting
from chalicelib.privacy.clauses.clause import Clause, clause, gdpr, zzpl
from chalicelib.privacy.periods import Period
from chalicelib.privacy.recipients import Recipient
from chalicelib.site.clauses.rights import wait

_STREAM = registered(Recipient.STREAM, "name")

WAYS = clause(
    "site.deletion.ways",
    (),
    "With the app: “Privacy and rights”, where one code is enough. Without it: begin here. If you lost the "
    "phone, a new SIM card with your number gets the code.",
    "U aplikaciji: „Privatnost i prava“, gde je dovoljan jedan kod. Bez nje: počnite ovde. Ako ste ostali "
    "bez telefona, kod stiže na novu SIM karticu sa Vašim brojem.",
)
HAPPENS = (
    clause(
        "site.deletion.confirmed",
        (),
        "We send you a message with the day until which you can cancel. The account is then frozen: its "
        "devices are signed out, and it takes no part in chats.",
        "Šaljemo Vam poruku sa danom do kojeg možete da otkažete brisanje. Nalog je tada zamrznut: njegovi "
        "uređaji su odjavljeni i ne učestvuje u ćaskanju.",
    ),
    clause(
        "site.deletion.grace",
        (),
        "You can cancel until the day that this message names, as a rule {grace} after it, by the link in "
        "it or in the app: the account and its data then stay. In the app you can choose a shorter time of "
        "{waived}. A copy of your data that is not ready or not fetched can delay the deletion.",
        "Brisanje možete da otkažete do dana navedenog u toj poruci, po pravilu {grace} posle nje, vezom iz "
        "nje ili u aplikaciji: tada nalog i podaci ostaju. U aplikaciji možete da izaberete kraće vreme: "
        "{waived}. Kopija podataka koja nije gotova ili preuzeta može da odloži brisanje.",
        grace=wait("grace"),
        waived=wait("waived_grace"),
    ),
    clause(
        "site.deletion.begun",
        (),
        "Then the deletion begins, and cannot be stopped any more. We delete your data in our databases and "
        "at {stream}, search our tables again, and delete the key that decrypts your data.",
        "Zatim brisanje počinje i više ne može da se zaustavi. Vaše podatke brišemo u našim bazama podataka "
        "i kod kompanije {stream}, ponovo pretražujemo svoje tabele i brišemo ključ kojim se dešifruju Vaši "
        "podaci.",
        stream=_STREAM,
    ),
    clause(
        "site.deletion.certificate",
        (),
        "At the end, your receipt shows a signed certificate: what was deleted, what stays, why and until "
        "when.",
        "Na kraju, uz potvrdu o prijemu dobijate potpisanu potvrdu: šta je obrisano, šta ostaje, zašto i do "
        "kada.",
    ),
)

STAYS = (
    clause(
        "site.deletion.stays",
        (*gdpr(17, 3, "b", "e"), *zzpl(30)),
        "A law, a legal claim or an order can require that some data stays. Records of your account that "
        "have to stay are moved to locked storage, and used for nothing else. The certificate names what "
        "stays of yours and its last day, unless an order is secret.",
        "Zakon, pravni zahtev ili nalog može da zahteva da deo podataka ostane. Zapise Vašeg naloga koji "
        "moraju da ostanu premeštamo u zaključano skladište i ne koristimo ih ni za šta drugo. Potvrda "
        "navodi šta od Vaših podataka ostaje i poslednji dan, osim ako je nalog tajan.",
    ),
)
HASHES = (
    clause(
        "site.deletion.hashes",
        (),
        "Keyed hashes of your number, email address and username, which name no account, stay for "
        "{quarantine}; after an objection to marketing, for {suppressed}. If other users blocked you, a "
        "keyed hash of your number stays in their lists until they lift the block. The hash of your user id "
        "stays for good, so that the id is given to no other person.",
        "Heš-vrednosti Vašeg broja, imejl adrese i korisničkog imena, zaštićene ključem i bez naloga, ostaju "
        "{quarantine}, a posle prigovora na oglasne poruke {suppressed}. Ako su Vas drugi korisnici "
        "blokirali, heš Vašeg broja ostaje na njihovim listama dok ne ukinu blokadu. Heš Vaše oznake "
        "korisnika ostaje trajno, da je ne bi dobilo drugo lice.",
        quarantine=wait("quarantine"),
        suppressed=wait("suppression"),
    ),
    clause(
        "site.deletion.support",
        (),
        "Messages to our support that belong to no account stay for {support}.",
        "Poruke podršci koje ne pripadaju nalogu ostaju {support}.",
        support=lasts(Period.SUPPORT_MESSAGE),
    ),
    clause(
        "site.deletion.codes",
        (),
        "One-time codes cannot be found from an account. They expire: {kept}.",
        "Jednokratni kodovi ne mogu da se pronađu preko naloga. Oni ističu: {kept}.",
        kept=Kept("challenge"),
    ),
)

# What remains in conversations, by what an erasure deletes at Stream.
OTHERS: Mapping[ErasureExtent, Clause] = {
    ErasureExtent.KEEP_CONVERSATIONS: clause(
        "site.deletion.others",
        (),
        "At {stream} your own messages, files and calls are deleted. What other people wrote stays with "
        "them, including quotes of your messages. So do names of groups.",
        "Kod kompanije {stream} brišu se Vaše poruke, datoteke i pozivi. Ono što su napisali drugi ostaje "
        "kod njih, uključujući i citate Vaših poruka. Ostaju i nazivi grupa.",
        stream=_STREAM,
    ),
    ErasureExtent.EVERYTHING: clause(
        "site.deletion.everything",
        (),
        "At {stream} your own messages, files and calls are deleted, and your conversations of two as a "
        "whole. What other people wrote in groups stays with them, including quotes of your messages. So do "
        "names of groups.",
        "Kod kompanije {stream} brišu se Vaše poruke, datoteke i pozivi, a razgovori udvoje u celini. Ono "
        "što su drugi napisali u grupama ostaje kod njih, uključujući i citate Vaših poruka. Ostaju i "
        "nazivi grupa.",
        stream=_STREAM,
    ),
}
ELSEWHERE = (
    clause(
        "site.deletion.protection",
        (),
        "What {stream} uses to protect chat from abuse stays there {kept}. Files that it made for a copy of "
        "your data stay there for {exports}.",
        "Ono čime {stream} štiti ćaskanje od zloupotrebe ostaje tamo {kept}. Datoteke koje je napravio za "
        "kopiju Vaših podataka ostaju tamo {exports}.",
        stream=_STREAM,
        kept=Kept("chat_protection"),
        exports=wait("stream_exports"),
    ),
    clause(
        "site.deletion.outside",
        (),
        "We cannot delete what others received or saved: our messages in your mailbox and at your mobile "
        "carrier, a copy that you had us send to another service, and what other users saved on their "
        "devices. Phones and chat apps may show your picture for a day.",
        "Ne možemo da obrišemo ono što su drugi primili ili sačuvali: naše poruke u Vašem sandučetu i kod "
        "mobilnog operatera, kopiju koju smo na Vaš zahtev poslali drugoj usluzi, ni ono što su drugi "
        "korisnici sačuvali na svojim uređajima. Telefoni i aplikacije za ćaskanje mogu još jedan dan da "
        "prikazuju Vašu sliku.",
    ),
)

BACKUPS = (
    clause(
        "site.deletion.backups",
        (),
        "Backups contain deleted data for another {backups}. Backups of the keys that encrypt your data end "
        "after {keys}; from then on, what those keys encrypted cannot be read in the other backups. If we "
        "have to restore a backup, we repeat your deletion.",
        "Rezervne kopije sadrže obrisane podatke još {backups}. Kopije ključeva kojima su Vaši podaci "
        "šifrovani prestaju da postoje za {keys}; od tada podaci šifrovani tim ključevima ne mogu da se "
        "pročitaju ni u ostalim kopijama. Ako moramo da vratimo rezervnu kopiju, ponavljamo Vaše brisanje.",
        backups=setting("backups"),
        keys=setting("key_backups"),
    ),
)
