"""All facts this service can record."""

from __future__ import annotations


class Event:
    """Replaced soon: the union of all events."""
