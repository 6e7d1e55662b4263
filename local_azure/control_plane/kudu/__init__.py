"""The deployment endpoint (SCM) of each site: takes packages, unpacks, builds and switches to them."""
