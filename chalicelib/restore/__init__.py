"""What a restored backup has to be given again: erasures, ends of sessions, withdrawals (ADR 32).

DynamoDB restores a backup into a new table. Before functions use it, `infra/ops/replay` calls these modules
with the names of the restored tables in its settings. Each part is idempotent: if a run is killed, the next
one repeats it. Reports contain ids and counts, and no personal value.

    marks        the erasures to repeat: marks of the locked bucket, and captures that only the Ledger has
    erasures     erase the accounts of the marks again, in all tables that hold them
    sessions     end all sessions of the accounts
    withdrawals  apply withdrawals of consent again that the Ledger has
    objections   apply objections to direct marketing again, from their requests
    survivors    count what is left of the erased accounts
    scanning     work on segments of a table, and on many items, at the same time
    store        all DynamoDB access: items of any table that name an account

The requests of rights are restored by `rights/restored`.
"""
