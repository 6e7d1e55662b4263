"""The query of a request as it was sent: the host joins the values of a repeated name with commas."""

from urllib.parse import parse_qsl, urlsplit

from multidict import MultiDict

from router_app.http.call import Call


def raw_query(call: Call) -> MultiDict[str]:
    """Read the query with repeated names kept apart."""
    return MultiDict(parse_qsl(urlsplit(call.url).query, keep_blank_values=True))
