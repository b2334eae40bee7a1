"""What a person sees of failures and logs: one line each."""
