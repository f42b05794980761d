"""Stores: where the registry is kept.

``base`` says what a store is, ``sqlite`` is the one there is, ``group`` decides many commands in one commit.
"""
