"""All DynamoDB access of identity papers: one item for all papers of a request.

R#<request>, papers

Each write requires the version before, so of two concurrent writers one fails with `PapersMoved`.
"""

from chalicelib.core.ids import RightsRequestId
from chalicelib.core.table import Conflict, Key, Table, next_version
from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.privacy import codec
from chalicelib.rights.papers.model import IdentityPaper, IdentityPapers


class PapersMoved(Conflict):
    """Another writer changed the papers of the request since they were read."""


def read(request_id: RightsRequestId) -> IdentityPapers | None:
    """The papers of a request; None if it has none, or their period is over."""
    return codec.read(IdentityPapers, _key(request_id))


def papers_of(request_id: RightsRequestId) -> tuple[IdentityPaper, ...]:
    """The papers of a request, oldest first."""
    found = read(request_id)
    return found.papers if found else ()


def written(papers: IdentityPapers, conflict: type[Conflict] = PapersMoved) -> Write:
    """The write of papers over the version before; `conflict`: raised if that has changed."""
    place = _key(papers.request_id)
    return next_version(place, codec.to_item(papers, place), conflict)


@retry_on(PapersMoved)
def empty(request_id: RightsRequestId) -> None:
    """Drop all papers of a request; the purge deletes bytes that no record names.

    Raises:
        Unavailable: the table does not answer, or another write came first in every try.
    """
    papers = read(request_id)
    if papers and papers.papers:
        commit(written(papers.changed(papers=())))


def _key(request_id: RightsRequestId) -> Key:
    return Key(Table.RIGHTS, f"R#{request_id}", "papers")
