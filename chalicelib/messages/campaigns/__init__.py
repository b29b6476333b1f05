"""Campaigns: notices to many accounts, each by at most one mail, else in the app."""
