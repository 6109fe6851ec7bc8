"""Whole installations, broken. A package, so that its world ends with its last scenario and not
with the run."""
