"""``python -m regwire.cli`` is the command ``regwire``."""

from regwire.cli.app import main

main()
