"""The parts of the page Try it."""
