"""Whole installations as their users meet them. A package, so that its installation ends with its
last test and not with the run."""
