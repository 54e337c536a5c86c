"""A test for each bug that others found in systems of this kind, named for it.

test_vard.py has the rows of Fonseca et al. (EuroSys 2017) and vard's open issues,
test_raft_membership.py the single-server changes of 2015, test_etcd.py and test_pysyncobj.py those
of etcd and PySyncObj. docs/verification.md lists them all with their sources, and where other tests
look further: full disks (tests/cluster/test_full_disk.py), strangers on the peer port
(tests/cluster/test_hostile_peers.py), syncs (tests/unit/storage/test_crash.py).
"""
