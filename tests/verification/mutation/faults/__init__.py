"""The faults by where they are. Each takes a MonkeyPatch; its docstring says what is broken."""
