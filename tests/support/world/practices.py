"""The policy of the tests' worlds: it describes a practice that uses every consent, so each can be given."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from chalicelib.consents.model import ASKED_FOR
from chalicelib.consents.notices import versions
from chalicelib.privacy.purposes import CONSENTS_USED, Practice
from tests.support import patches

# What a published version describes, by its name; changed in place, so any patch of the list keeps it.
(_POLICY,) = (vars(notice) for notice in versions.PUBLISHED if notice.kind == "privacy" and notice.is_first)


@contextmanager
def every_purpose_offered() -> Iterator[None]:
    """During a block, let the policy of 2024 describe a practice that uses the consents to all purposes.

    There are no versions of ours, so that tests meet no new text when they advance the time.
    """
    with (
        mock.patch.object(versions, "FROZEN", ()),
        mock.patch.dict(_POLICY, practices=frozenset({Practice.COUNTING_USE})),
        mock.patch.dict(CONSENTS_USED, {Practice.COUNTING_USE: frozenset(ASKED_FOR)}),
    ):
        yield


def describe(*practices: Practice) -> None:
    """Let the first policy describe these practices instead; none is what the version of 2024 describes."""
    patches.current().setitem(_POLICY, "practices", frozenset(practices))
