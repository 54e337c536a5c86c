"""A literal port of Verdi Raft's handlers, and the replay that ties it to the verified code."""
