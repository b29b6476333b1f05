"""The register of disclosures: data of a subject that goes to an authority or another party.

A disclosure is recorded, and approved by a second operator, before the data goes out (NOT-2, NOT-3, NOT-5).
The code sends nothing: operators hand the approved extract over, and record that they did.
"""
