"""Number resources beside the store: reading the registries' files (``delegated``)."""
