"""Certificates of erasures: what was deleted, what stays and why, signed so that anyone can verify it.

    words    the closed lists of words of which a certificate consists
    model    ErasureCertificate: what may be in one, and its canonical bytes
    envelope Envelope, the signed file
    signing  sign (a key of its own in KMS), verify (offline)
    page     the readable page of a signed certificate

docs/certificates.md says for subjects and lawyers what a certificate says and how to verify it.
"""
