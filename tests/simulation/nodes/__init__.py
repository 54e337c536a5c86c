"""Deterministic simulation of whole nodes: vard_http/node with its store, in virtual time.

`loop` is an event loop without sockets whose time the scheduler keeps, `disk` and `storage` keep
what is durable, `wire` stands for the transport, `host` is one member's machine and the process on
it. `clients`, `locks`, `watchers` and `nemesis` act on the nodes, `oracle` knows what must come of
it, `world` holds them together and `run` plays one seed. Times are microseconds, unless said
otherwise.
"""
