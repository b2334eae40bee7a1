"""What a model does to rows first, as preprocess did to those that it was fitted on."""
