__version__: str
PROFILE: str
