"""What is particular to models that predict numbers: figures, residuals, prediction intervals."""
