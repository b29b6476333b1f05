"""The parts of the held records that other concepts use."""

from chalicelib.retention.held.model import keep_reasons, statute  # noqa: F401 - offered to other rooms
from chalicelib.retention.held.store import (  # noqa: F401 - offered to other rooms
    KeepRun,
    delete,
    digests,
    held_records,
    keep,
)
