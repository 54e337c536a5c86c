"""Hostile input, made with hypothesis: every reader of bytes that others may have written.

Each target says what any input may come to. No reader may raise anything but the errors it
documents, hang, hold more than it was sent, or change anything for what is no valid request.
"""
