"""The parts of the held records that other concepts use."""

from chalicelib.retention.held.model import (  # noqa: F401 - offered to other rooms
    KeepReasons,
    keep_reasons,
    statute,
)
from chalicelib.retention.held.store import (  # noqa: F401 - offered to other rooms
    KeepRun,
    delete,
    digests,
    held_records,
    keep,
)
