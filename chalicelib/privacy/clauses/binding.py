"""What clauses bind: facts of one key, lists, periods, and denials.

Words contain no figure, period, name or list of their own: a slot gets it from a fact. What has no slot is
bound too: a promise that has to be kept, or a denial that has to be true. A clause whose fact is not so
raises `Untrue`, so that no version with it can be made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from chalicelib.core.durations import Duration
from chalicelib.core.languages import Language
from chalicelib.core.phrases import Phrasebook, in_script
from chalicelib.privacy import words
from chalicelib.privacy.clauses.fields import field
from chalicelib.privacy.clauses.serbian import FIELDS, PRACTICES
from chalicelib.privacy.facts import Facts
from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Category, LegalBasis, Practice, Purpose
from chalicelib.privacy.recipients import Recipient
from chalicelib.privacy.serbian import PRIVACY
from chalicelib.privacy.serbian.periods import EVENTS, PERIODS, length

_PURPOSES = {purpose.value: purpose for purpose in Purpose}


class Untrue(Exception):
    """A clause states what the facts do not say; the text names both."""


class Fact(Protocol):
    """What a clause binds."""

    def keys(self, facts: Facts) -> Iterable[str]:
        """The keys of the facts that it binds."""

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """Say it in a language.

        Raises:
            Untrue: it is not so.
        """


def _below(facts: Facts, prefix: str) -> set[str]:
    return {f"{prefix}{rest}" for rest in facts.below(prefix)}


def _value(facts: Facts, key: str) -> str:
    if key not in facts:
        raise Untrue(f"there is no fact {key}")
    return facts[key]


def _listed(said: Iterable[str]) -> str:
    """Say a list, in alphabetical order and without repetitions."""
    found = sorted(set(said), key=str.casefold)
    return ("; " if any(", " in one for one in found) else ", ").join(found)


@dataclass(frozen=True)
class Held:
    """The personal fields of a kind."""

    kind: str

    def keys(self, facts: Facts) -> Iterable[str]:
        """The fields of the kind."""
        return _below(facts, f"held/{self.kind}/")

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """List the fields, or the categories of a kind without a record class."""
        held = facts.below(f"held/{self.kind}/")
        if not held:
            raise Untrue(f"no field of {self.kind} is held")
        return _listed(self._field(name, value, say) for name, value in held.items())

    def _field(self, name: str, value: str, say: Phrasebook) -> str:
        category = Category(value.split(maxsplit=1)[0])
        if name == category.name:
            return say(words.category(category))
        said = say(field(self.kind, name))
        return said if said[1:2].isupper() else said[:1].lower() + said[1:]


@dataclass(frozen=True)
class Kept:
    """How long a kind is kept, and by which law if that is longer than the account."""

    kind: str

    def keys(self, facts: Facts) -> Iterable[str]:
        """The retention of the kind, and the lengths of its periods."""
        form, *names = facts.get(f"kept/{self.kind}", "event").split()
        periods = [f"period/{name}" for name in names] if form == "period" else []
        return {f"kept/{self.kind}", f"law/{self.kind}", *periods}

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """Say the period, or the event that ends it."""
        form, _, rest = _value(facts, f"kept/{self.kind}").partition(" ")
        kept = (
            say(rest)
            if form == "event"
            else "; ".join(_period(Period[name], facts, say.language) for name in rest.split())
        )
        law = facts.get(f"law/{self.kind}")
        return f"{kept} ({say(law)})" if law else kept


def _period(period: Period, facts: Facts, language: Language) -> str:
    duration = Duration.parse(_value(facts, f"period/{period.name}"))
    if language.is_serbian:
        return in_script(PERIODS[period].format(length(duration)), language)
    return period.words.format(duration.plainly)


@dataclass(frozen=True)
class Sent:
    """The recipients of a kind besides our cloud provider."""

    kind: str

    def keys(self, facts: Facts) -> Iterable[str]:
        """The recipients of the kind, and their names."""
        receives = facts.below(f"to/{self.kind}/")
        return _below(facts, f"to/{self.kind}/") | {f"recipient/{one}/name" for one in receives}

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """List the recipients."""
        names = {say(_value(facts, f"recipient/{one}/name")) for one in facts.below(f"to/{self.kind}/")}
        return "; ".join(sorted(names))


@dataclass(frozen=True)
class Why:
    """The purpose of a kind, and its legal basis."""

    kind: str

    def keys(self, facts: Facts) -> Iterable[str]:
        """The purpose of the kind, and the basis of that purpose."""
        return {f"purpose/{self.kind}", f"for/{facts.get(f'purpose/{self.kind}')}"}

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """Say the purpose, and the basis with its article."""
        return For(_PURPOSES[_value(facts, f"purpose/{self.kind}")]).said(facts, say)


@dataclass(frozen=True)
class For:
    """A purpose and its legal basis."""

    purpose: Purpose

    def keys(self, facts: Facts) -> Iterable[str]:  # noqa: ARG002 - of the protocol
        """The basis of the purpose."""
        return {f"for/{self.purpose.value}"}

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """Say the purpose, and the basis with its article."""
        basis = LegalBasis[_value(facts, f"for/{self.purpose.value}")]
        return say(
            "{purpose}, on the basis of {basis}",
            purpose=say(self.purpose.plainly),
            basis=say(words.basis(basis)),
        )


@dataclass(frozen=True)
class RestsOn:
    """All purposes with a legal basis."""

    basis: LegalBasis

    def keys(self, facts: Facts) -> Iterable[str]:
        """The purposes with this basis."""
        return {key for key in _below(facts, "for/") if facts[key] == self.basis.name}

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """List the purposes."""
        found = [word for word, basis in facts.below("for/").items() if basis == self.basis.name]
        if not found:
            raise Untrue(f"no purpose rests on {self.basis.name}")
        return _listed(say(_PURPOSES[word].plainly) for word in found)


@dataclass(frozen=True)
class Gets:
    """The categories of data that a recipient receives or collects."""

    recipient: Recipient

    def keys(self, facts: Facts) -> Iterable[str]:
        """The categories of the recipient."""
        return _below(facts, f"gets/{self.recipient.name}/")

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """List the categories."""
        found = facts.below(f"gets/{self.recipient.name}/")
        return _listed(say(words.category(Category(one))) for one in found)


@dataclass(frozen=True)
class Single:
    """A fact with one key, such as a setting or a name."""

    key: str

    def keys(self, facts: Facts) -> Iterable[str]:  # noqa: ARG002 - of the protocol
        """The key."""
        return {self.key}

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """Say the value: a length of time, or phrases that the declarations word."""
        value = _value(facts, self.key)
        try:
            return in_words(Duration.parse(value), say.language)
        except ValueError:
            return "; ".join(map(say, value.split("|")))


def in_words(duration: Duration, language: Language) -> str:
    """Write a length of time; the Serbian one is an accusative."""
    return in_script(length(duration), language) if language.is_serbian else duration.plainly


def registered(recipient: Recipient, part: str) -> Single:
    """A part of a recipient's entry: name, country, role, activity, mechanism or safeguards."""
    return Single(f"recipient/{recipient.name}/{part}")


