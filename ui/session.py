"""What the program itself keeps in a browser session, by name and type; `*` stands for any text.

Only names, ids, numbers and words: an object would be of the code before an update, and of a
workspace that may have changed. What a widget holds under its key is Streamlit's.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType, NoneType

Kinds = tuple[type, ...]
NUMBER: Kinds = (int, float)

KEYS: Mapping[str, Kinds] = MappingProxyType(
    {
        "workspace": (str,),
        # Which part of a page is open, when another one leads to it.
        "section": (str,),
        "results_first": (bool,),
        "check_open": (str, NoneType),
        "anatomy_section": (str,),
        # Dataset
        "imports_started": (int,),
        "*_number": (int,),  # of uploads, so that the next uploader is empty
        "camera_taken": (list,),  # ids
        "camera_burst": (str,),
        "camera_of": (str,),
        "camera_shot": (int,),
        "class_change": (tuple,),  # what was done in words, and the batch that takes it back
        "class_problem": (tuple,),  # a message and its hint
        "gallery_page": (int,),
        "picture_round": (int,),
        # Training: the settings, which sliders of several pages move
        "architecture": (str,),
        "minutes": NUMBER,  # 0 for epochs chosen by hand
        "epochs": (int,),
        "rate": NUMBER,
        "size_px": (int,),
        "resize": (str,),
        "augmentation": (str,),
        "mixup": (bool, *NUMBER),
        "oversample": (bool,),
        "smaller_first": (list,),  # sizes in pixels
        "weights": (str,),
        "frozen_epochs": (int,),
        "batch": (int,),
        "weight_decay": NUMBER,
        "precision": (str,),
        "seed": (int,),
        "sweep_rates": (list,),
        "chosen_architectures": (list,),  # names
        # Review
        "review_view": (str,),
        "review_label": (str,),
        "review_predicted": (str,),
        "review_side": (str,),
        "review_text": (str,),
        "review_ids": (tuple,),
        "review_question": (tuple,),  # the folder, the fields of the filter, how many on a page
        "review_version": (tuple, NoneType),  # the numbers that say which scores
        "review_queue": (list,),  # ids
        "review_page": (int,),
        "review_seen": (int,),
        "review_first_run": (int,),
        "history_page": (int,),
        "history_problem": (tuple,),  # a message and its hint
        "lookalikes_question": (tuple,),  # the workspace, what is shown, the last search
        "lookalikes_groups": (list,),  # ids, and how alike each is to the first
        "lookalikes_page": (int,),
        # Looking closer
        "anatomy_run": (int,),
        "anatomy_image": (str,),
        "anatomy_turn": (int,),
        "layer_path": (str,),
        "heat_question": (dict,),  # a list of pictures on the page, ids, classes
        "*_page": (int,),  # of a list of pictures
        # Export
        "push_tokens": (int,),  # how many were typed
    }
)


def kinds_of(key: str) -> Kinds | None:
    """The types that may stand under a key; None for one that is not declared."""
    fitting = [kinds for name, kinds in KEYS.items() if key == name or fnmatchcase(key, name)]
    return fitting[0] if fitting else None
