"""Azure in a box, for laptops and tests: Resource Manager, Kudu and Functions host of our own. Never deployed."""
