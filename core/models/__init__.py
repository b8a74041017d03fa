"""Networks: architectures, weights, preprocessing, frozen features."""
