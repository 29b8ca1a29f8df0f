"""Gunicorn's threaded worker, in which no client can keep liveness from being answered.

Gunicorn has no setting for how long a request may take to arrive, and its threads read what the client sends.
"""

import contextlib
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from operations.middleware import LIVE

RECEIVE_SECONDS = 15
"""How long a request, its body included, may take to arrive."""


class Worker(ThreadWorker):
    def init_process(self) -> None:
        self._liveness = ThreadPoolExecutor(max_workers=1, thread_name_prefix="liveness")
        self._deadlines: dict[TConn, float] = {}
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        if not conn.initialized and not conn.data_ready:
            # A new connection waits for its first bytes without a thread, as a kept-alive one does.
            waiting: Future[Any] = Future()
            waiting.set_result(_DEFER)
            self.finish_request(conn, waiting)
            return
        pool = self._liveness if _asks_for_liveness(conn.sock) else self.tpool
        done = pool.submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def handle(self, conn: TConn) -> Any:
        self._deadlines[conn] = time.monotonic() + RECEIVE_SECONDS
        try:
            keep = super().handle(conn)
        finally:
            del self._deadlines[conn]
        if not keep:
            # Gunicorn would wait in the main thread, up to two seconds a connection, for the client to close it.
            with contextlib.suppress(OSError):
                util.close_graceful(conn.sock.dup())
                conn.sock.shutdown(socket.SHUT_RD)
        return keep

    def notify(self) -> None:
        """Called about every second. What has not arrived in time ends here: the thread reads the end of the stream."""
        super().notify()
        now = time.monotonic()
        for conn, deadline in list(self._deadlines.items()):
            if deadline < now:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)


def _asks_for_liveness(client: socket.socket) -> bool:
    """Looks at what has arrived and leaves it there. A request with a body is not a health check."""
    try:
        head = client.recv(4096, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return False
    method, _, rest = head.partition(b" ")
    path = rest.partition(b" ")[0].decode("latin-1").removesuffix("/")
    bodiless = head.endswith(b"\r\n\r\n") and not any(
        name in head.lower() for name in (b"content-length:", b"transfer-encoding:")
    )
    return method == b"GET" and path in LIVE and bodiless
