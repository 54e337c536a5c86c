"""Verdi Raft's theorems as predicates over a `View` of a cluster (docs/verification.md)."""
