"""Orchestrations from start to end, by the real SDK on a real store."""

import json
from datetime import timedelta
from typing import Any

import azure.durable_functions as df


async def test_a_chain_hands_each_result_to_the_next_activity(app, open_bench):
    @app.activity
    def hello(name: str) -> str:
        return f"Hello {name}!"

    @app.orchestrator
    def chain(context: df.DurableOrchestrationContext) -> Any:
        first = yield context.call_activity("hello", context.get_input())
        second = yield context.call_activity("hello", first)
        third = yield context.call_activity("hello", second)
        return [first, second, third]

    bench = await open_bench(app)
    assert await bench.output("chain", "Tokyo") == ["Hello Tokyo!", "Hello Hello Tokyo!!", "Hello Hello Hello Tokyo!!!"]
    assert app.calls == {"chain": 4, "hello": 3}


async def test_an_orchestrator_that_is_no_generator_completes(app, open_bench):
    app.orchestrators["plain"] = lambda context: {"got": context.get_input()}
    bench = await open_bench(app)
    assert await bench.output("plain", [1, 2]) == {"got": [1, 2]}


async def test_a_thousand_activities_fan_out_and_in_within_few_turns(app, open_bench):
    app.activities["square"] = lambda number: number * number

    @app.orchestrator
    def fan(context):
        results = yield context.task_all([context.call_activity("square", n) for n in range(1000)])
        return sum(results)

    bench = await open_bench(app)
    assert await bench.output("fan", timeout_s=60) == sum(n * n for n in range(1000))
    assert app.calls["square"] == 1000


async def test_an_event_wins_over_a_timer_that_is_then_cancelled(app, open_bench):
    @app.orchestrator
    def approval(context):
        timer = context.create_timer(context.current_utc_datetime + timedelta(days=30))
        event = context.wait_for_external_event("Approval")
        winner = yield context.task_any([event, timer])
        if winner == event:
            timer.cancel()
            return {"approved": event.result}
        return "late"

    bench = await open_bench(app)
    instance_id = await bench.start("approval")
    await bench.until(instance_id, lambda state: state.status == "Running")
    await bench.raise_event(instance_id, "Approval", True)
    state = await bench.result(instance_id)
    assert json.loads(state.output) == {"approved": "true"}


async def test_a_timer_fires_at_its_time(app, open_bench):
    @app.orchestrator
    def sleeper(context):
        begun = context.current_utc_datetime
        yield context.create_timer(begun + timedelta(milliseconds=300))
        return (context.current_utc_datetime - begun).total_seconds()

    bench = await open_bench(app)
    assert 0.3 <= await bench.output("sleeper") < 2
