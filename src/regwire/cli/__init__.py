"""The command ``regwire``: thin commands over the library.

Nothing heavy is imported before a command needs it, so that ``regwire --help`` answers at once.
"""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process and exit with its code; 2 where the packages of the extra are missing."""
    try:
        from regwire.cli.app import main as run
    except ModuleNotFoundError as error:
        if (error.name or "regwire").split(".")[0].startswith("regwire"):
            raise
        cure = "pip install 'regwire[cli]' (in a checkout: pip install ./native '.[cli]')"
        sys.stderr.write(f"regwire: the command needs {error.name}, which is not installed; {cure}\n")
        sys.exit(2)
    run()
