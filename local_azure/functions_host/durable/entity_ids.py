"""Entity ids as Durable Functions writes them: `@name@key`, the name in lower case."""


def entity_instance_id(name: str, key: str) -> str:
    """Return the instance id of an entity."""
    return f"@{name.lower()}@{key}"


def split_entity_id(instance_id: str) -> tuple[str, str]:
    """Return name and key; the key may itself hold an `@`."""
    name, _, key = instance_id[1:].partition("@")
    return name, key
