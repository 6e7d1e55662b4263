"""The host's keys."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

from local_azure.functions_host.keys import DURABLE_SYSTEM_KEY, ensure_system_key, load_or_create


def test_the_file_is_for_its_owner_only(tmp_path):
    load_or_create(tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "state" / "secrets.json").stat().st_mode) == 0o600


def test_those_who_create_together_agree(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        masters = {keys.master for keys in pool.map(load_or_create, [tmp_path] * 16)}
    assert len(masters) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_adding_a_system_key_keeps_all_others(tmp_path):
    before = load_or_create(tmp_path)
    after = ensure_system_key(tmp_path, DURABLE_SYSTEM_KEY)
    assert (after.master, after.function_keys) == (before.master, before.function_keys)
    assert ensure_system_key(tmp_path, DURABLE_SYSTEM_KEY) == after == load_or_create(tmp_path)


def test_the_document_is_the_documented_one(tmp_path):
    keys = ensure_system_key(tmp_path, DURABLE_SYSTEM_KEY)
    assert json.loads((tmp_path / "secrets.json").read_text()) == {
        "masterKey": keys.master,
        "functionKeys": {"default": keys.function_keys["default"]},
        "systemKeys": {DURABLE_SYSTEM_KEY: keys.system_keys[DURABLE_SYSTEM_KEY]},
    }


def test_each_key_opens_what_it_is_for(tmp_path):
    keys = ensure_system_key(tmp_path, DURABLE_SYSTEM_KEY)
    function, system = keys.function_keys["default"], keys.system_keys[DURABLE_SYSTEM_KEY]
    opened = {
        name: (keys.opens_functions(key), keys.opens_admin(key), keys.opens_system(DURABLE_SYSTEM_KEY, key))
        for name, key in {
            "master": keys.master,
            "function": function,
            "system": system,
            "wrong": "ü",
            "none": None,
            "empty": "",
        }.items()
    }
    assert opened == {
        "master": (True, True, True),
        "function": (True, False, False),
        "system": (False, False, True),
        "wrong": (False, False, False),
        "none": (False, False, False),
        "empty": (False, False, False),
    }


def test_keys_do_not_show_in_their_text(tmp_path):
    keys = load_or_create(tmp_path)
    assert keys.master not in repr(keys)
    assert keys.function_keys["default"] not in repr(keys)
