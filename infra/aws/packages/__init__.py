"""What is sent to the account: the zip of the functions, and the context of the jobs' image."""
