"""Deliberate faults, one at a time, to show that the checks of this project can fail.

`faults` breaks one rule each of the core, the storage, the node or the store; `table` says which
checks must catch it; `checks` runs those. `python -m tests.verification.mutation` runs all of them.
"""
