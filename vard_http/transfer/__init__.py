"""Backup, restore and import: a store's content from one cluster into another.

`command` is what `vard-http backup`, `restore` and `import` run.
"""
