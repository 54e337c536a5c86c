"""Realistic users of an etcd v2 server, for Locust.

With the web UI (http://localhost:8089):
    locust -f loadtest/locustfile.py --host http://127.0.0.1:2379
Without:
    locust -f loadtest/locustfile.py --host http://127.0.0.1:2379 --headless -u 100 -r 50 -t 60s
"""

from __future__ import annotations

import random
import time
from itertools import count
from typing import Any

import requests
from locust import HttpUser, between, constant, events, task
from urllib3.exceptions import ReadTimeoutError

APPLICATIONS = 20
SETTINGS = 10
SERVICES = 10
LOCKS = 20
SERVICE_TTL = 15
LOCK_TTL = 30
WATCH_SECONDS = 10.0

_KEYS = "/v2/keys/locust"
_numbers = count(1)


@events.test_start.add_listener
def write_config(environment: Any, **_: Any) -> None:
    """The settings that config readers read."""
    with requests.Session() as session:
        for application in range(APPLICATIONS):
            for setting in range(SETTINGS):
                url = f"{environment.host}{_setting(application, setting)}"
                session.put(url, data={"value": f"{time.time()}"}, timeout=10)


class ConfigReader(HttpUser):
    """Reads single settings often, and all those of its application now and then."""

    weight = 10
    wait_time = between(0.1, 0.5)

    def on_start(self) -> None:
        self.application = random.randrange(APPLICATIONS)

    @task(9)
    def read_one(self) -> None:
        self.client.get(_setting(self.application, random.randrange(SETTINGS)), name="config: one")

    @task
    def read_all(self) -> None:
        path = f"{_KEYS}/config/app{self.application}?recursive=true&quorum=true"
        self.client.get(path, name="config: all of one application")


class ConfigWriter(HttpUser):
    """Changes a setting; its value is the time, so that watchers know how late they hear of it."""

    weight = 1
    wait_time = between(0.5, 1.5)

    @task
    def write(self) -> None:
        path = _setting(random.randrange(APPLICATIONS), random.randrange(SETTINGS))
        self.client.put(path, data={"value": f"{time.time()}"}, name="config: change")


class Service(HttpUser):
    """Registers itself with a TTL and refreshes it; registers anew if the key has expired."""

    weight = 5
    wait_time = between(1, 3)

    def on_start(self) -> None:
        number = next(_numbers)
        self.path = f"{_KEYS}/services/service{number % SERVICES}/instance{number}"
        self.register()

    def on_stop(self) -> None:
        self.client.delete(self.path, name="service: leave")

    def register(self) -> None:
        form = {"value": '{"host":"127.0.0.1","port":80}', "ttl": SERVICE_TTL}
        self.client.put(self.path, data=form, name="service: register")

    @task
    def refresh(self) -> None:
        form = {"refresh": "true", "prevExist": "true", "ttl": SERVICE_TTL}
        with self.client.put(
            self.path, data=form, name="service: refresh", catch_response=True
        ) as answer:
            if answer.status_code != 404:
                return
            answer.success()
        self.register()


class Locker(HttpUser):
    """Takes a lock if it is free, renews it by compare-and-swap, and gives it back."""

    weight = 3
    wait_time = between(0.2, 1)

    def on_start(self) -> None:
        self.owner = f"locker{next(_numbers)}"

    @task
    def lock(self) -> None:
        path = f"{_KEYS}/locks/lock{random.randrange(LOCKS)}"
        form = {"value": self.owner, "ttl": LOCK_TTL}
        with self.client.put(
            f"{path}?prevExist=false", data=form, name="lock: take", catch_response=True
        ) as answer:
            if answer.status_code == 412:
                answer.success()  # somebody else has it
                return
            if answer.status_code != 201:
                return
        mine = f"{path}?prevValue={self.owner}"
        self.client.put(mine, data=form, name="lock: renew (CAS)")
        self.client.delete(mine, name="lock: give back (CAD)")


class Watcher(HttpUser):
    """Waits for changes of one application by long polls, going on where the last one ended.

    What is counted is not how long it waited, but how old the change was when it arrived.
    """

    weight = 5
    wait_time = constant(0)

    def on_start(self) -> None:
        self.session = requests.Session()
        self.path = f"{_KEYS}/config/app{random.randrange(APPLICATIONS)}"
        self.next_index = 0

    def on_stop(self) -> None:
        self.session.close()

    @task
    def watch(self) -> None:
        query: dict[str, str | int] = {"wait": "true", "recursive": "true"}
        if self.next_index:
            query["waitIndex"] = self.next_index
        try:
            url = f"{self.host}{self.path}"
            answer = self.session.get(url, params=query, timeout=(10, WATCH_SECONDS))
            self._heard(answer)
        except requests.RequestException as error:
            if _timed_out(error):
                return  # nothing changed
            self._count(0.0, error)
            time.sleep(1)

    def _heard(self, answer: Any) -> None:
        if answer.status_code != 200:
            self.next_index = 0  # the history was cleared (code 401): start with what is new
            if answer.status_code != 400:
                self._count(0.0, RuntimeError(f"{answer.status_code} {answer.text[:100]}"))
            return
        node = answer.json()["node"]
        self.next_index = node["modifiedIndex"] + 1
        self._count(max(time.time() - float(node["value"]), 0.0) * 1000, None)

    def _count(self, milliseconds: float, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type="WATCH",
            name="config: a change arrives",
            response_time=milliseconds,
            response_length=0,
            exception=error,
            context={},
        )


class Dashboard(HttpUser):
    """Lists all services, sorted, and asks how the server is."""

    weight = 1
    wait_time = between(1, 2)

    @task(4)
    def services(self) -> None:
        path = f"{_KEYS}/services?recursive=true&sorted=true"
        with self.client.get(path, name="dashboard: services", catch_response=True) as answer:
            if answer.status_code == 404:
                answer.success()  # no service has registered yet

    @task
    def health(self) -> None:
        self.client.get("/health", name="dashboard: health")


def _setting(application: int, setting: int) -> str:
    return f"{_KEYS}/config/app{application}/setting{setting}"


def _timed_out(error: Any) -> bool:
    """requests tells of a time-out within the body as a ConnectionError with urllib3's own."""
    return isinstance(error, requests.Timeout) or isinstance(error.args[0], ReadTimeoutError)
