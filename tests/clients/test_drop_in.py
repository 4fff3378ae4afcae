"""A process in which `import wandb` means stepwell: what it sees."""

from pathlib import Path

import pytest

from tests.clients.training import Environment

pytestmark = pytest.mark.clients


def test_clients_find_a_package_wandb_and_its_version(clients: Environment, work: Path) -> None:
    script = work / "look.py"
    script.write_text(
        "import importlib.metadata, importlib.util, sys\n"
        "assert importlib.util.find_spec('wandb') is not None\n"
        "assert 'wandb' not in sys.modules\n"
        "assert importlib.metadata.version('wandb') == '0.22.3'\n"
        "assert importlib.metadata.packages_distributions()['wandb'] == ['wandb']\n"
        "import wandb\n"
        "print(wandb.__version__, wandb.init.__module__)\n"
    )
    assert clients.train(work, script).output.strip() == "0.22.3 stepwell.wandb.init"
