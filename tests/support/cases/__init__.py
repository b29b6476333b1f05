"""Requests of rights, erasures, holds, breaches and disclosures, advanced as their workers do."""
