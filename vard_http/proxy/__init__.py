"""etcd's v2 proxy: no member, but forwards requests to those that are (contract 17)."""

from vard_http.proxy.running import is_proxy_directory, run_proxy

__all__ = ["is_proxy_directory", "run_proxy"]
