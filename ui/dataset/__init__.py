"""The sections of the Dataset page."""
