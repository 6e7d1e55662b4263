"""The way to a superseded line, and a retirement as the monitor begins it."""

from datetime import timedelta

from saga_world import World

from version_registry.retirement import new_retirement


def a_world(**more):
    """1.0 is superseded by 1.1; four instances of 1.0 have finished."""
    world = World(**more)
    world.deploy("1.0.0")
    for number in range(4):
        world.request(None, f"i{number}")
    finish_all(world, "1.0")
    world.deploy("1.1.0")
    world.now += timedelta(hours=1)
    world.did.clear()
    return world


def finish_all(world, line):
    for public in world.app_of(line).instances:
        world.app_of(line).instances[public] = False


def retire(world, operation="retire-1", line="1.0"):
    """Begin a retirement as the monitor does."""
    guards = {"line_generation": world.line(line).generation, "expected_generation": world.table.generation}
    return world.start("retire_line", operation, new_retirement("orders", line, operation=operation, **guards))


def run_until(world, saga, step):
    while saga.state["step"] != step:
        assert saga.status == "running", saga.output
        world.tick()
