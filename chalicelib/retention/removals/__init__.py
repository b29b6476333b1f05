"""Removals of tables of the stage: one operator proposes one, another approves it (ADR 76).

No function deletes a table. `ops tables remove` does, with the credentials of the operator who runs it, and
wants the approval first.
"""
