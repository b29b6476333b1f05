"""The words of decisions in English ("en") and Serbian ("sr", in Latin script): outcomes and remedies.

Each outcome names its article in the GDPR and in the ZZPL, the Serbian Law on Personal Data
Protection ("Službeni glasnik RS", no. 87/2018). A right that cannot be refused (`permitted_reasons`) has no
words for a refusal, so none can be written by mistake.
"""

from collections.abc import Mapping

from chalicelib.rights.request.model import Right, Status

Words = Mapping[str, str]


def in_both(en: str, sr: str) -> Words:
    """Pair the words of both languages."""
    return {"en": en, "sr": sr}


OUTCOMES: Mapping[Right, Mapping[Status, Words]] = {
    Right.ACCESS: {
        Status.COMPLETED: in_both(
            "Your copy is ready. It shows what we store about you, why, for how long, and who received it "
            "(Art. 15 GDPR, Art. 26 ZZPL).",
            "Vaša kopija je spremna. Ona prikazuje koje podatke o Vama čuvamo, zašto, koliko dugo i ko ih je "
            "primio (čl. 15. GDPR, čl. 26. ZZPL).",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "Your copy is ready, but it is not complete (Art. 15 GDPR, Art. 26 ZZPL).",
            "Vaša kopija je spremna, ali nije potpuna (čl. 15. GDPR, čl. 26. ZZPL).",
        ),
        Status.REFUSED: in_both(
            "We refused your request for a copy of your data (Art. 15 GDPR, Art. 26 ZZPL).",
            "Odbili smo Vaš zahtev za kopiju podataka (čl. 15. GDPR, čl. 26. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request for a copy of your data was cancelled. You do not get a copy.",
            "Vaš zahtev za kopiju podataka je otkazan. Nećete dobiti kopiju.",
        ),
    },
    Right.PORTABILITY: {
        Status.COMPLETED: in_both(
            "Your data is ready, in a format that other services can read (Art. 20 GDPR, Art. 36 ZZPL).",
            "Vaši podaci su spremni, u obliku koji druge usluge mogu da čitaju (čl. 20. GDPR, čl. 36. ZZPL).",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "Your data is ready, in a format that other services can read, but a part of your request was "
            "not "
            "fulfilled (Art. 20 GDPR, Art. 36 ZZPL).",
            "Vaši podaci su spremni, u obliku koji druge usluge mogu da čitaju, ali deo Vašeg zahteva nije "
            "ispunjen (čl. 20. GDPR, čl. 36. ZZPL).",
        ),
        Status.REFUSED: in_both(
            "We refused your request to transfer your data (Art. 20 GDPR, Art. 36 ZZPL).",
            "Odbili smo Vaš zahtev za prenos podataka (čl. 20. GDPR, čl. 36. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to transfer your data was cancelled. Nothing was transferred.",
            "Vaš zahtev za prenos podataka je otkazan. Ništa nije preneto.",
        ),
    },
    Right.RECTIFICATION: {
        Status.COMPLETED: in_both(
            "We corrected your data as you asked (Art. 16 GDPR, Art. 29 ZZPL).",
            "Ispravili smo Vaše podatke kako ste tražili (čl. 16. GDPR, čl. 29. ZZPL).",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We corrected a part of the data that you named (Art. 16 GDPR, Art. 29 ZZPL).",
            "Ispravili smo deo podataka koje ste naveli (čl. 16. GDPR, čl. 29. ZZPL).",
        ),
        Status.REFUSED: in_both(
            "We did not change the data that you named (Art. 16 GDPR, Art. 29 ZZPL).",
            "Nismo promenili podatke koje ste naveli (čl. 16. GDPR, čl. 29. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to correct your data was cancelled.",
            "Vaš zahtev za ispravku podataka je otkazan.",
        ),
    },
    Right.ERASURE: {
        Status.COMPLETED: in_both(
            "Your account and your data were deleted (Art. 17 GDPR, Art. 30 ZZPL). The certificate says what "
            "was deleted, what stays and why.",
            "Vaš nalog i Vaši podaci su obrisani (čl. 17. GDPR, čl. 30. ZZPL). U potvrdi piše šta je "
            "obrisano, "
            "šta ostaje i zašto.",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "Your account and your data were deleted, with exceptions (Art. 17 GDPR, Art. 30 ZZPL). The "
            "certificate says what was deleted, what stays and why.",
            "Vaš nalog i Vaši podaci su obrisani, uz izuzetke (čl. 17. GDPR, čl. 30. ZZPL). U potvrdi piše "
            "šta "
            "je obrisano, šta ostaje i zašto.",
        ),
        Status.REFUSED: in_both(
            "We did not delete your account and your data (Art. 17 GDPR, Art. 30 ZZPL).",
            "Nismo obrisali Vaš nalog i Vaše podatke (čl. 17. GDPR, čl. 30. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "The deletion of your account was cancelled. The account and the data stay.",
            "Brisanje Vašeg naloga je otkazano. Nalog i podaci ostaju.",
        ),
    },
    Right.RESTRICTION: {
        Status.COMPLETED: in_both(
            "We restricted the processing that you named (Art. 18 GDPR, Art. 31 ZZPL). We store the data, "
            "and "
            "use it otherwise only as these articles allow. Before we lift the restriction, we will inform "
            "you.",
            "Ograničili smo obradu koju ste naveli (čl. 18. GDPR, čl. 31. ZZPL). Podatke čuvamo, a inače ih "
            "koristimo samo kako ovi članovi dozvoljavaju. Obavestićemo Vas pre nego što ograničenje "
            "prestane.",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We restricted a part of the processing that you named (Art. 18 GDPR, Art. 31 ZZPL). Before we "
            "lift the restriction, we will inform you.",
            "Ograničili smo deo obrade koju ste naveli (čl. 18. GDPR, čl. 31. ZZPL). Obavestićemo Vas pre "
            "nego "
            "što ograničenje prestane.",
        ),
        Status.REFUSED: in_both(
            "We did not restrict the processing of your data (Art. 18 GDPR, Art. 31 ZZPL).",
            "Nismo ograničili obradu Vaših podataka (čl. 18. GDPR, čl. 31. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to restrict the processing of your data was cancelled.",
            "Vaš zahtev za ograničenje obrade podataka je otkazan.",
        ),
    },
    Right.OBJECTION: {
        Status.COMPLETED: in_both(
            "We stopped the processing to which you objected (Art. 21 GDPR, Art. 37 ZZPL).",
            "Prekinuli smo obradu na koju ste podneli prigovor (čl. 21. GDPR, čl. 37. ZZPL).",
        ),
        Status.PARTIALLY_COMPLETED: in_both(
            "We stopped a part of the processing to which you objected (Art. 21 GDPR, Art. 37 ZZPL).",
            "Prekinuli smo deo obrade na koju ste podneli prigovor (čl. 21. GDPR, čl. 37. ZZPL).",
        ),
        Status.REFUSED: in_both(
            "We did not accept your objection to the processing of your data (Art. 21 GDPR, Art. 37 ZZPL).",
            "Nismo prihvatili Vaš prigovor na obradu podataka (čl. 21. GDPR, čl. 37. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your objection to the processing of your data was cancelled.",
            "Vaš prigovor na obradu podataka je otkazan.",
        ),
    },
    Right.MARKETING_OBJECTION: {
        Status.COMPLETED: in_both(
            "We stopped direct marketing to you (Art. 21(2) and (3) GDPR, Art. 37 ZZPL). A message that was "
            "already on its way may still arrive.",
            "Prekinuli smo direktno oglašavanje prema Vama (čl. 21. st. 2. i 3. GDPR, čl. 37. ZZPL). Poruka "
            "koja "
            "je već poslata može još da stigne.",
        ),
        Status.CANCELLED: in_both(
            "Your objection to direct marketing was cancelled.",
            "Vaš prigovor na direktno oglašavanje je otkazan.",
        ),
    },
    Right.CONSENT_WITHDRAWAL: {
        Status.COMPLETED: in_both(
            "Your consent is withdrawn. The withdrawal applies to the future (Art. 7(3) GDPR, Art. 15 ZZPL).",
            "Vaš pristanak je opozvan. Opoziv važi za ubuduće (čl. 7. st. 3. GDPR, čl. 15. ZZPL).",
        ),
        Status.CANCELLED: in_both(
            "Your request to withdraw a consent was cancelled.",
            "Vaš zahtev za opoziv pristanka je otkazan.",
        ),
    },
}

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