def lasts(period: Period) -> Single:
    """The length of a period."""
    return Single(f"period/{period.name}")


def setting(name: str) -> Single:
    """A setting of the stage."""
    return Single(f"setting/{name}")


def promise(name: str) -> Single:
    """A promise that has to be kept."""
    return Single(f"promise/{name}")


def right(name: str) -> Single:
    """A right that has to be offered."""
    return Single(f"right/{name}")


def practice(of: Practice) -> Single:
    """Something that we do."""
    return Single(f"practice/{of.name}")


@dataclass(frozen=True)
class Never:
    """A denial: no field has the category, and no recipient gets it."""

    category: Category

    def keys(self, facts: Facts) -> Iterable[str]:
        """The facts that have the category."""
        of = self.category.value
        return {
            key
            for key, value in facts.items()
            if (key.startswith("held/") and value.split()[0] == of)
            or (key.startswith("gets/") and key.endswith(f"/{of}"))
        }

    def said(self, facts: Facts, say: Phrasebook) -> str:  # noqa: ARG002 - of the protocol
        """Say nothing.

        Raises:
            Untrue: a field has the category, or a recipient gets it.
        """
        for key in self.keys(facts):
            raise Untrue(f"{key} is {self.category.value}")
        return ""


@dataclass(frozen=True)
class Every:
    """All facts below a prefix, listed."""

    prefix: str

    def keys(self, facts: Facts) -> Iterable[str]:
        """All below the prefix."""
        return _below(facts, self.prefix)

    def said(self, facts: Facts, say: Phrasebook) -> str:
        """List the values."""
        return "; ".join(map(say, facts.below(self.prefix).values()))


@dataclass(frozen=True)
class Exactly:
    """All facts below a prefix, where the words say that there are no others."""

    prefix: str
    names: frozenset[str]

    def keys(self, facts: Facts) -> Iterable[str]:
        """All below the prefix."""
        return _below(facts, self.prefix)

    def said(self, facts: Facts, say: Phrasebook) -> str:  # noqa: ARG002 - of the protocol
        """Say nothing.

        Raises:
            Untrue: there is one more, or one is missing.
        """
        if differing := facts.below(self.prefix).keys() ^ self.names:
            raise Untrue(f"{self.prefix} has {', '.join(sorted(differing))}, or lacks it")
        return ""


def phrasebook(language: Language) -> Phrasebook:
    """Say what the declarations word."""
    return Phrasebook(language, PRIVACY, EVENTS, PRACTICES, FIELDS)
