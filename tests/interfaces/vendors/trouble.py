"""What a client for Python is told while the store is in trouble: run in an environment of its own, for one vendor."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

VENDOR, URL, *WORDS = sys.argv[1:]


def raised(call: Callable[[], Any]) -> list[Any]:
    """The kind of error, and its status."""
    try:
        call()
    except Exception as error:
        found = [getattr(each, "status_code", getattr(each, "status", None)) for each in (error, response_of(error))]
        return [type(error).__name__, next(filter(None, found), None)]
    return ["none"]


def response_of(error: Exception) -> Any:
    return getattr(error, "response", None)


def dataworks() -> list[Any]:
    """Its client tries again what it is told to, by the code of the error."""
    from alibabacloud_dataworks_public20240518 import models
    from alibabacloud_dataworks_public20240518.client import Client
    from alibabacloud_tea_openapi.utils_models import Config
    from darabonba.policy.retry import BackoffPolicy, RetryCondition, RetryOptions

    key, secret, project, workflow = WORDS
    wait = BackoffPolicy.new_backoff_policy({"policy": "Fixed", "period": 1000})
    again = RetryCondition(maxAttempts=110, errorCode=["ServiceUnavailable"], backoff=wait)
    patience = RetryOptions(retryable=True, retryCondition=[again])

    def create(options: RetryOptions | None) -> Any:
        more = {"access_key_id": key, "access_key_secret": secret, "retry_options": options}
        client = Client(Config(endpoint=URL.partition("//")[2], protocol="http", **more))
        asked = {"name": "trouble", "project_id": int(project), "workflow_id": int(workflow), "type": "TriggerWorkflow"}
        return client.create_workflow_instances(models.CreateWorkflowInstancesRequest(**asked)).body.operation_id

    return [raised(lambda: create(None)), create(patience)]


def cloudflare() -> list[Any]:
    """Its client tries again by itself."""
    from cloudflare import Cloudflare

    token, account, workflow = WORDS

    def create(retries: int) -> Any:
        client = Cloudflare(api_token=token, base_url=f"{URL}/client/v4", max_retries=retries)
        return client.workflows.instances.create(workflow, account_id=account).id

    return [raised(lambda: create(0)), create(20)]


def datadog() -> list[Any]:
    """Its client tries again where it is told that it may."""
    from datadog_api_client import ApiClient, Configuration
    from datadog_api_client.v2.api.workflow_automation_api import WorkflowAutomationApi
    from datadog_api_client.v2.model.workflow_instance_create_request import WorkflowInstanceCreateRequest

    api, app, workflow = WORDS

    def create(**more: Any) -> Any:
        configuration = Configuration(host=URL, **more)
        configuration.api_key.update({"apiKeyAuth": api, "appKeyAuth": app})
        client = WorkflowAutomationApi(ApiClient(configuration))
        return client.create_workflow_instance(workflow, WorkflowInstanceCreateRequest()).data.id

    return [raised(create), create(enable_retry=True, max_retries=20)]


def prefect() -> list[Any]:
    """Its client tries again by itself."""
    os.environ["PREFECT_CLIENT_RETRY_JITTER_FACTOR"] = "0"
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    token, deployment = WORDS

    def create(retries: int) -> Any:
        allowed = temporary_settings({PREFECT_CLIENT_MAX_RETRIES: retries})
        with allowed, SyncPrefectClient(f"{URL}/api", api_key=token) as client:
            return str(client.create_flow_run_from_deployment(deployment).id)

    return [raised(lambda: create(0)), create(20)]


print(json.dumps({"dataworks": dataworks, "cloudflare": cloudflare, "datadog": datadog, "prefect": prefect}[VENDOR]()))
