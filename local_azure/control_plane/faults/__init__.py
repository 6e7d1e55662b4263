"""Faults on demand: calls that are refused, lost, slow or never end, and deployments that go wrong."""
