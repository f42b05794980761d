"""How Hypothesis runs here: the same examples each time, and no deadline, for machines differ.

`pytest --hypothesis-profile=explore` looks for new examples.
"""

from hypothesis import settings

settings.register_profile("explore", deadline=None, derandomize=False)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
