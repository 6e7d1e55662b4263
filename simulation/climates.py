"""Climates: mixes of faults. Some faults often and others never finds more than all of them now and then."""

from dataclasses import fields
from random import Random

from simulation.faults import NO_FAULTS, Faults

_OFTEN = {"slow_forward": 0.6, "slow_row": 0.6, "timer_late": 0.3, "slow_message": 0.3, "replay": 0.3}
_OFTEN |= {"azure_slow": 0.5, "count_unknown": 0.5, "at_the_limit": 0.7}
_USUAL = 0.15
_MOST = {field.name: _OFTEN.get(field.name, _USUAL) for field in fields(Faults)}


def calm(_: Random) -> Faults:
    """Nothing goes wrong."""
    return NO_FAULTS


def mixed(random: Random) -> Faults:
    """Each fault is absent from half of the mixes: some defects need one fault often and another never."""
    return Faults(**{name: random.random() * most for name, most in _MOST.items() if random.random() < 0.5})


def slow(random: Random) -> Faults:
    """Every delay is at its limit."""
    return Faults(
        slow_forward=0.9,
        slow_row=0.9,
        at_the_limit=0.97,
        slow_message=random.choice((0.0, 0.0, 0.5)),
        slow_read=random.choice((0.0, 0.9)),
        count_unknown=random.choice((0.0, 0.0, 0.9)),
        azure_slow=random.choice((0.0, 0.8)),
    )


def crashing(random: Random) -> Faults:
    """Workers die all the time."""
    return Faults(
        activity_lost=0.3,
        result_lost=0.2,
        replay=0.2,
        housekeeping_dies=0.2,
        hub_slow=random.choice((0.0, 0.5)),
        slow_row=random.choice((0.0, 0.9)),
        azure_slow=random.choice((0.0, 0.8)),
        azure_late=random.choice((0.0, 0.3)),
    )


def losing_deliveries(random: Random) -> Faults:
    """Those who deliver waiting starts die."""
    return Faults(delivery_lost=0.7, slow_row=random.choice((0.0, 0.9)), slow_message=random.choice((0.0, 0.3)))


def silent(random: Random) -> Faults:
    """Apps do not answer counts, and rows are late."""
    return Faults(
        count_unknown=random.choice((0.6, 0.95)),
        observation_unknown=random.choice((0.1, 0.5)),
        slow_forward=0.9,
        slow_row=0.9,
        at_the_limit=0.9,
    )


def losing_answers(random: Random) -> Faults:
    """Answers get lost, forwards time out, and whoever was asked has done it."""
    return Faults(
        answer_lost=0.5,
        request_repeated=0.5,
        slow_forward=random.choice((0.3, 0.7)),
        slow_row=random.choice((0.3, 0.9)),
        at_the_limit=random.choice((0.0, 0.7)),
        slow_message=random.choice((0.0, 0.3)),
        wake_lost=random.choice((0.0, 0.5)),
        wake_repeated=random.choice((0.0, 0.5)),
        azure_slow=random.choice((0.0, 0.5)),
    )


def failing_releases(random: Random) -> Faults:
    """Packages do not start, and Azure is slow to say so."""
    return Faults(
        package_bad=0.6,
        azure_slow=random.choice((0.0, 0.5)),
        azure_refuses=random.choice((0.0, 0.2)),
        azure_answer_lost=random.choice((0.0, 0.2)),
        wake_lost=random.choice((0.0, 0.5)),
    )


def leaving_things(random: Random) -> Faults:
    """Azure does things after it seemed to have failed, and those who asked are gone."""
    return Faults(
        azure_late=0.4,
        azure_slow=0.5,
        activity_lost=random.choice((0.0, 0.3)),
        housekeeping_dies=random.choice((0.0, 0.3)),
        hub_slow=random.choice((0.0, 0.5)),
        package_bad=random.choice((0.0, 0.3)),
        count_unknown=random.choice((0.0, 0.3)),
    )


def working_alone(random: Random) -> Faults:
    """Apps begin work by themselves."""
    return Faults(own_work=0.7, azure_refuses=random.choice((0.0, 0.2)), result_lost=random.choice((0.0, 0.2)))


def in_the_post(random: Random) -> Faults:
    """Messages within the hub take seconds."""
    return Faults(
        slow_message=0.8,
        wake_lost=random.choice((0.0, 0.3)),
        wake_repeated=random.choice((0.0, 0.5)),
        operation_repeated=random.choice((0.0, 0.2)),
        at_the_limit=random.choice((0.0, 0.5)),
        azure_refuses=random.choice((0.0, 0.3)),
    )


def reading_slowly(random: Random) -> Faults:
    """Reads of the table and requests to apps take as long as they can."""
    return Faults(slow_read=1.0, slow_forward=0.9, slow_row=random.choice((0.5, 0.9)), at_the_limit=0.97)


def deploying_slowly(random: Random) -> Faults:
    """Azure and the hub take their time."""
    return Faults(
        azure_slow=1.0,
        at_the_limit=0.8,
        slow_message=random.choice((0.3, 0.7)),
        azure_refuses=random.choice((0.2, 0.5)),
        timer_late=0.3,
    )


def publishing_late(random: Random) -> Faults:
    """Azure times out, and does it all the same."""
    return Faults(azure_late=0.6, package_bad=random.choice((0.0, 0.3)))
