"""The messages of IRIS as declared classes: a module for the core, for each registry type, and for the transports."""
