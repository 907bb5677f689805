"""One file a job: a typed request, a plain function; the shells that call it are thin."""
