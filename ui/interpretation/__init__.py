"""The parts of the Interpretation page."""
