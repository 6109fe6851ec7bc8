"""Who was given a file: a grant, and every start and end of a transfer under it."""
