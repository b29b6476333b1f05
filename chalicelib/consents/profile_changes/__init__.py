"""Changes of a profile that show that its owner is too young for the consents that they gave."""
