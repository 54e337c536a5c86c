"""etcd's v2 store as a pure, replicated state machine."""

from vard_http.store.clients import ClientCache, ClientEntry, Output, Refusal, Remembered
from vard_http.store.command import (
    ClientRequest,
    Command,
    CommandError,
    CompareAndDelete,
    CompareAndSwap,
    Create,
    Delete,
    QuorumGet,
    Set,
    Sync,
    Update,
    apply,
    decode,
    encode,
)
from vard_http.store.digest import digest
from vard_http.store.dump import dump, load
from vard_http.store.encoding import json_string
from vard_http.store.errors import StoreError
from vard_http.store.event import Event
from vard_http.store.image import DumpError, Image, ImageReader, write_image
from vard_http.store.listing import Listing
from vard_http.store.stats import Stats
from vard_http.store.store import Store
from vard_http.store.tree import NODE_BYTES, Directory, Node
from vard_http.store.ttl import expiration
from vard_http.store.vard import MAX_VALUE, Operation, is_word
from vard_http.store.watch import Deliver, Watcher

__all__ = [
    "MAX_VALUE",
    "NODE_BYTES",
    "ClientCache",
    "ClientEntry",
    "ClientRequest",
    "Command",
    "CommandError",
    "CompareAndDelete",
    "CompareAndSwap",
    "Create",
    "Delete",
    "Deliver",
    "Directory",
    "DumpError",
    "Event",
    "Image",
    "ImageReader",
    "Listing",
    "Node",
    "Operation",
    "Output",
    "QuorumGet",
    "Refusal",
    "Remembered",
    "Set",
    "Stats",
    "Store",
    "StoreError",
    "Sync",
    "Update",
    "Watcher",
    "apply",
    "decode",
    "digest",
    "dump",
    "encode",
    "expiration",
    "is_word",
    "json_string",
    "load",
    "write_image",
]
