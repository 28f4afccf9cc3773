"""A plugin of pytest for the notebooks: kernels are forked from one process that has imported all, as in a pipeline.

Importing costs a kernel about five core-seconds, more than the cells of most notebooks.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from importlib.metadata import EntryPoint

import pytest
from jupyter_client.provisioning import KernelProvisionerFactory

from scalescope.workflow import warm

LOCAL = "local-provisioner"  # what starts a kernel whose specification names nothing else
MODULES = (*warm.MODULES, "scalescope.workflow.studies.live")


def pytest_configure(config: pytest.Config) -> None:
    """Start the process that forks, whose socket the workers inherit, and let every kernel be asked of it."""
    kind = EntryPoint(LOCAL, "scalescope.workflow.warm_kernel:WarmProvisioner", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().provisioners[LOCAL] = kind
    if not hasattr(config, "workerinput"):
        kernels = ExitStack()
        os.environ.update(kernels.enter_context(warm.warm_kernels(os.environ, modules=MODULES)))
        config.add_cleanup(kernels.close)
