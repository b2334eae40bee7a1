"""Make the buckets that are named, where there are none yet: for compose.yaml."""

import sys

import boto3


def main() -> None:
    """Make them with the usual variables, such as AWS_ENDPOINT_URL."""
    client = boto3.client("s3")
    there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for name in sys.argv[1:]:
        if name not in there:
            client.create_bucket(Bucket=name)


if __name__ == "__main__":
    main()
