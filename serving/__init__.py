"""The thin API: what was last published goes out, feedback comes in. One code for a Lambda and for one process."""
