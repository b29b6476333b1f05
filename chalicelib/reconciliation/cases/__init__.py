"""The cases of users who were deleted or deactivated at Stream, but not by us (STR-6, ADR 39).

An account has at most one case. Its history in the Ledger names the case, and no user.
"""

from chalicelib.reconciliation.cases.service import (
    NoOpenCase,
    all_open,
    close,
    close_reversed,
    list_open,
    open_case,
    with_open_case,
)

__all__ = ["NoOpenCase", "all_open", "close", "close_reversed", "list_open", "open_case", "with_open_case"]
