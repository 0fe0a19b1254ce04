"""Datasets in a real object store: kept, refused, unreachable, and gone with a store that was replaced."""

from datetime import UTC, datetime

import boto3
import httpx
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from target_app.storage.signing import encoded, signed_headers

pytestmark = pytest.mark.parts

KEYS = {"S3_ACCESS_KEY_ID": "research", "S3_SECRET_ACCESS_KEY": "secret"}
DENY = """{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
  "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::datasets/*",
  "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"""


@pytest.fixture(scope="module")
def storing(start_app, object_store):
    part = start_app(S3_ENDPOINT_URL=object_store.url, S3_TIMEOUT="5", **KEYS)
    yield part
    part.end()


@pytest.fixture(scope="module")
def s3(object_store):
    """The store as its owner's own tools see it."""
    credentials = {"aws_access_key_id": "research", "aws_secret_access_key": "secret"}
    config = Config(proxies={}, retries={"max_attempts": 1})
    return boto3.client("s3", endpoint_url=object_store.url, region_name="us-east-1", config=config, **credentials)


def _upload(part, name="runs.csv", data=b"a,b\n1,2\n"):
    return part.client.put(f"/datasets/{name}", content=data)


def _store_seen(part):
    return httpx.get(part.url + "/health/ready").json()["components"]["object_store"]


def test_a_dataset_comes_back_as_it_was_and_lies_in_the_bucket(storing, s3):
    data = bytes(range(256)) * 10
    assert _upload(storing, data=data).status_code == 204
    assert storing.client.get("/datasets/runs.csv").content == data
    assert s3.get_object(Bucket="datasets", Key="runs.csv")["Body"].read() == data


def test_names_and_sizes_have_limits_and_an_unknown_dataset_is_not_found(storing):
    assert _upload(storing, name=".hidden").status_code == 422
    assert _upload(storing, data=b"x" * 1_000_001).status_code == 413
    assert storing.client.get("/datasets/nothing").status_code == 404


def test_a_policy_that_denies_is_told_and_everything_else_goes_on(storing, s3, counting):
    _upload(storing)
    uploads = counting(storing, 'object_store_requests_total{operation="upload",status="403"}')
    downloads = counting(storing, 'object_store_requests_total{operation="download",status="403"}')
    s3.put_bucket_policy(Bucket="datasets", Policy=DENY)
    for answer in (_upload(storing), storing.client.get("/datasets/runs.csv")):
        assert answer.status_code == 502
        assert "HTTP 403 AccessDenied" in answer.json()["detail"]
    assert (uploads(), downloads()) == (1, 1)
    assert _store_seen(storing)["status"] == "failing"
    assert storing.client.get("/experiments").status_code == 200
    s3.delete_bucket_policy(Bucket="datasets")
    assert _upload(storing).status_code == 204
    assert _store_seen(storing) == {"status": "ok"}


def test_a_store_that_came_back_empty_is_used_at_once(storing, object_store, eventually, counting):
    _upload(storing)
    unreached = counting(storing, 'object_store_requests_total{operation="upload",status="unreachable"}')
    object_store.stop()
    refused = _upload(storing)
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert unreached() == 1
    object_store.start()
    eventually(lambda: _upload(storing).status_code == 204)
    assert storing.client.get("/datasets/runs.csv").status_code == 200


def test_without_a_store_datasets_alone_are_unavailable(app):
    assert _upload(app).status_code == 503


@pytest.mark.parametrize(("method", "key", "body"), [("PUT", "runs 1/ä.csv", b"rows"), ("GET", "runs.csv", b"")])
def test_requests_are_signed_as_the_protocol_s_own_library_signs_them(method, key, body):
    url = f"http://store:5000/datasets/{encoded(key)}"
    now = datetime.now(UTC)
    ours = signed_headers(
        method, url, body, region="us-east-1", access_key_id="id", secret_access_key="secret", now=now
    )
    at = ours["x-amz-date"]
    theirs = AWSRequest(method, url, data=body, headers={"X-Amz-Content-SHA256": ours["x-amz-content-sha256"]})
    signer = S3SigV4Auth(Credentials("id", "secret"), "s3", "us-east-1")
    theirs.context["timestamp"] = at
    theirs.headers["X-Amz-Date"] = at
    signature = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)
    assert ours["authorization"].endswith(f"Signature={signature}")
