"""Show: the story of a workspace for people who were not there, as facts and as one HTML file."""
