"""The compiled core of regwire; an implementation detail of the regwire distribution."""

from regwire_native._native import PROFILE, __version__

__all__ = ["PROFILE", "__version__"]
