"""Logs all-MiniLM-L6-v2 and SmolLM2-135M-Instruct into a workspace's mlflow.db, as their user would.

    python real.py WORKSPACE CHECKPOINTS
"""

import os
import sys
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", MLFLOW_DISABLE_TELEMETRY="true", TOKENIZERS_PARALLELISM="false")

import mlflow  # noqa: E402
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer, pipeline  # noqa: E402

workspace, checkpoints = (Path(argument).resolve() for argument in sys.argv[1:3])
os.chdir(workspace)
mlflow.set_tracking_uri(f"sqlite:///{workspace}/mlflow.db")
mlflow.set_experiment("real models")
requirements = ["mlflow==3.17.2", "transformers==5.23.0", "torch==2.13.0", "accelerate"]


def log(pipeline_task, model_class, folder, name, **more):
    model, tokenizer = model_class.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    with mlflow.start_run(run_name=name):
        mlflow.log_param("parameters", model.num_parameters())
        mlflow.transformers.log_model(
            transformers_model=pipeline(pipeline_task, model=model, tokenizer=tokenizer), name=name, pip_requirements=requirements, **more
        )


log("feature-extraction", AutoModel, checkpoints / "minilm", "all-MiniLM-L6-v2", input_example=["A first sentence."])
log(
    "text-generation", AutoModelForCausalLM, checkpoints / "smollm2-float32", "SmolLM2-135M-Instruct",
    input_example=("The capital of France is", {"max_new_tokens": 64, "do_sample": False}),
)
log(
    "text-generation", AutoModelForCausalLM, checkpoints / "smollm2-float32", "SmolLM2-135M-chat", task="llm/v1/chat",
)
