"""One serial line over real pseudo-terminals and sockets."""

import os
import socket
import threading
from pathlib import Path

import pytest

from drivers.serialport import READ_LIMIT, open_line
from edge.domain.errors import DeviceUnavailable
from tests.drivers.lines import Peer, Pty
from tests.waiting import until

pytestmark = pytest.mark.system


def _code(url: str) -> str:
    with pytest.raises(DeviceUnavailable) as error:
        open_line(url)
    assert url in str(error.value)
    return error.value.code


def test_a_port_that_does_not_exist_is_absent(tmp_path: Path) -> None:
    assert _code(str(tmp_path / "ttyUSB7")) == "absent"


def test_a_link_that_points_nowhere_is_absent(tmp_path: Path) -> None:
    link = tmp_path / "thermometer"
    link.symlink_to(tmp_path / "gone")
    assert _code(str(link)) == "absent"


def test_a_file_that_is_no_serial_line_is_absent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert _code(str(tmp_path / "file")) == "absent"


@pytest.mark.parametrize("url", ["foo://x", "socket://", "socket://127.0.0.1", "socket://127.0.0.1:x", ""])
def test_an_address_that_is_none_is_absent(url: str) -> None:
    assert _code(url) == "absent"


def test_a_server_that_does_not_listen_is_absent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert _code(f"socket://127.0.0.1:{port}") == "absent"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_port_without_permission_is_denied() -> None:
    with Pty() as device:
        Path(device.port).chmod(0)
        assert _code(device.port) == "denied"


def test_a_port_that_another_program_has_is_busy() -> None:
    with Pty() as device:
        line = open_line(device.port)
        try:
            assert _code(device.port) == "busy"
        finally:
            line.close()
        open_line(device.port).close()


def test_what_is_waiting_is_read_at_once_and_never_more_than_the_limit() -> None:
    with Pty() as device:
        line = open_line(device.port)
        try:
            device.send(b"abc")
            assert line.read() == b"abc"
            assert line.read(0.0) == b""
            device.send(bytes(3000))
            device.send(bytes(900))
            got = b""

            def all_came() -> bool:
                nonlocal got
                chunk = line.read()
                assert len(chunk) <= READ_LIMIT
                got += chunk
                return len(got) == 3900

            until(all_came, what="3900 bytes")
        finally:
            line.close()


def test_what_piled_up_before_opening_is_dropped() -> None:
    with Pty() as device:
        device.send(b"old air")
        line = open_line(device.port)
        try:
            device.send(b"new")
            assert line.read() == b"new"
        finally:
            line.close()


def test_what_is_written_arrives_as_it_is() -> None:
    with Pty() as device:
        line = open_line(device.port)
        try:
            line.write(b"\xa0\x01\r\n\x03\x00")
            assert device.received(6) == b"\xa0\x01\r\n\x03\x00"
        finally:
            line.close()


def test_a_device_that_takes_nothing_any_more_hangs() -> None:
    with Pty() as device:
        line = open_line(device.port)
        try:
            with pytest.raises(DeviceUnavailable) as error:
                until(lambda: line.write(bytes(65536)), what="the device to be full")
            assert error.value.code == "hung"
        finally:
            line.close()


def test_a_lost_device_is_lost_for_reading_writing_and_checking() -> None:
    for use in ("read", "write", "check"):
        with Pty() as device:
            line = open_line(device.port)
            try:
                line.check()
                device.unplug()
                with pytest.raises(DeviceUnavailable) as error:
                    line.write(b"x") if use == "write" else getattr(line, use)()
                assert error.value.code == "lost"
            finally:
                line.close()


def test_a_closed_line_is_ended_and_closing_again_is_nothing() -> None:
    with Pty() as device:
        line = open_line(device.port)
        line.close()
        line.close()
        for use in (line.read, line.check, lambda: line.write(b"x")):
            with pytest.raises(DeviceUnavailable) as error:
                use()
            assert error.value.code == "ended"


def test_closing_interrupts_a_read_that_would_wait_for_long() -> None:
    with Pty() as device:
        line = open_line(device.port)
        ended: list[str] = []

        def read() -> None:
            try:
                line.read(wait_s=60.0)
            except DeviceUnavailable as error:
                ended.append(error.code)

        reader = threading.Thread(target=read)
        reader.start()
        line.close()
        reader.join(10)
        assert ended == ["ended"]


def test_a_peer_that_went_first_leaves_no_socket_open() -> None:
    # An open socket would be an unraisable warning, which is an error in this suite.
    with Peer(b"x") as device:
        line = open_line(device.url)
        until(line.read, what="a byte")
        device.unplug()
        with pytest.raises(DeviceUnavailable):
            until(lambda: line.read() and False, what="the loss")
        line.close()


@pytest.mark.parametrize("dtr", [True, False])
def test_the_dtr_line_is_as_asked(dtr: bool) -> None:
    # pyserial's loop-back device has modem lines, which a pseudo-terminal has not: DTR comes back as DSR.
    line = open_line("loop://", dtr=dtr)
    assert line._port.dsr is dtr
    line.close()
