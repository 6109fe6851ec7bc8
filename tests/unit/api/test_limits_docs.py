"""The limits in docs/api.md are those of the code and of the OpenAPI document."""

from __future__ import annotations

import json
import re
from typing import Any

from api.bodies import MAX_BODY
from api.models.live import MOST_SUBSCRIPTIONS
from api.models.requests import LONGEST_TICKET
from api.openapi import PUBLISHED
from domain.nesting import MAX_NESTED


def test_every_limit_is_told_as_it_is() -> None:
    text = PUBLISHED.with_name("api.md").read_text(encoding="utf-8")
    section = text.partition("\n## Limits\n")[2].partition("\n## ")[0]
    told = {
        what: [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", most)]
        for what, most in re.findall(r"^\| (.+) \| (.*\d.*) \|$", section, re.MULTILINE)
    }
    schemas = json.loads(PUBLISHED.read_text(encoding="utf-8"))["components"]["schemas"]
    export = schemas["ExportRequest"]["properties"]
    heading = schemas["FieldChoice"]["properties"]
    [days] = {
        _most(schemas[body]["properties"][name])
        for body, name in (("ExportRequest", "retention_days"), ("KeyRequest", "expires_in_days"))
    }
    [characters] = {_most(heading["label"]), _most(heading["name"])}
    assert told == {
        "a body": [MAX_BODY // 1024],
        "`fields` of an export": [_most(export["fields"]), MAX_NESTED],
        "`formats` of an export": [_most(export["formats"])],
        "`order`": [_most(export["order"])],
        "`limit`, rows": [_most(export["limit"])],
        "a heading, a field's name": [characters],
        "a purpose": [_most(export["purpose"])],
        "`retention_days`, days until a key expires": [days],
        "a link": [LONGEST_TICKET],
        "rows of a preview": [_most(schemas["PreviewRequest"]["properties"]["rows"])],
        "exports followed over one WebSocket": [MOST_SUBSCRIPTIONS],
    }


def _most(schema: dict[str, Any]) -> int:
    shape = schema.get("anyOf", [schema])[0]
    [most] = [shape[name] for name in ("maximum", "maxItems", "maxLength") if name in shape]
    return int(most)
