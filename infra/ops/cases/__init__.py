"""What operators do about people: requests, erasures, holds, breaches, disclosures, and what they look up."""
