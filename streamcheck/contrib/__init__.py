"""Small parts for other programs: each file stands alone and says what it is for."""

__all__ = ()
