"""The story, told to RudderStack's Python client."""

from collections.abc import Callable

from rudderstack.analytics.client import Client

from tests.clients.sending import Task, run


def client(task: Task, on_error: Callable[..., None]) -> Client:
    return Client(
        task.key,
        host=task.url,
        on_error=on_error,
        timeout=task.patience,
        upload_size=task.batch,
        max_queue_size=100_000,  # by default it drops what comes when 10,000 events wait
    )


if __name__ == "__main__":
    run(client)
