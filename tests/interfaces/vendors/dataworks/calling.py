"""A caller at the DataWorks door of a daemon in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from interfaces.http.site import PATIENCE, Site
from interfaces.vendors.dataworks.signing import signed_headers

IN_QUERY = {"TriggerSchedulerTaskInstance": {"EnvType"}, "RemoveTaskInstanceDependencies": {"Id"}}
"""Fields of an operation that is sent by POST which travel in the query all the same."""


@dataclass
class DataWorksCaller:
    """Signs with one access key; sends as the official client does."""

    site: Site
    key: str
    secret: bytes
    last: httpx.Response = field(init=False)

    def send(self, action: str, fields: Mapping[str, object], **headers: Any) -> httpx.Response:
        """One request, by GET for what that is for."""
        texts = {name: value if isinstance(value, str) else _text(value) for name, value in fields.items()}
        if action.startswith(("Get", "ListUp", "ListDown", "ListTaskInstanceOp")):
            return self.raw(action, "GET", urlencode(texts), b"", **headers)
        apart = IN_QUERY.get(action, set())
        query = urlencode({name: value for name, value in texts.items() if name in apart})
        form = urlencode({name: value for name, value in texts.items() if name not in apart})
        return self.raw(action, "POST", query, form.encode(), **headers)

    def raw(self, action: str, method: str, query: str, body: bytes, **headers: Any) -> httpx.Response:
        """Exactly this."""
        signed = signed_headers(self.key, self.secret, action, method, query, body, **headers)
        url = f"/?{query}" if query else "/"
        self.last = self.site.http.request(method, url, content=body, headers=signed)
        return self.last

    def call(self, action: str, **fields: object) -> Any:
        """The answer to what is done."""
        answer = self.send(action, fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, action: str, **fields: object) -> tuple[int, str]:
        """Status and code of the answer to what is refused."""
        answer = self.send(action, fields)
        assert answer.status_code >= 400, answer.text
        said = answer.json()
        assert said["RequestId"]
        assert said["Message"]
        return answer.status_code, said["Code"]

    def created(self, *tasks: int, days: int = 1, **more: object) -> Any:
        """What came of a request for tasks on the first days of 2024, once its dates are written."""
        return self.made(**request(*tasks, days=days, **more))

    def made(self, **fields: object) -> Any:
        """What came of a request, once its dates are written."""
        operation = self.call("CreateWorkflowInstances", **fields)["OperationId"]
        deadline = time.monotonic() + PATIENCE
        while (found := self.result(operation))["Status"] == "Creating":
            assert time.monotonic() < deadline
        return found

    def result(self, operation: str) -> Any:
        return self.call("GetCreateWorkflowInstancesResult", OperationId=operation)["Result"]


def request(*tasks: int, days: int = 1, **more: object) -> dict[str, object]:
    """The fields of a request."""
    properties = more.pop("DefaultRunProperties", {})
    assert isinstance(properties, dict)
    needs = {"RootTaskIds": list(tasks), "Parallelism": 2, "Analysis": {"Enabled": True, "Blocked": False}}
    return {
        "Name": "reload",
        "ProjectId": 100,
        "WorkflowId": 1001,
        "Type": "SupplementData",
        "Periods": {"BizDates": [{"StartBizDate": "2024-01-01", "EndBizDate": f"2024-01-{days:02}"}]},
        "DefaultRunProperties": {**needs, **properties},
        **more,
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value)  # as Python's client writes it
    if isinstance(value, int):
        return str(value)
    return httpx.Request("POST", "http://any", json=value).content.decode()
