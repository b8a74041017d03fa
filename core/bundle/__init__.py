"""The bundle of a run: written, checked, and told of."""
