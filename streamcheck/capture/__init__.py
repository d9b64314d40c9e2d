"""Captures: one recorded response a file. Bytes and times go in and come out as they were; nothing here knows what they mean."""

__all__ = ()
