"""The door: the studio's pages, and the routes that serve its pictures.

The pages are listed in `ui/studio.py`, which lives elsewhere on purpose: with a folder `pages/`
beside the script that it runs, Streamlit would open deep links without it.
"""

import streamlit as st

from ui.dataset.take_out import take_out_routes
from ui.pictures import picture_routes
from ui.review.closer import closer_routes
from ui.shelf_pictures import shelf_routes
from ui.sounds import sound_routes

ROUTES = [
    *picture_routes(),
    *closer_routes(),
    *shelf_routes(),
    *sound_routes(),
    *take_out_routes(),
]
app = st.App("ui/studio.py", routes=ROUTES)
