"""DSPy behind two doors: `worker` beside a local server, `lambda_function` in AWS. No door, and no DSPy, at import."""
