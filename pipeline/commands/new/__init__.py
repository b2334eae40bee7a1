"""Parts of one's own made from templates: main.action=new_step and new_model."""
