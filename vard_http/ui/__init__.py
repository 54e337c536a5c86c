"""The page at /ui: the cluster as it lives, its keys and its events; see `page`."""

from vard_http.ui.page import PREFIX, Page

__all__ = ["PREFIX", "Page"]
