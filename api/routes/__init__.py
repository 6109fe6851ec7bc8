"""The addresses, a file per resource: an endpoint parses, makes one call, shapes the answer."""
