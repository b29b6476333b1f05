"""Stored data: the jobs that delete it, its ends, restored tables, the Ledger."""
