"""Profiles: what users publish or enter about themselves, in their own and the public view."""
