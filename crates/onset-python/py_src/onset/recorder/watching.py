"""How attention weights are seen, and replaced: in models of ``transformers``, in ``nn.MultiheadAttention``, and in own modules.

A :class:`Watcher` is told of all weights while a model runs. Where it edits them, the model goes on with the edited ones: β, clamps
and ablations are nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from torch import Tensor, nn

# From the key of an attention, its weights (batch × heads × queries × positions) and what each query sees (of the same shape or one
# that broadcasts) to the weights that are used.
Edit = Callable[[str, Tensor, Tensor], Tensor]

# Takes in the weights of one attention, by its key; what it does not keep is released.
Collect = Callable[[str, Tensor], None]


class Source(Protocol):
    """One way in which a model attends."""

    def names(self) -> dict[str, nn.Module]:
        """The attention modules by name."""
        ...

    @contextmanager
    def watched(self, watcher: Watcher) -> Iterator[None]:
        """In it, every attention passes its weights through ``watcher.attend``."""
        ...


class Watcher:
    """Sees the weights of every attention while it watches, by key: the name of the module, with ``#2`` behind it for its second
    call in a pass."""

    def __init__(self) -> None:
        self._calls: dict[str, int] = {}
        self._collects: Collect | None = None
        self._edit: Edit | None = None
        #: Edits that hold beyond a pass, by key; see :meth:`Recorder.intervene`.
        self.standing: dict[str, list[Callable[[Tensor, Tensor], Tensor]]] = {}

    @property
    def watches(self) -> bool:
        """Whether weights are of use to it at present."""
        return self._collects is not None or self._edit is not None or bool(self.standing)

    def attend(self, name: str, weights: Tensor, visible: Callable[[], Tensor] | None = None) -> Tensor:
        """Takes in weights and returns those that are used. What each query sees is worked out by ``visible`` where it matters; without
        it, what has a weight above 0 is seen."""
        if not self.watches:
            return weights
        call = self._calls.get(name, 0) + 1
        self._calls[name] = call
        key = name if call == 1 else f"{name}#{call}"
        standing = self.standing.get(key, ())
        if standing or self._edit is not None:
            sees = weights > 0 if visible is None else visible()
            for edit in standing:
                weights = edit(weights, sees)
            if self._edit is not None:
                weights = self._edit(key, weights, sees)
        if self._collects is not None:
            self._collects(key, weights)
        return weights

    def begin(self) -> None:
        """A pass over the model begins."""
        self._calls.clear()

    @contextmanager
    def passing(self, collect: Collect | None = None, *, edit: Edit | None = None) -> Iterator[None]:
        """One pass: ``collect`` is handed the weights of each attention as they come, on the CPU in single precision."""

        def collects(key: str, weights: Tensor) -> None:
            assert collect is not None
            collect(key, weights.detach().float().cpu())

        self.begin()
        self._collects, self._edit = (None if collect is None else collects), edit
        try:
            yield
        finally:
            self._collects = self._edit = None
            self.begin()


class Own:
    """Modules of one's own, which call :meth:`Recorder.capture`."""

    def __init__(self) -> None:
        self._captured: dict[str, nn.Module] = {}

    def names(self) -> dict[str, nn.Module]:
        return self._captured

    @contextmanager
    def watched(self, watcher: Watcher) -> Iterator[None]:
        yield


def sources_of(model: nn.Module) -> list[Source]:
    """Every way in which the model attends."""
    from onset.recorder.multihead import Multihead
    from onset.recorder.pretrained import Pretrained

    found: list[Source] = []
    taken: set[nn.Module] = set()
    for pretrained in Pretrained.within(model):
        found.append(pretrained)
        taken.update(pretrained.model.modules())
    multihead = Multihead(model, taken)
    if multihead.names():
        found.append(multihead)
    return found


@contextmanager
def watching(sources: list[Source], watcher: Watcher) -> Iterator[None]:
    """In it, all sources pass their weights through the watcher."""
    with ExitStack() as stack:
        for source in sources:
            stack.enter_context(source.watched(watcher))
        yield


def looked_for(model: nn.Module) -> str:
    """What was looked for in vain."""
    kinds: dict[str, Any] = {}
    for name, module in model.named_modules():
        if "attention" in type(module).__name__.lower() or "attn" in name.lower():
            kinds.setdefault(type(module).__name__, name)
    like = ", ".join(f"{kind} ({name})" for kind, name in list(kinds.items())[:5])
    return (
        f"no attention was seen in {type(model).__name__}: looked for models of transformers, for nn.MultiheadAttention "
        "(also in nn.Transformer), and for weights passed to recorder.capture(name, weights)"
        + (f"; modules that may attend: {like}" if like else "")
    )
