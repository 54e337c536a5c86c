"""A part of the tree of keys as data: read, written to a file, compared, and put into a cluster."""
