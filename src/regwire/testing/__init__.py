"""What tests of registry software need: in-memory pairs, a scripted peer, a fake registry, fixtures."""
