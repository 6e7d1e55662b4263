"""The JSON protocol of azure-functions-durable 1.x: requests, answers, and the replay that turns them to decisions."""
