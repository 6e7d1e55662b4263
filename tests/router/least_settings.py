"""The settings that a router cannot do without, for tests that read settings and start none."""

LEAST = {
    "ROUTER_ID": "main",
    "ROUTER_SUBSCRIPTION_ID": "s",
    "ROUTER_RESOURCE_GROUP": "g",
    "ROUTER_LOCATION": "l",
    "ROUTER_STORE": "file:///tmp/store",
}
