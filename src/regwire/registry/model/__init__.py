"""The registry's own terms: objects, requests and outcomes, without any protocol's classes.

Import from the modules: ``objects`` (what is kept), ``requests`` (what is asked), ``outcomes`` (what it comes to),
``codes`` (result codes).
"""
