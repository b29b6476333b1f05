"""The answers to people without an account, and to heirs, in English ("en") and Serbian ("sr").

Each says only what is known: no account has this number or mailbox, or none was named. A number may have had
an owner before, so no answer says whether it had one, or whether one objected to marketing.
"""

from chalicelib.rights.answers.words import Words, words_of
from chalicelib.rights.request.identity import OnBehalf
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Right, Status

_NOTHING: Words = {
    "en": "No account has this number or email address, so we store nothing about you by which we could find "
    "you. Of this request we keep what you asked, when, and our answer, without the number or address.",
    "sr": "Nijedan nalog nema ovaj broj ili adresu e-pošte, pa o Vama ne čuvamo ništa po čemu bismo "
    "mogli da Vas nađemo. Od ovog zahteva čuvamo šta ste tražili, kada, i naš odgovor, bez broja i adrese.",
}

_UNNAMED: Words = {
    "en": "You named no mobile number, no email address and no user ID. We find data by these only, so we "
    "hold no data that we can connect to you. Write to us again with one of them, and we will answer about "
    "it. Of this request we keep what you asked, when, and our answer.",
    "sr": "Niste naveli broj mobilnog telefona, adresu e-pošte ni oznaku korisnika. Podatke nalazimo samo po "
    "njima, pa nemamo podatke koje bismo mogli da povežemo sa Vama. Pišite nam ponovo i navedite nešto od "
    "toga, pa ćemo odgovoriti. Od ovog zahteva čuvamo šta ste tražili, kada, i naš odgovor.",
}

_FORMER: Words = {
    "en": "If you had an account that was deleted, the receipt of its deletion shows what we still keep and "
    "until when. We do not disclose this for a number or address, because these get new owners.",
    "sr": "Ako ste imali nalog koji je obrisan, potvrda o prijemu zahteva za brisanje pokazuje šta još "
    "čuvamo i do kada. Po broju ili adresi to ne saopštavamo, jer oni dobijaju nove vlasnike.",
}

_UNWANTED: Words = {
    "en": "A number or email address whose owner objected to marketing stays as a keyed hash, without a "
    "name, for 24 months after the objection, or after the deletion of the account that had it. We do not "
    "disclose whether yours is among them, for the same reason.",
    "sr": "Za broj ili adresu čiji je vlasnik podneo prigovor na direktno oglašavanje ostaje heš-vrednost "
    "zaštićena ključem, bez imena, 24 meseca posle prigovora ili posle brisanja naloga koji ih je imao. Iz "
    "istog razloga ne saopštavamo da li je Vaša među njima.",
}


_HEIRS: Words = {
    "en": "We can delete the account of a person who has died, once two of our staff have checked your "
    "authority. We cannot give you a copy of its data or change it: other people wrote to that person in "
    "confidence. We give out messages only if a court orders it.",
    "sr": "Nalog preminule osobe možemo da obrišemo, kada dvoje naših zaposlenih proveri Vaše "
    "ovlašćenje. Kopiju njegovih podataka ne možemo da Vam damo niti da ih izmenimo: drugi ljudi su toj "
    "osobi pisali u poverenju. Poruke dajemo samo po odluci suda.",
}


def answer(request: RightsRequest) -> Words | None:
    """The words of the answer to a person without an account or to an heir; None for any other answer."""
    if request.on_behalf is OnBehalf.HEIR and request.status is Status.REFUSED and request.refusal is None:
        return _HEIRS
    if not request.without_account or request.status is not Status.COMPLETED:
        return None
    if not request.steps:  # no step looks for a contact: none was named
        return {language: f"{_UNNAMED[language]} {_FORMER[language]}" for language in _UNNAMED}
    parts = [_NOTHING, words_of(request.right).nothing_held, _FORMER]
    if request.right is not Right.MARKETING_OBJECTION:
        parts.append(_UNWANTED)
    return {language: " ".join(part[language] for part in parts) for language in _NOTHING}
