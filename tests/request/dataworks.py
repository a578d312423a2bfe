"""Every form field of `CreateWorkflowInstances` as the vendor's client sends it, and how a door reads them."""

from __future__ import annotations

import json
from typing import Any

FORM = {
    "AutoStartEnabled": "True",
    "Comment": "why=not",
    "DefaultRunProperties": (
        '{"Alert":{"NoticeType":"Mail","Type":"Failure"},"Analysis":{"Blocked":false,"Enabled":true},'
        '"DataSourceNameMappings":{"src":"dst"},"ExcludeProjectIds":[200],"ExcludeTaskIds":[9],'
        '"IncludeProjectIds":[100],"IncludeTaskIds":[1234,1235],"Mode":"ManualSelection","Order":"Asc",'
        '"Parallelism":2,"Priority":1,"PriorityWeightStrategy":"Disable","RootTaskIds":[1234],'
        '"RunPolicy":{"EndTime":"23:59:59","Immediately":false,"StartTime":"00:00:00","Type":"Daily"},'
        '"RuntimeResource":"rg-1"}'
    ),
    "EnvType": "Prod",
    "Name": "backfill nov & more",
    "Periods": (
        '{"BizDates":[{"EndBizDate":"2024-11-24","StartBizDate":"2024-11-20"},'
        '{"EndBizDate":"2024-12-01","StartBizDate":"2024-12-01"}],"EndTime":"23:59:59","StartTime":"00:00:00"}'
    ),
    "ProjectId": "100",
    "TagCreationPolicy": "Append",
    "Tags": '[{"Key":"team","Value":"ünï"}]',
    "TaskParameters": '{"1234":"d=1 e=2"}',
    "Type": "SupplementData",
    "WorkflowId": "1",
    "WorkflowParameters": "k1=v1 k2=v2",
}
_JSON = ("DefaultRunProperties", "Periods", "Tags", "TaskParameters")
CATALOG = """
project: shop
id: 100
workflows:
  - workflow: w
    id: 7
    tasks:
      - {task: a, id: 1234, virtual: true, parameters: {d: "", e: ""}}
      - {task: b, id: 1235, virtual: true, depends_on: [a]}
      - {task: c, id: 9, virtual: true, depends_on: [b]}
---
project: other
id: 200
workflows: [{workflow: w, tasks: [{task: x, virtual: true}]}]
"""


def body() -> dict[str, Any]:
    """The form with its JSON fields decoded."""
    return {key: json.loads(value) if key in _JSON else value for key, value in FORM.items()}


def buildable_body() -> dict[str, Any]:
    """The same, less what has no effect so far, and less the parameters that workflow id 1 makes meaningless."""
    found = body()
    del found["WorkflowParameters"]
    del found["DefaultRunProperties"]["DataSourceNameMappings"]
    return found
