"""What runs inside the app's own interpreter: standard library and azure-functions only."""
