"""What a site's process can see of the machine."""


def test_a_site_sees_its_settings_and_the_platform_and_nothing_of_the_operator(azure, stand_in, about):
    site = azure.make_site("orders", {"GREETING": "hello", "IDENTITY_HEADER": "forged", "WEBSITE_SITE_NAME": "forged"})
    azure.publish(site, {"version.txt": "one"})
    environment = about(site)["environment"]
    assert environment["GREETING"] == "hello"
    assert environment["WEBSITE_SITE_NAME"] == "orders"
    assert environment["IDENTITY_HEADER"] not in ("forged", stand_in.bootstrap["identityHeader"])
    allowed = {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "GREETING"}
    platform = {name for name in environment if name.startswith(("WEBSITE_", "IDENTITY_", "FUNCTIONS_"))}
    assert set(environment) - allowed - platform == set()


def test_settings_that_do_not_change_do_not_restart_the_site(azure, about):
    site = azure.make_site("orders", {"GREETING": "hello"})
    azure.publish(site, {"version.txt": "one"})
    pid = about(site)["pid"]
    azure.web.web_apps.update_application_settings("versions", "orders", {"properties": {"GREETING": "hello"}})
    azure.resources.tags.begin_create_or_update_at_scope(site.id, {"properties": {"tags": {"line": "1.0"}}}).result()
    assert about(site)["pid"] == pid
    azure.web.web_apps.update_application_settings("versions", "orders", {"properties": {"GREETING": "bonjour"}})
    assert about(site)["pid"] != pid


def test_the_log_holds_what_the_host_prints_and_is_rotated_when_it_is_large(azure, stand_in, about):
    site = azure.make_site("orders")
    log = stand_in.state / "sites" / "orders" / "host.log"
    log.write_bytes(b"x" * (6 << 20))
    azure.publish(site, {"version.txt": "one"})
    about(site)
    assert log.read_text() == "ready\n"
    assert log.with_name("host.log.1").stat().st_size == 6 << 20
