"""The key `notify`: whom to tell when a run is over."""
