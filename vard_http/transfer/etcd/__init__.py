"""Data directories of etcd 2.x to 3.5, read offline and never written to."""

from vard_http.transfer.etcd.directory import EtcdContent, read_data_directory

__all__ = ["EtcdContent", "read_data_directory"]
