"""The lake in the owner's account: a bucket, Glue's catalog, and one DynamoDB table for what a build remembers."""
