"""Reports: the regulator pack and the yearly figures, which operators make (ADR 53).

page          the yearly figures as a page for the public, in three languages
figures       counts of requests, disclosures and breaches of a year, pure
service       begins a report, checks its reader, and states what the deployed stage is
hidden_cells  which small figures of a table stay unpublished, pure
evidence      a report in the Ledger
serbian       the Serbian phrases of the page
"""
