"""Tests of the registry build checked (really frozen) records, unless something imported the model before."""

import os

os.environ.setdefault("REGWIRE_FROZEN_MODEL", "1")
