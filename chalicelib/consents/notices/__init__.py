"""Notices: versions of the terms and the privacy policy, announcements and acceptances."""
