"""What is made of what came in: engines, jobs, and the gate that every publication passes."""
