"""Identity papers: files by which a person proves their identity for a request (RGT-11, ADR 101).

Forms for their senders are offered by `guests`, and operators open them by `operators/inspect`.
"""
