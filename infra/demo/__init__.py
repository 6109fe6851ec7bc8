"""The demo: real flights and generated orders in a schema `demo` of the service's own database,
and the datasets that declare them."""

from infra.demo.flights import FlightsMissing, load_flights
from infra.demo.loads import Report
from infra.demo.orders import load_orders
from infra.demo.places import write_datasets

__all__ = ["FlightsMissing", "Report", "load_flights", "load_orders", "write_datasets"]
