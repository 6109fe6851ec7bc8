"""What docs/operations.md says of metrics and alerts is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

import infra.tracing
import processors.metrics
from api.metrics import HttpMetrics
from infra.streams import lag

DOCS = Path(__file__).parents[2] / "docs"
OURS = HttpMetrics(CollectorRegistry())
SOURCES = (infra.tracing, processors.metrics, lag)


def metrics() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Type and labels by name, as Prometheus has them."""
    found = [
        each
        for source in (*map(vars, SOURCES), vars(OURS))
        for each in source.values()
        if isinstance(each, MetricWrapperBase)
    ]
    return {
        each._name + ("_total" if each._type == "counter" else ""): (
            str(each._type),
            each._labelnames,
        )
        for each in found
    }


def test_every_metric_is_explained_as_it_is() -> None:
    rows = re.findall(
        r"^\| `(waybill_\w+)` \| (\w+) \| (.*?) \| .+ \| .+ \| .+ \|$",
        (DOCS / "operations.md").read_text(),
        re.MULTILINE,
    )
    told = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert told == metrics()
    assert len(rows) == len(told)


def test_no_metric_of_ours_is_made_elsewhere() -> None:
    names = {name for name in REGISTRY._names_to_collectors if name.startswith("waybill_")}
    known = {name.removesuffix("_total") for name in metrics()}
    assert {name for name in names if not name.startswith(tuple(known))} == set()


def test_names_have_units() -> None:
    for name, (kind, _) in metrics().items():
        assert name.endswith("_total") == (kind == "counter"), name
        assert kind != "histogram" or name.endswith(("_seconds", "_per_second")), name


def test_the_alert_rules_name_metrics_and_labels_that_there_are() -> None:
    rules = [
        rule
        for group in yaml.safe_load((DOCS / "alerts.yaml").read_text())["groups"]
        for rule in group["rules"]
    ]
    known = metrics()
    assert len(rules) == len({rule["alert"] for rule in rules})
    for rule in rules:
        named = set(re.findall(r"waybill_\w+", rule["expr"]))
        assert named, rule
        assert named <= known.keys(), rule
        labels = {label for name in named for label in known[name][1]}
        grouped = re.findall(r"by \((\w+)\)", rule["expr"])
        selected = re.findall(r"(\w+)=", rule["expr"].replace("==", ""))
        shown = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        assert {*grouped, *selected, *shown} <= labels, rule
