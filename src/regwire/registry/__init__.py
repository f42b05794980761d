"""The embedded registry: model, rules, store and fronts over the public server API."""
