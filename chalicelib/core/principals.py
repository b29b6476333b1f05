"""Which principals of IAM are accepted as operators, by patterns of their ARNs (ADR 23).

An operator's pseudonym in evidence follows from the ARN (ADR 27), and two of them decide together, so its
name must not be the caller's to choose. Two forms meet that, each in an account that is named:

    arn:aws:iam::123456789012:user/*                                    a user of IAM
    arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Operators_*/* a session that Identity Center named

A session of any other role is named by the caller that assumes it, so no pattern admits one. Neither does any
pattern admit the root of an account or a federated token.

Standard library only, since the settings read this at every start.
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

# A pattern's commas would be those between patterns; `*` stands for them too.
_PATTERN = re.compile(
    r"arn:aws[a-z-]*:(iam::\d{12}:user/[\w+=.@/*-]+"
    r"|sts::\d{12}:assumed-role/AWSReservedSSO_[\w+=.@*-]+/[\w+=.@*-]+)",
    re.ASCII,
)


@dataclass(frozen=True)
class Principals:
    """Those whom any of the patterns admits; without a pattern, no one."""

    patterns: tuple[re.Pattern[str], ...] = ()

    def accepts(self, arn: str) -> bool:
        """Whether an ARN means an operator."""
        form = _USER.fullmatch(arn) or _SESSION.fullmatch(arn)
        return form is not None and any(pattern.fullmatch(arn) for pattern in self.patterns)


def read(text: str) -> Principals:
    """The principals that a list of patterns admits, with commas between them.

    Raises:
        ValueError: there is none, or one could admit a principal whose name the caller chooses.
    """
    patterns = text.split(",")
    if not all(_PATTERN.fullmatch(pattern) for pattern in patterns):
        raise ValueError("each is an ARN of users of IAM, or of sessions of AWSReservedSSO_ roles")
    return Principals(tuple(_compiled(pattern) for pattern in patterns))


def of_account(partition: str, account: str) -> str:
    """The patterns of all users of IAM and all sessions of Identity Center of one account."""
    return (
        f"arn:{partition}:iam::{account}:user/*,"
        f"arn:{partition}:sts::{account}:assumed-role/AWSReservedSSO_*/*"
    )


def person(arn: str) -> str:
    """What is equal for the ARNs of one person: it leaves out the permission set of a session."""
    session = _SESSION.fullmatch(arn)
    return f"{session['account']}/{session['name'].lower()}" if session else arn


def _compiled(pattern: str) -> re.Pattern[str]:
    """`*` is any text inside a name; in a user's, any path too."""
    inside = rf"(?:{_NAME}|/)+" if ":user/" in pattern else rf"{_NAME}+"
    return re.compile(re.escape(pattern).replace(r"\*", inside), re.ASCII)
