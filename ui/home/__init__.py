"""What Home shows: of an empty workspace the ways in, of a full one where it stands."""
