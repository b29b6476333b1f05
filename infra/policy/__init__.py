"""The privacy policy and the terms of a stage: their facts, their pages, and what a stage does beyond them.

`facts` collects them and compares two versions, `pages` renders and freezes, `__main__` is `make policy`.
"""
