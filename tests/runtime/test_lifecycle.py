"""What keeps the local system from coming up before anything is started."""

from pathlib import Path

import pytest

from deploy.local.layout import Layout
from deploy.local.lifecycle import up
from deploy.local.progress import Failure, Progress
from deploy.local.settings import Settings


def test_data_without_the_secrets_that_it_was_made_with_is_not_brought_up(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path / "state")
    layout.make()
    (layout.state / "marks.json").write_text("{}")
    with pytest.raises(Failure) as refused:
        up(layout, Settings.read({}), Progress())
    assert refused.value.part == "the secrets" and "make reset" in refused.value.advice
    assert list(layout.secrets.iterdir()) == []
