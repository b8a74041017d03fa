"""timm, importable beside any build of torchvision: `from core.models.guarded_timm import timm`."""

from core.models.torchvision_guard import guard_torchvision

guard_torchvision()

import timm  # noqa: E402 - the guard comes first
import timm.data  # noqa: E402
import timm.models  # noqa: E402

__all__ = ["timm"]
