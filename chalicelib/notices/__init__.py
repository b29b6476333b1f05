"""Notices: the versions of the terms and of the privacy policy, and who accepted which."""
