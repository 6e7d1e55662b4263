"""Answers that several operations give, as the OpenAPI document tells them."""

from router_app.http.operations import Answer

ACCEPTED = Answer(
    "Accepted: Durable's check-status object.",
    "answers.CheckStatus",
    headers=("Location", "Retry-After", "X-Durable-Router-Route"),
)
OUTPUT = Answer("It has ended in time: the output; of one that has not completed, the status.", "answers.Output")
FAILED = Answer("It has failed in time, and the caller wants to be told by the status.", "answers.InstanceStatus")
TOLD = Answer("The app took it.", headers=("Location",))
PAGE = Answer("One page.", "answers.Instances", headers=("x-ms-continuation-token",))
PURGED = Answer("So many are purged.", "answers.Purged")
BY_APP = Answer("What the version app answers, without its host and keys.", media="*/*")
