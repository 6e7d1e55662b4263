"""The control plane: ARM, Kudu and identity endpoints, and the supervisor that runs each site as a process."""
