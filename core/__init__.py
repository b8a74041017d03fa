"""The studio without a screen: everything here can be imported in a notebook or a script."""
