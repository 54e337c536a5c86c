"""Load tests: vard_http beside real etcd, the bench of vard, and a Locust mix.

`python -m loadtest --help`; docs/benchmarks.md tells the method.
"""
