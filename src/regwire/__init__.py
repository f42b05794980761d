"""regwire, the registry protocol engine."""

__version__ = "0.1.0"
