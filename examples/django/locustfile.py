"""Readers of the notes, for Locust alone (`locust --host http://127.0.0.1:8003`) and for drills alike."""

import random

from locust import HttpUser, between, task


class Reader(HttpUser):
    wait_time = between(0.4, 0.6)

    @task(3)
    def list_notes(self) -> None:
        self.client.get("/")

    @task
    def read_a_note(self) -> None:
        self.client.get(f"/{random.randint(1, 20)}", name="/{note}")

    @task
    def fetch_all(self) -> None:
        self.client.get("/notes.json")
