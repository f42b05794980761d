"""``python -m regwire.cli`` is the command ``regwire``."""

from regwire.cli import main

main()
