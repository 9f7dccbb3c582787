"""Callbacks of trainers, each a few lines around ``Recorder.step``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onset.recorder.recorder import Recorder


def hf_callback(recorder: Recorder) -> Any:
    """A callback for the ``Trainer`` of transformers."""
    from transformers import TrainerCallback

    class Recording(TrainerCallback):  # type: ignore[misc]
        """Records at the steps of the recorder."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            if state.is_world_process_zero:
                recorder.step(state.global_step)

        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            if state.is_world_process_zero:
                losses = [entry["loss"] for entry in state.log_history[-1:] if "loss" in entry]
                recorder.step(state.global_step, loss=losses[-1] if losses else None)

        def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            if state.is_world_process_zero:
                recorder.close("finished" if state.global_step >= state.max_steps else "interrupted")

    return Recording()


def lightning_callback(recorder: Recorder) -> Any:
    """A callback for the ``Trainer`` of Lightning."""
    try:
        from lightning.pytorch import Callback
    except ImportError:
        from pytorch_lightning import Callback

    class Recording(Callback):  # type: ignore[misc]
        """Records at the steps of the recorder."""

        def on_train_start(self, trainer: Any, module: Any) -> None:
            if trainer.is_global_zero:
                recorder.step(trainer.global_step)

        def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
            if trainer.is_global_zero:
                loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
                recorder.step(trainer.global_step, loss=loss)

        def on_train_end(self, trainer: Any, module: Any) -> None:
            if trainer.is_global_zero:
                recorder.close()

        def on_exception(self, trainer: Any, module: Any, exception: BaseException) -> None:
            if trainer.is_global_zero:
                interrupted = isinstance(exception, KeyboardInterrupt)
                recorder.close("interrupted" if interrupted else "failed", None if interrupted else repr(exception))

    return Recording()
