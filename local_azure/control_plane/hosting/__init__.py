"""The machine under the sites: ports, folders and one Functions host process for each running site."""
