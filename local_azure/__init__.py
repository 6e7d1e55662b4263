"""Azure in a box: an Azure Resource Manager, Kudu and Functions host of our own, for laptops and tests. Never deployed."""
