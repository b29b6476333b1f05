"""Cleaning of uploaded papers: an image is encoded anew, a PDF is kept as it is (ADR 101).

Invariants, wherever a run is killed, and however often an event comes:

- The state in our table decides, and the event does not: a settled paper, and a key that names none, only
  have their upload deleted.
- An attempt is counted before the bytes are read, so what kills the worker is rejected as unreadable.
- The clean bytes are stored before the paper is ready, and the upload is deleted after its state is final.
  A run that is killed in between is repeated by the queue, and stores the same.
"""

from collections.abc import Callable

from chalicelib.core.ids import PaperId, RightsRequestId
from chalicelib.core.images import FORMATS, ImageForm, NotAnImage, TooManyPixels, encoded_anew
from chalicelib.core.transactions import commit, retry_on
from chalicelib.rights.papers import files, store
from chalicelib.rights.papers.model import MAX_BYTES, IdentityPaper, PaperFlaw, PaperType
from chalicelib.rights.papers.store import PapersMoved

_MAX_PIXELS = 40_000_000
_LONGEST_SIDE = 3_000  # of a scanned page of A4 at 250 dots per inch
_PDF = b"%PDF-"


def process(key: str) -> None:
    """Clean an uploaded object, and delete it.

    Raises:
        Unavailable: a service does not answer; the event has to be delivered again.
    """
    if named := files.incoming(key):
        begun = _change(*named, IdentityPaper.begun)
        if begun and not begun.is_settled:
            content = files.read(key)
            kept, outcome = cleaned(content) if content is not None else (b"", PaperFlaw.UNREADABLE)
            if isinstance(outcome, PaperType):
                files.keep(*named, kept, outcome)
            _change(*named, lambda paper: paper.settled(outcome))
    files.discard(key)


def cleaned(content: bytes) -> tuple[bytes, PaperType | PaperFlaw]:
    """The bytes to keep of a file and their type, or why it is rejected. Its first bytes decide its type."""
    if content.startswith(_PDF) and len(content) <= MAX_BYTES:
        return content, PaperType.PDF
    if not content.startswith(FORMATS):
        return b"", PaperFlaw.OTHER_TYPE
    try:
        picture = encoded_anew(content, ImageForm.JPEG, max_pixels=_MAX_PIXELS, longest_side=_LONGEST_SIDE)
    except TooManyPixels:
        return b"", PaperFlaw.TOO_MANY_PIXELS
    except NotAnImage:
        return b"", PaperFlaw.UNREADABLE
    return picture, PaperType.JPEG


@retry_on(PapersMoved)
def _change(
    request_id: RightsRequestId, paper_id: PaperId, rule: Callable[[IdentityPaper], IdentityPaper]
) -> IdentityPaper | None:
    """Change a paper, and return it then; None if it is settled, was deleted, or never was."""
    papers = store.read(request_id)
    paper = papers.paper(paper_id) if papers else None
    if not papers or not paper or paper.is_settled:
        return None
    changed = rule(paper)
    commit(store.written(papers.with_paper(changed)))
    return changed
