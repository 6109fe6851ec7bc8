"""PDF: rows become strips of drawing operators wherever there is room, and pages at assembly."""
