"""What of a host's error people get to read."""

import pytest

from provisioning.host_error import hide_private, summarise_error

TRACEBACK = """Worker failed to load function: 'place_order'
Traceback (most recent call last):
  File "/home/site/wwwroot/lib/a.py", line 3, in <module>
    import b
  File "/home/site/wwwroot/b.py", line 9, in <module>
    import nothing

ModuleNotFoundError: No module named 'nothing'
"""


def test_an_error_is_its_first_line_and_the_end_of_its_traceback():
    assert summarise_error(TRACEBACK).splitlines() == [
        "Worker failed to load function: 'place_order'",
        "    import b",
        '  File "wwwroot/b.py", line 9, in <module>',
        "    import nothing",
        "ModuleNotFoundError: No module named 'nothing'",
    ]


def test_a_short_error_stays_whole_and_a_long_line_is_cut():
    assert summarise_error("one\n\ntwo\n") == "one\ntwo"
    assert len(summarise_error("x" * 5000)) == 300


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "cannot reach https://orders-g1.azurewebsites.net/api?code=abc",
            "cannot reach https://<host>/api?code=<hidden>",
        ),
        ("no answer from db-7.postgres.database.azure.com:5432", "no answer from <host>"),
        ("amqp://user" + ":word@queue:5672/x", "amqp://<host>/x"),
        ("AccountName=a;AccountKey=Zm9v;EndpointSuffix=b", "AccountName=a;AccountKey=<hidden>;EndpointSuffix=b"),
        ("password: hunter2", "password: <hidden>"),
        ("the value swordfish-9 is wrong", "the value <hidden> is wrong"),
        ("version 1 of true", "version 1 of true"),
        ("KeyError: 'STORE_URL' in function_app.py", "KeyError: 'STORE_URL' in function_app.py"),
        ("No module named 'azure.functions'", "No module named 'azure.functions'"),
    ],
)
def test_secrets_and_hosts_are_not_shown(said, shown):
    assert hide_private(said, ("swordfish-9", "1", "true")) == shown
