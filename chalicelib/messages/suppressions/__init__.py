"""Suppressions: keyed hashes of numbers and mailboxes that get no direct marketing (RGT-6, ADR 47).

A suppression names no account and outlives each: it is found only by a number or mailbox that is known.
"""
