"""What goes over HTTP, as pydantic models: bodies that come in, resources that go out."""
