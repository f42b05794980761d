"""``python -m regwire.epp.ext``: the table of the extensions that are found."""

import sys

from regwire.epp.extension import discover, table

if __name__ == "__main__":
    sys.stdout.write(table(discover()))
