"""Repeats erasures, ends of sessions, withdrawals and objections on a restored backup (ADR 32).

DynamoDB restores a backup into a new table. Before functions use it, `infra/ops/data/replay` calls these
modules with the names of the restored tables in its settings. Each part is idempotent: if a run is killed,
the next one repeats it. Reports contain ids and counts, and no personal value.

The requests of rights are restored by `rights/restored`.
"""
