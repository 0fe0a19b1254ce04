"""A stand-in for an upstream LLM provider: `python -m target_app.provider`.

Speaks the chat completions API that providers share, with a quota per key (a token bucket), which its console, here
`/admin/quota`, can change while it runs. Settings: PORT, POD_IP, PROVIDER_NAME, PROVIDER_API_KEYS
(`name=secret,...`), PROVIDER_ADMIN_TOKEN, PROVIDER_REQUESTS_PER_MINUTE, PROVIDER_BURST, PROVIDER_LATENCY (seconds).
"""
