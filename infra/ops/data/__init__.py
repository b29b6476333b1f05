"""Stored data: the jobs that delete it, its ends and indexes, restored tables, the Ledger."""
