"""Categories and sources of fields, and values of records, in Serbian."""

from chalicelib.core.phrases import Catalogue

KINDS: Catalogue = {
    # Categories
    "ID, state or time": "oznaka, stanje ili vreme",
    "phone number": "broj telefona",
    "language": "jezik",
    "a random ID that stands for you": "nasumična oznaka koja stoji umesto Vas",
    "people whom you know or block": "osobe koje poznajete ili blokirate",
    "name": "ime",
    "date of birth": "datum rođenja",
    "job title": "radno mesto",
    "workplace": "poslodavac",
    "country": "država",
    "a picture of you": "Vaša slika",
    "email": "imejl",
    "account settings": "podešavanja naloga",
    "privacy preferences": "izbori u vezi sa privatnošću",
    "ID of a device": "oznaka uređaja",
    "what you paid": "šta ste platili",
    "what you wrote or shared": "šta ste napisali ili podelili",
    "technical reports": "tehnički izveštaji",
    "device": "uređaj",
    "behavior": "ponašanje",
    "location": "lokacija",
    "IP address": "IP adresa",
    "credentials": "podaci za prijavu",
    # Sources
    "created by the service": "stvorila je usluga",
    "from you": "od Vas",
    "recorded while you used the service": "zabeleženo dok ste koristili uslugu",
    # Values
    "yes": "da",
    "no": "ne",
}

# Purposes, which name values of a record.
PURPOSES: Catalogue = {
    "Analytics": "Analitika",
    "Authentication": "Prijavljivanje",
    "Contact matching": "Pronalaženje kontakata",
    "Legal claims": "Pravni zahtevi",
    "Legal obligation": "Pravna obaveza",
    "Location sharing": "Deljenje lokacije",
    "Marketing": "Oglašavanje",
    "Message backup": "Rezervna kopija poruka",
    "Notifications": "Obaveštenja o usluzi",
    "Personalised ads": "Prilagođeni oglasi",
    "Security": "Bezbednost",
    "Service": "Usluga",
    "Social verification": "Potvrda preko društvenih mreža",
}
