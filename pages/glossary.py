"""Glossary: the words of the field, and where they can be seen."""

from collections.abc import Sequence

import streamlit as st

from core.markdown import plain
from core.playground.glossary import TERMS, Term, find, named


def show_term(term: Term) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"##### {term.name}\n{term.sentence}")
        others = [name for name in term.also if term.name.casefold() not in name.casefold()]
        if others:
            st.caption(f"Also: {', '.join(others)}")
        if term.page:
            st.page_link(f"../pages/{term.page}.py", icon=":material/arrow_forward:")


def show_linked(name: str) -> None:
    """The term that an address asks for."""
    term = named(name)
    if term is None:
        st.warning(f"There is no term “{plain(name[:40])}” here. Search for it, or look below.")
        return
    with st.container(border=True, key="linked_term"):
        show_term(term)


def show_terms(terms: Sequence[Term]) -> None:
    """Two newspaper columns, which follow each other on a phone."""
    half = -(-len(terms) // 2)
    for column, part in zip(st.columns(2, gap="large"), (terms[:half], terms[half:]), strict=True):
        with column:
            for term in part:
                show_term(term)


st.title("Glossary")
st.markdown("The words of the field, a sentence each, and the page that shows what is meant.")
name = st.query_params.get("term", "")
query = st.text_input("Search", placeholder="learning rate", max_chars=60, key="glossary_search")
if name and not query:
    show_linked(name)
matches = find(query)
if matches:
    st.caption(f"{len(matches)} of {len(TERMS)} terms")
    show_terms(matches)
else:
    st.info("No term has these words. Try a shorter or another one.")
