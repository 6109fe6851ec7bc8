"""Processes whose lines coverage does not note: that doubles their CPU seconds, and those that are
killed never tell. What only whole processes run is measured where `Stack.measure` says so."""

UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}
"""Settings of such a process."""
