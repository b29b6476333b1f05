"""Certificates of erasures: what was deleted, what stays and why, signed so that anyone can verify it.

docs/certificates.md says for subjects and lawyers what a certificate says and how to verify it.
"""
