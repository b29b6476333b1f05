"""The PIN of an account: setting and removing it. Sign-in asks for it (signup/service)."""
