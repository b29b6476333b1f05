"""The peers in the resolver of AWS Powertools with validation; a module for each function."""
