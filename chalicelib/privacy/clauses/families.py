"""Clauses that are made from the declarations: one for each kind of data, purpose and recipient.

A new kind, purpose or recipient so has its clause at once; a new field changes the clause of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.privacy.clauses.binding import Fact, For, Gets, Held, Kept, Sent, Single, Why, registered
from chalicelib.privacy.clauses.clause import Clause, gdpr, zzpl
from chalicelib.privacy.facts import Facts
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.recipients import Recipient

_HELD = {
    "en": "Data: {fields}\nWhy we process it: {purpose}\nHow long we keep it: {kept}",
    "sr": "Podaci: {fields}\nZašto ih obrađujemo: {purpose}\nKoliko dugo ih čuvamo: {kept}",
}
_SENT = {"en": "\nWho else receives it: {recipients}", "sr": "\nKo ih još prima: {recipients}"}
_PURPOSE = {"en": "We process data {purpose}.", "sr": "Podatke obrađujemo {purpose}."}
_RECIPIENT = {
    "en": "Task: {activity}\nRole: {role}\nWhere: {country}\nWhat it may receive: {categories}\n"
    "Legal ground for transfers abroad: {mechanism}\nSafeguards: {safeguards}",
    "sr": "Zadatak: {activity}\nUloga: {role}\nGde: {country}\nŠta može da primi: {categories}\n"
    "Pravni osnov za prenos u inostranstvo: {mechanism}\nMere zaštite: {safeguards}",
}

_CONTACT = {
    "en": "\nContact for your rights there: {contact}",
    "sr": "\nKontakt za ostvarivanje Vaših prava kod tog primaoca: {contact}",
}


def kinds(facts: Facts) -> Iterator[Clause]:
    """One clause for each kind of data, in the order of the facts."""
    for kind in dict.fromkeys(key.split("/")[1] for key in facts if key.startswith("held/")):
        sent = bool(facts.below(f"to/{kind}/"))
        slots: dict[str, Fact] = {"fields": Held(kind), "purpose": Why(kind), "kept": Kept(kind)}
        yield Clause(
            id=f"held.{kind}",
            law=(*gdpr(13, 2, "a"), *gdpr(14, 1, "d"), *zzpl(23, 2, "1"), *zzpl(24, 1, "4")),
            words={language: text + (_SENT[language] if sent else "") for language, text in _HELD.items()},
            slots=slots | ({"recipients": Sent(kind)} if sent else {}),
            holds=() if sent else (Sent(kind),),
            heading=Single(f"kind/{kind}"),
        )


def purposes(facts: Facts) -> Iterator[Clause]:
    """One clause for each purpose."""
    for purpose in Purpose:
        if f"for/{purpose.value}" in facts:
            yield Clause(
                id=f"for.{purpose.value}",
                law=(*gdpr(13, 1, "c"), *gdpr(14, 1, "c"), *zzpl(23, 1, "3"), *zzpl(24, 1, "3")),
                words=_PURPOSE,
                slots={"purpose": For(purpose)},
            )


def recipients(facts: Facts) -> Iterator[Clause]:
    """One clause for each recipient, with its own contact for rights if there is one."""
    parts = ("activity", "role", "country", "mechanism", "safeguards")
    for recipient in Recipient:
        if f"recipient/{recipient.name}/name" in facts:
            known = ("contact",) if f"recipient/{recipient.name}/contact" in facts else ()
            yield Clause(
                id=f"gets.{recipient.name.lower()}",
                law=(
                    *gdpr(13, 1, "e", "f"),
                    *gdpr(14, 1, "e", "f"),
                    *zzpl(23, 1, "5", "6"),
                    *zzpl(24, 1, "5", "6"),
                ),
                words={
                    language: text + (_CONTACT[language] if known else "")
                    for language, text in _RECIPIENT.items()
                },
                slots={part: registered(recipient, part) for part in (*parts, *known)}
                | {"categories": Gets(recipient)},
                heading=registered(recipient, "name"),
            )
