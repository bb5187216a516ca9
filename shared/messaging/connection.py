"""Owns a worker's broker connection: raw messages in, acks out, drained before it closes."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import eventlet
from amqp.exceptions import AMQPError
from kombu.entity import Queue
from kombu.messaging import Consumer
from nameko.messaging import QueueConsumer

from shared import metrics
from shared.messaging.batches import Buffer
from shared.messaging.patience import Stopping

log = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
"""How long a stopping worker waits for handlers; what is unfinished then is delivered again."""

_GIVE_BACK_SECONDS = 1.0
"""Pause before a message goes back, so that 20 deliveries take longer than a hiccup."""


class EventConsumer(QueueConsumer):
    """The worker's broker connection: raw messages in, acks out, drained before it closes."""

    def __init__(self) -> None:
        super().__init__()
        self._in_flight = 0
        self._buffers: list[Buffer] = []
        self._drain_until: float | None = None
        self.consuming = False

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Iterable[Any]:
        """Subscribe to each queue; `on_message` takes bodies as they are, so that none is
        decoded, logged or acked by kombu."""
        # a body stays as it came, whatever character set its sender names
        channel.auto_decode = False
        while self._buffers:
            self._buffers.pop().close()
        for provider in self._providers:
            queue = Queue(provider.queue_name, no_declare=True)
            if provider.batch:
                consumer = self._batch_consumer(provider, queue, channel)
            else:
                received = partial(self._received, provider)
                consumer = consumer_cls(queues=[queue], on_message=received, auto_declare=False)
                consumer.qos(prefetch_count=self.prefetch_count)
            self._consumers[provider] = consumer
        return list(self._consumers.values())

    def _batch_consumer(self, provider: Any, queue: Queue, shared_channel: Any) -> Consumer:
        """Subscribe on a channel of its own: one ack for many reaches no other handler's messages.

        The broker sends a second batch while the first is being handled.
        """
        channel = shared_channel.connection.channel()
        channel.auto_decode = False
        buffer = Buffer(provider.batch, partial(self._hand_over, provider), self._forget)
        self._buffers.append(buffer)

        def received(message: Any) -> None:
            self._in_flight += 1
            buffer.add(message)

        consumer = Consumer(
            channel,
            queues=[queue],
            on_message=received,
            on_decode_error=self.on_decode_error,
            auto_declare=False,
        )
        consumer.qos(prefetch_count=2 * provider.batch)
        return consumer

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Keep what even kombu can't unpack, instead of acking it away."""
        for provider in self._providers:
            if message.delivery_info.get("consumer_tag") in self._tags_of(provider):
                self._received(provider, message)

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **kw: Any) -> None:
        """Note that messages now arrive."""
        super().on_consume_ready(connection, channel, consumers, **kw)
        self._set_consuming(True)

    def on_consume_end(self, connection: Any, channel: Any) -> None:
        """Note that none arrive any more."""
        self._set_consuming(False)

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """Connect, trying every two seconds at most; kombu would wait up to thirty."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error,
                interval_start=0.5,
                interval_step=0.5,
                interval_max=2,
                reraise_as_library_errors=False,
            )
            # py-amqp would ask the kernel twice for each frame; what comes along, it keeps
            transport = connection.connection.transport
            receive = transport.sock.recv
            transport._quick_recv = lambda wanted: receive(max(wanted, 32_768))
            yield connection

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        """Note that the broker is away; kombu tries again, unless the worker stops."""
        self._set_consuming(False)
        log.warning("broker unreachable", extra={"error_class": type(exc).__name__})
        leaving = self._pending_remove_providers
        self._pending_remove_providers: dict[Any, Any] = {}
        for provider, removed in leaving.items():
            self._consumers.pop(provider, None)
            removed.send()
        if leaving and not self._consumers:
            self.should_stop = True
            raise exc

    def on_iteration(self) -> None:
        """Stop only when every delivery is settled or the deadline for that has passed."""
        self._cancel_consumers_if_requested()
        if self._consumers:
            return
        if self._drain_until is None:
            self._drain_until = time.monotonic() + DRAIN_SECONDS
        if self._in_flight == 0 or time.monotonic() > self._drain_until:
            self.should_stop = True

    def settle(self, message: Any, work: Callable[[], None]) -> bool:
        """Do what must be stored before the ack, then ack; tell whether it was stored.

        A message whose work fails for a reason that nobody foresaw goes back to the broker, which
        counts its deliveries and parks it; the worker and its other messages go on.
        """
        try:
            work()
        except Stopping:
            self._in_flight -= 1
            return False
        except Exception as error:  # noqa: BLE001 - the consumer's boundary
            log.error("delivery goes back to the broker", extra={"why": type(error).__name__})
            eventlet.sleep(_GIVE_BACK_SECONDS)
            self._in_flight -= 1
            self._answer(message, message.requeue)
            return False
        self._in_flight -= 1
        self._answer(message, message.ack)
        return True

    def settle_all(self, messages: Sequence[Any]) -> None:
        """Ack a whole batch, of which everything is stored.

        One ack does for all, as every earlier message of the channel is settled; not so in a
        process that stops, which may have given earlier ones up.
        """
        self._in_flight -= len(messages)
        if self.container.config["transactions"].stopping:
            for message in messages:
                self._answer(message, message.ack)
        else:
            self._answer(messages[-1], partial(messages[-1].ack, multiple=True))

    def give_up(self, messages: Sequence[Any]) -> None:
        """Leave a batch unanswered, since the process stops: it goes back to the broker."""
        self._in_flight -= len(messages)

    def _answer(self, message: Any, answer: Callable[[], None]) -> None:
        """Answer the broker; a connection that is gone returned the message already."""
        if message.channel is None or not message.channel.connection:
            return
        try:
            answer()
        except (AMQPError, OSError) as error:
            log.warning("answer lost", extra={"error_class": type(error).__name__})

    def _received(self, provider: Any, message: Any) -> None:
        self._in_flight += 1
        self.container.spawn_managed_thread(
            partial(provider.handle, message), identifier=f"delivery from {provider.queue_name}"
        )

    def _hand_over(self, provider: Any, messages: Sequence[Any], done: Callable[[], None]) -> None:
        self.container.spawn_managed_thread(
            partial(provider.handle_batch, messages, done),
            identifier=f"batch from {provider.queue_name}",
        )

    def _forget(self, count: int) -> None:
        self._in_flight -= count

    def _tags_of(self, provider: Any) -> Iterable[str]:
        consumer = self._consumers.get(provider)
        return consumer._active_tags.values() if consumer else ()

    def _set_consuming(self, consuming: bool) -> None:
        self.consuming = consuming
        metrics.CONSUMING.set(consuming)


def body_of(message: Any) -> bytes:
    """Return the bytes of a body as they came."""
    body = message.body
    return body.encode(errors="surrogatepass") if isinstance(body, str) else bytes(body)
