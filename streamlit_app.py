"""The door: the studio's pages, the routes that serve its pictures, and the guard before them all.

The pages are listed in `ui/studio.py`, which lives elsewhere on purpose: with a folder `pages/`
beside the script that it runs, Streamlit would open deep links without it.
"""

import streamlit as st

from core.settings import load_settings
from core.web_guard import HostGuard, answered_hosts, house_headers
from ui.dataset.take_out import take_out_routes
from ui.pictures import picture_routes
from ui.review.closer import closer_routes
from ui.shelf_pictures import shelf_routes
from ui.sounds import sound_routes
from ui.try_it.served import shared_routes, try_it_routes

ROUTES = [
    *picture_routes(),
    *closer_routes(),
    *shelf_routes(),
    *sound_routes(),
    *take_out_routes(),
    *try_it_routes(),
]
# Streamlit reads in this file that `app` is an application, and serves what bears the name in the
# end. As middleware of its own, the guard would not see the answer to an error of the server.
app = st.App("ui/studio.py", routes=[*ROUTES, *shared_routes()])
SETTINGS = load_settings()
HOSTS = answered_hosts(st.get_option("server.address"), SETTINGS.hosts)
app = HostGuard(app, HOSTS, house_headers(SETTINGS.on_hub))  # type: ignore[assignment]
