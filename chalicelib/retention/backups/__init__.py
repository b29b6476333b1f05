"""Backups of the tables: how long they are allowed to exist, and which are left beyond that (ADR 76)."""
