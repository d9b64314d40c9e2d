"""`python -m streamcheck`: the command line."""

__all__ = ()

from streamcheck.cli import main

if __name__ == "__main__":
    main()
