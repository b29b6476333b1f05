"""Evidence of holds in the Ledger: who placed, confirmed and lifted them, in ids and fixed words."""

from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, NewEntry
from chalicelib.core.ids import HoldId, StaffId
from chalicelib.core.transactions import Write
from chalicelib.privacy.periods import Period
from chalicelib.retention.model import Hold

CHAIN = "hold"  # the kind of the chains


def history_of(hold_id: HoldId) -> Chain:
    """The history of a hold in the Ledger."""
    return Chain(CHAIN, hold_id)


def entry(hold: Hold, event: str, by: StaffId) -> Write:
    """The write that appends an entry; it is kept as long as a hold that ends at its planned end.

    Raises:
        Unavailable: the Ledger does not answer.
        Unreadable: the newest entry was altered.
    """
    said = {
        "by": by,
        "kinds": list(hold.kinds),
        "ground": hold.ground,
        "until": clock.to_text(hold.until),
        "secret": int(hold.secret_until is not None),
    }
    kept_until = Period.HOLD.ends(hold.until)
    return chain.append_write(history_of(hold.hold_id), NewEntry(event, said, delete_at=kept_until))
