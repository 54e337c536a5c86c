"""A bounded model checker over the production core: `vard_http.raft.Raft`, not a model of it.

`server` is one server and what it does in one turn, `canonical` its hashable form, `world` a
cluster at one moment, `properties` what must hold, `scopes` the bounds, `search` the breadth-first
search, `story` a counterexample for a reader.
"""
