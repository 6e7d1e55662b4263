"""What a function with a durable client binding is handed."""

from local_azure.functions_host.durable import codec
from local_azure.functions_host.durable.urls import INSTANCE_ID_PLACEHOLDER, DurableUrls


def client_binding_payload(urls: DurableUrls, rpc_base_url: str) -> str:
    """Return the JSON text of the binding; `rpc_base_url` must end with a slash, the SDK appends to it."""
    return codec.dumps(
        {
            "taskHubName": urls.hub,
            "creationUrls": urls.creation(),
            "managementUrls": urls.management(INSTANCE_ID_PLACEHOLDER),
            "baseUrl": urls.base_url,
            "requiredQueryStringParameters": urls.required_query,
            "rpcBaseUrl": rpc_base_url,
        }
    )
