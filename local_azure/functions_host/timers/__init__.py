"""Timer triggers: schedules, their durable state, and the loop that fires them."""
