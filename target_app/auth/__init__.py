"""Who may use the API: people who sign in with a password and get a token, and machines that hold an API key.

`python -m target_app auth` signs in and issues tokens; the API verifies them (`target_app.api.credentials`) with the
same JWT_SECRET.
"""
