"""Scans of accounts and claims, for the commands of operators."""
