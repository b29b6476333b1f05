"""Notices: versions of the terms and the privacy policy, and which of them applies to an account."""
