"""Makes what an account needs before the first deployment: the state bucket, the image repository, GitHub's roles."""
