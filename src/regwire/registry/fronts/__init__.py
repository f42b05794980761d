"""Fronts: one package a protocol, between its messages and the registry's requests and outcomes. No rules here."""
