"""The IAM principals that are accepted as operators, by patterns of their ARNs (ADR 23).

An operator's pseudonym in evidence is derived from the ARN (ADR 27), and a decision needs two operators. So a
caller must not be able to choose the name in its ARN. Two forms of ARN guarantee that; a pattern of either
names its account:

    arn:aws:iam::123456789012:user/*                                    an IAM user
    arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Operators_*/* a session, named by Identity Center

A session of any other role is named by the caller that assumes the role, so no pattern admits one. No pattern
admits the root of an account or a federated token either.

Standard library only, since the settings import this at every start.
"""

import re
from dataclasses import dataclass

_NAME = r"[\w+=,.@-]"
_CENTER_ROLE = rf"AWSReservedSSO_{_NAME}{{1,32}}_[0-9a-f]{{16}}"
_SESSION = re.compile(
    rf"arn:aws[a-z-]*:sts::(?P<account>\d{{12}}):assumed-role/{_CENTER_ROLE}/(?P<name>{_NAME}{{2,64}})",
    re.ASCII,
)
_USER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:user/[\w+=,.@/-]{1,576}", re.ASCII)

# A pattern contains no comma, which separates patterns; `*` matches a comma in a name.
_PATTERN = re.compile(
    r"arn:aws[a-z-]*:(iam::\d{12}:user/[\w+=.@/*-]+"
    r"|sts::\d{12}:assumed-role/AWSReservedSSO_[\w+=.@*-]+/[\w+=.@*-]+)",
    re.ASCII,
)


@dataclass(frozen=True)
class Principals:
    """The principals that any of the patterns admits; none if there is no pattern."""

    patterns: tuple[re.Pattern[str], ...] = ()

    def accepts(self, arn: str) -> bool:
        """Return whether an ARN is that of an operator."""
        form = _USER.fullmatch(arn) or _SESSION.fullmatch(arn)
        return form is not None and any(pattern.fullmatch(arn) for pattern in self.patterns)


def read(text: str) -> Principals:
    """The principals that a comma-separated list of patterns admits.

    Raises:
        ValueError: the list is empty, or a pattern could admit a principal whose name the caller chooses.
    """
    patterns = text.split(",")
    if not all(_PATTERN.fullmatch(pattern) for pattern in patterns):
        raise ValueError("each pattern has to be of IAM users, or of sessions of AWSReservedSSO_ roles")
    return Principals(tuple(_compiled(pattern) for pattern in patterns))


def of_account(partition: str, account: str) -> str:
    """The patterns that admit all IAM users and all Identity Center sessions of one account."""
    return (
        f"arn:{partition}:iam::{account}:user/*,"
        f"arn:{partition}:sts::{account}:assumed-role/AWSReservedSSO_*/*"
    )


def person(arn: str) -> str:
    """A text that is equal for all ARNs of one person: it omits the permission set of a session."""
    session = _SESSION.fullmatch(arn)
    return f"{session['account']}/{session['name'].lower()}" if session else arn


def _compiled(pattern: str) -> re.Pattern[str]:
    """`*` matches any text inside a name, and in the ARN of a user any path too."""
    inside = rf"(?:{_NAME}|/)+" if ":user/" in pattern else rf"{_NAME}+"
    return re.compile(re.escape(pattern).replace(r"\*", inside), re.ASCII)
