"""Route templates behave as ASP.NET's do."""

import pytest

from local_azure.functions_host.http_front.route_constraints import UnknownConstraint
from local_azure.functions_host.http_front.route_table import build_route_table
from local_azure.functions_host.http_front.route_templates import TemplateError, compile_template, decode_path
from local_azure.functions_host.ports import FunctionInfo, FunctionKind

MATCHES = [
    ("hello", "/hello", {}),
    ("hello", "/HELLO", {}),
    ("hello", "/hello/", {}),
    ("hello", "/hello/x", None),
    ("hello", "/hell", None),
    ("a.b", "/aXb", None),
    ("orders/{id}", "/orders/7", {"id": "7"}),
    ("orders/{id}", "/orders", None),
    ("orders/{id}", "/orders/", None),
    ("orders/{id}", "/orders/7/8", None),
    ("orders/{id?}", "/orders", {}),
    ("orders/{id?}", "/orders/7", {"id": "7"}),
    ("orders/{id=5}", "/orders", {"id": "5"}),
    ("orders/{id=5}", "/orders/7", {"id": "7"}),
    ("orders/{id:int}", "/orders/-7", {"id": "-7"}),
    ("orders/{id:int}", "/orders/x", None),
    ("orders/{id:int}", "/orders/2147483648", None),
    ("orders/{id:long}", "/orders/2147483648", {"id": "2147483648"}),
    ("orders/{id:int?}", "/orders", {}),
    ("orders/{id:int?}", "/orders/x", None),
    ("{on:bool}", "/True", {"on": "True"}),
    ("{on:bool}", "/1", None),
    ("{at:datetime}", "/2026-11-23", {"at": "2026-11-23"}),
    ("{at:datetime}", "/soon", None),
    ("{x:decimal}", "/1.5", {"x": "1.5"}),
    ("{x:double}", "/nan", None),
    ("{x:guid}", "/0123abcd-0123-0123-0123-0123456789ab", {"x": "0123abcd-0123-0123-0123-0123456789ab"}),
    ("{x:guid}", "/0123abcd", None),
    ("{x:alpha}", "/abC", {"x": "abC"}),
    ("{x:alpha}", "/ab1", None),
    ("{x:length(3)}", "/abc", {"x": "abc"}),
    ("{x:length(2,4)}", "/abcde", None),
    ("{x:minlength(2)}", "/a", None),
    ("{x:maxlength(2)}", "/abc", None),
    ("{x:min(18)}", "/17", None),
    ("{x:max(18)}", "/18", {"x": "18"}),
    ("{x:range(1,5)}", "/6", None),
    ("{x:int:min(5)}", "/4", None),
    ("{x:int:min(5)}", "/5", {"x": "5"}),
    (r"{x:regex(^\d{{3}}$)}", "/123", {"x": "123"}),
    (r"{x:regex(^\d{{3}}$)}", "/1234", None),
    ("{x:regex(^(a|b)$)}", "/b", {"x": "b"}),
    ("files/{*rest}", "/files/a/b/c", {"rest": "a/b/c"}),
    ("files/{*rest}", "/files", {}),
    ("files/{**rest}", "/files/a/b", {"rest": "a/b"}),
    ("{a}-{b}", "/x-y", {"a": "x", "b": "y"}),
    ("{a}-{b}", "/xy", None),
    ("{name}.{ext?}", "/readme", {"name": "readme"}),
    ("{name}.{ext?}", "/readme.md", {"name": "readme", "ext": "md"}),
    ("v{n:int}/x", "/v2/x", {"n": "2"}),
    ("v{n:int}/x", "/vb/x", None),
    ("", "/", {}),
]


@pytest.mark.parametrize(("template", "path", "params"), MATCHES, ids=[f"{t or 'root'} {p}" for t, p, _ in MATCHES])
def test_a_template_takes_exactly_the_paths_that_fit(template, path, params):
    assert compile_template(template).match(decode_path(path)) == params


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [("/a%20b", "/a b"), ("/%C3%BC", "/ü"), ("/a%2Fb", "/a%2Fb"), ("/a%2fb%20c", "/a%2fb c"), ("/a/", "/a")],
)
def test_a_path_is_decoded_but_for_slashes_inside_values(raw, decoded):
    assert decode_path(raw) == decoded


@pytest.mark.parametrize("template", ["{id", "{id}/{ID}", "{}", "{x:nothing}", "{x:length(a)}", "{x:regex([)}"])
def test_a_template_that_means_nothing_is_refused(template):
    with pytest.raises((TemplateError, UnknownConstraint)):
        compile_template(template)


def an_http_function(name, route=None, methods=None, **more):
    trigger = {"type": "httpTrigger", "direction": "IN", "name": "req", "route": route, "methods": methods, **more}
    return FunctionInfo(name, FunctionKind.HTTP, (trigger,))


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/api/orders/list", "literal"),
        ("/api/orders/7", "constrained"),
        ("/api/orders/x", "parameter"),
        ("/api/orders/x/y", "catch_all"),
    ],
)
def test_the_more_literal_route_wins_whatever_the_order_of_declaration(path, function):
    functions = [
        an_http_function("catch_all", "orders/{*rest}"),
        an_http_function("parameter", "orders/{id}"),
        an_http_function("constrained", "orders/{id:int}"),
        an_http_function("literal", "orders/list"),
    ]
    route, _ = build_route_table(functions, "api").find("GET", path)
    assert route.function.name == function


def test_two_functions_share_a_path_by_method():
    table = build_route_table([an_http_function("r", "x", ["GET"]), an_http_function("w", "x", ["POST"])], "api")
    assert table.find("GET", "/api/x")[0].function.name == "r"
    assert table.find("POST", "/api/x")[0].function.name == "w"
    assert table.find("PUT", "/api/x") is None


@pytest.mark.parametrize(
    ("prefix", "route", "path"),
    [("api", None, "/api/fn"), ("", None, "/fn"), ("", "", "/"), ("a/b", "/c/", "/a/b/c"), ("api", "", "/api")],
)
def test_the_path_is_prefix_and_route(prefix, route, path):
    table = build_route_table([an_http_function("fn", route)], prefix)
    assert table.find("GET", path) is not None


def test_a_bad_route_costs_only_its_own_function():
    table = build_route_table([an_http_function("bad", "{x:nothing}"), an_http_function("good")], "api")
    assert [route.function.name for route in table.routes] == ["good"]
    assert list(table.refused) == ["bad"]


def test_a_function_cannot_take_the_hosts_own_paths():
    assert list(build_route_table([an_http_function("fn", "admin/x")], "").refused) == ["fn"]
