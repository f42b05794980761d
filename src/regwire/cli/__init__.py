"""The command ``regwire``: thin commands over the library.

Nothing heavy is imported before a command needs it, so that ``regwire --help`` answers at once.
"""

from regwire.cli.app import main

__all__ = ["main"]
