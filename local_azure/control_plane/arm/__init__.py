"""Azure Resource Manager as the router sees it: groups, plans, sites, settings, keys and tags."""
