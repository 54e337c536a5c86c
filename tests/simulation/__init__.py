"""Deterministic simulation of a cluster: the real Raft core on a virtual network, disk and clock.

`scheduler` runs events in virtual time, `network` carries messages and loses them, `disk` keeps
what is durable, `machine` is the replicated state, `server` is one process around a core,
`clients` and `nemesis` act on the cluster, `checker` watches it, `cluster` holds them together and
`run` plays one seed. Nothing reads a clock or draws chance but from the seed.
"""
