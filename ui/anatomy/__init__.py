"""The parts of the Anatomy page."""
