"""The mail to an account's owner about a device that another one signed in."""

from chalicelib.messages.letters import Letters

DEVICE_LINKED: Letters = {
    "sr": (
        "RU4M: prijava na novom uređaju",
        (
            "Jedan od Vaših prijavljenih uređaja je QR kodom prijavio nov uređaj na Vaš nalog.",
            "Ako to niste bili Vi, odjavite oba u aplikaciji, u spisku uređaja, i pišite na {contact}.",
        ),
    ),
    "en": (
        "RU4M: a new device signed in",
        (
            "One of your signed-in devices signed a new device in to your account, with a QR code.",
            "If it was not you, sign both out in the app, in the list of devices, and write to {contact}.",
        ),
    ),
}
