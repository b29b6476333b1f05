"""The cases of users who were deleted or deactivated at Stream, but not by us (STR-6, ADR 39).

An account has at most one case. Its history in the Ledger names the case, and no user.
"""
