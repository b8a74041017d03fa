"""Ways in, the split and the sample."""
