"""What a person sees, on any terminal: tables, failures and logs, one line each."""
