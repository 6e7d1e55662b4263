"""The same chain on Restate's Python SDK: three journaled steps."""

import restate

chain = restate.Service("chain")


@chain.handler()
async def run(ctx: restate.Context, value: int) -> int:
    """Three durable steps, one after the other."""
    for number in range(3):
        value = await ctx.run_typed(f"step{number}", step, value=value)
    return value


async def step(value: int) -> int:
    """Add one."""
    return value + 1


app = restate.app(services=[chain])
