"""regwire, the registry protocol engine."""

import regwire_native as _native

__all__ = ["__version__"]

__version__ = "0.1.0"

if _native.__version__ != __version__:
    raise ImportError(
        f"regwire {__version__} needs regwire-native {__version__} and found {_native.__version__}: "
        "install both together (pip install ./native . in a checkout)"
    )
