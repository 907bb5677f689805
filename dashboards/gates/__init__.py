"""The page that tells what the quality gate found."""
