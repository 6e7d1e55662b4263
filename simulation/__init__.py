"""The proof of the drain protocol: the router's own decisions, run in random worlds where everything goes wrong.

What decides is production code: the table's transitions, routing, the planners of all sagas, the freshness of
snapshots, and the order of a saga's steps (router_app/durable/turns.py). What does is modelled here, adversarially:
the task hub, version apps, Azure, the network, clients and admins, on a virtual clock with one seeded source of chance.

It is a package beside the others, not a folder of tests: it is typed and linted like them, `python -m simulation` runs
it alone, and its worker processes can import it. tests/simulation/ holds what is demanded of it; docs/simulation.md
says what it shows and what it does not.
"""
