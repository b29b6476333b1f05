"""A user keeps another one away: a block ends their contact, invitations and shared pair."""
