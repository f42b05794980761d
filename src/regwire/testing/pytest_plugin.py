"""The pytest plugin of regwire: fixtures that import what they need only when a test asks for them."""
