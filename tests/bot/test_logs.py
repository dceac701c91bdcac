import io
import logging

from bot.logs import Formatter


def logged(error: Exception) -> str:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Formatter("%(levelname)s %(message)s"))
    log = logging.Logger("test")
    log.addHandler(handler)
    log.error("broke, reference %s", "ab12", exc_info=error, extra={"trace": "ab12"})
    return out.getvalue()


def raised() -> Exception:
    try:
        try:
            int("what Alice typed")
        except ValueError as error:
            raise RuntimeError("DETAIL: Key (title)=(what Alice typed) already exists.") from error
    except RuntimeError as error:
        return error
    raise AssertionError("something should have broken")


def test_an_error_is_logged_by_kind_and_place() -> None:
    lines = logged(raised()).splitlines()
    assert lines[0] == "ERROR broke, reference ab12 trace=ab12"
    assert "builtins.ValueError" in lines
    assert lines[-1] == "builtins.RuntimeError"
    assert any("test_logs.py" in line and line.endswith("raised") for line in lines)


def test_what_people_typed_is_never_logged() -> None:
    assert "Alice" not in logged(raised())
