"""What the app and its sign-in share in the tests."""

ON_CALL_KEY = "key-of-the-tests"
JWT_SECRET = "a secret of the tests, long enough for HS256"
ADA = {"user": "ada", "password": "notes on the engine"}
