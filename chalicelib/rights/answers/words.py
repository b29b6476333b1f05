"""The words of decisions in English ("en") and Serbian ("sr", in Latin script), which all rights share.

Each right has words of its own, which its declaration names. An outcome names its article in the GDPR and in
the ZZPL, the Serbian Law on Personal Data Protection ("Službeni glasnik RS", no. 87/2018). A right that
cannot be refused has no words for a refusal, so none can be written by mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.rights.request import declaration
from chalicelib.rights.request.terms import Right, Status

Words = Mapping[str, str]


@dataclass(frozen=True)
class RightWords:
    """What people read about one right; its declaration names them.

    Attributes:
        title: its name in reports, in English.
        outcomes: what a decision says first, by the status.
        nothing_held: the answer to a person about whom nothing is stored.
        on_page: its name on the page of a copy, and what it allows; None: the page has words of its own.
    """

    title: str
    outcomes: Mapping[Status, Words]
    nothing_held: Words
    on_page: tuple[str, str] | None = None


def words_of(right: Right) -> RightWords:
    """The words of a right."""
    words: RightWords = declaration.load(declaration.of(right).words)
    return words


def in_both(en: str, sr: str) -> Words:
    """Pair the words of both languages."""
    return {"en": en, "sr": sr}


# For an outcome that a right should not have.
GENERAL: Mapping[Status, Words] = {
    Status.COMPLETED: in_both("We fulfilled your request.", "Ispunili smo Vaš zahtev."),
    Status.PARTIALLY_COMPLETED: in_both(
        "We fulfilled a part of your request.", "Ispunili smo deo Vašeg zahteva."
    ),
    Status.REFUSED: in_both("We refused your request.", "Odbili smo Vaš zahtev."),
    Status.CANCELLED: in_both("Your request was cancelled.", "Vaš zahtev je otkazan."),
}

# What may be missing, by the words that requests store.
PARTS: Mapping[str, Words] = {
    "your chat data at Stream": in_both(
        "your chat data at Stream", "Vaši podaci iz ćaskanja kod kompanije Stream"
    ),
    "some records that could not be read": in_both(
        "some records that could not be read", "neki zapisi koji nisu mogli da se pročitaju"
    ),
    "the transfer to the address that you named": in_both(
        "the transfer to the address that you named", "prenos na adresu koju ste naveli"
    ),
}

KEPT = in_both(
    "Except what a law requires us to keep: this answer lists it, with the law and until when we keep it. It "
    "is locked and used for nothing else.",
    "Izuzetak je ono što po zakonu moramo da čuvamo: ovaj odgovor to navodi, sa zakonom i rokom čuvanja. Ti "
    "podaci su zaključani i ne koriste se ni za šta drugo.",
)
# What a restriction stops, and how its subject ends it.
RESTRICTED_WHOLLY = in_both(
    "We stopped all use of your data except storing it. You can get a copy of it, use your privacy rights, "
    "and end the restriction at any time, with one tap under “Privacy and rights”.",
    "Prekinuli smo svaku upotrebu Vaših podataka osim čuvanja. Možete da dobijete njihovu kopiju, da "
    "ostvarujete svoja prava i da u svakom trenutku prekinete ograničenje, jednim dodirom, pod „Privatnost i "
    "prava“.",
)
RESTRICTED_IN_PART = in_both(
    "We stopped the uses of your data that you named. You can end the restriction at any time under “Privacy "
    "and rights”.",
    "Prekinuli smo upotrebe Vaših podataka koje ste naveli. Ograničenje možete da prekinete u svakom "
    "trenutku, pod „Privatnost i prava“.",
)
PRESERVED = in_both(
    "While the restriction lasts, we do not delete your data either.",
    "Dok ograničenje traje, Vaše podatke i ne brišemo.",
)
NOT_PRESERVED = in_both(
    "We could not preserve some data: {parts}.",
    "Neke podatke nismo mogli da sačuvamo: {parts}.",
)
# No code stops these for one subject, so the answer does not say that they have stopped.
UPHELD_UNSTOPPED = in_both(
    "We accepted your objection (Art. 21 GDPR, Art. 37 ZZPL). We cannot switch off the security of the "
    "service, or the records that legal claims may need, for a single account. If you named other "
    "processing, it has stopped.",
    "Prihvatili smo Vaš prigovor (čl. 21. GDPR, čl. 37. ZZPL). Bezbednost usluge, kao ni zapise koji mogu da "
    "budu potrebni za pravne zahteve, ne možemo da isključimo samo za jedan nalog. Ako ste naveli i drugu "
    "obradu, ona je prekinuta.",
)
# Stream offers no chat without its moderation, rate limits and connection data.
CHAT_OFFER = in_both(
    "Our chat provider cannot separate its protection from abuse from chat. If you do not want it, you can "
    "close chat: restrict all use of your data, or delete your account, under “Privacy and rights”.",
    "Naš pružalac usluge ćaskanja ne može da odvoji zaštitu od zloupotrebe od ćaskanja. Ako je ne želite, "
    "možete da zatvorite ćaskanje: ograničite svaku upotrebu svojih podataka ili obrišite nalog, pod "
    "„Privatnost i prava“.",
)
MISSING = in_both(
    "Some data could not be included: {parts}. The copy lists what is missing and why.",
    "Neki podaci nisu mogli da se uključe: {parts}. U kopiji piše šta nedostaje i zašto.",
)
