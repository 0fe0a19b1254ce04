"""The policy of a bucket at an object store, put and taken away by S3, and what the store then answers."""

import json
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator.faults.waiting import until

_NO_POLICY = "NoSuchBucketPolicy"
_NO_BUCKET = "NoSuchBucket"


def put_bucket_policy(url: str, bucket: str, policy_path: str, access_key_id: str, secret_access_key: str) -> str:
    """Action: give a bucket the policy of a JSON file, in place of any that it has. Idempotent."""
    policy = json.dumps(json.loads(Path(policy_path).read_text(encoding="utf-8")))
    _client(url, access_key_id, secret_access_key).put_bucket_policy(Bucket=bucket, Policy=policy)
    return policy


def delete_bucket_policy(url: str, bucket: str, access_key_id: str, secret_access_key: str) -> bool:
    """Action: take a bucket's policy away. Idempotent; whether there is one or not, and whether there is a bucket."""
    try:
        _client(url, access_key_id, secret_access_key).delete_bucket_policy(Bucket=bucket)
    except ClientError as error:
        if _code(error) not in (_NO_POLICY, _NO_BUCKET):
            raise
    return True


def has_bucket_policy(url: str, bucket: str, access_key_id: str, secret_access_key: str) -> bool:
    """Probe: whether a bucket has a policy."""
    try:
        _client(url, access_key_id, secret_access_key).get_bucket_policy(Bucket=bucket)
    except ClientError as error:
        if _code(error) not in (_NO_POLICY, _NO_BUCKET):
            raise
        return False
    return True


def access_denied(
    url: str, bucket: str, access_key_id: str, secret_access_key: str, key: str = "anything", timeout: float = 20
) -> str:
    """Probe: the store denies the reading of an object to the app's own credentials. Returns its answer."""
    client = _client(url, access_key_id, secret_access_key)

    def answer() -> tuple[int, str]:
        try:
            client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"]), _code(error)
        return 200, "served"

    status, code = until(answer, lambda seen: seen[0] == 403, f"bucket {bucket} denied", timeout)
    return f"HTTP {status} {code}"


def _client(url: str, access_key_id: str, secret_access_key: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=Config(proxies={}, retries={"max_attempts": 1}, connect_timeout=3, read_timeout=5),
    )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
