"""Architectures, embedded weights and frozen features.

Importing this package makes torchvision importable beside any build of torch.
"""

from core.models.torchvision_guard import guard_torchvision

guard_torchvision()
