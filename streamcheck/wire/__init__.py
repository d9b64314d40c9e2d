"""Bytes to events: UTF-8, the framings, JSON documents, content codings. Nothing here knows a dialect."""

__all__ = ()
