"""Decisions about purposes, notices and their announcement, and the gate of marketing."""
